/* SPDX-License-Identifier: MIT */
/*
 * The program of a guest: it counts, and changes its table when it is asked to.
 * Each change, number n from 0 on, enters a page of 4K in the first two entries
 * of group n, and removes the second entry of the group before it. So the last
 * group that it changed has two of its entries, and those before have one.
 *
 * The guest is big-endian on every host, and runs in real mode. Its first three
 * instructions are for Linux 5.9 and 5.10 on a POWER9 hash host, which leave the
 * guest's FSCR in the register when the guest exits. The C library of this
 * program makes its system calls with scv there, and without the SCV bit each of
 * them ends with SIGILL.
 */
#ifndef HTAB_TEST_HOST_GUEST_H
#define HTAB_TEST_HOST_GUEST_H

/* Where the program is in the guest's memory, and three words of 32 bits: what
 * it counts, how many changes are wanted, and how many it has made */
enum { GUEST_CODE = 0x1000 };
enum { GUEST_COUNTER = 0x2000, GUEST_WANTED = 0x2004, GUEST_MADE = 0x2008 };

static const unsigned char guest_code[] = {
	0x7c, 0xb9, 0x22, 0xa6, /*    mfspr  r5, FSCR		*/
	0x60, 0xa5, 0x10, 0x00, /*    ori    r5, r5, SCV	*/
	0x7c, 0xb9, 0x23, 0xa6, /*    mtspr  FSCR, r5		*/
	0x39, 0xc0, 0x20, 0x00, /*    li     r14, COUNTER	*/
	0x3a, 0x40, 0x00, 0x00, /*    li     r18, 0		*/
	0x3a, 0x52, 0x00, 0x01, /* 1: addi   r18, r18, 1	*/
	0x92, 0x4e, 0x00, 0x00, /*    stw    r18, 0(r14)	*/
	0x81, 0xee, 0x00, 0x04, /*    lwz    r15, 4(r14)	wanted */
	0x82, 0x0e, 0x00, 0x08, /*    lwz    r16, 8(r14)	made */
	0x7c, 0x0f, 0x80, 0x40, /*    cmplw  r15, r16		*/
	0x41, 0x82, 0xff, 0xec, /*    beq    1b			*/
	0x7a, 0x11, 0x1f, 0x24, /*    sldi   r17, r16, 3	first index */
	0x3a, 0x60, 0x00, 0x00, /*    li     r19, 0		*/
	0x38, 0x60, 0x00, 0x08, /* 2: li     r3, H_ENTER	*/
	0x38, 0x80, 0x00, 0x01, /*    li     r4, 1		*/
	0x78, 0x84, 0x3e, 0x06, /*    sldi   r4, r4, 39		H_EXACT */
	0x7c, 0xb1, 0x9a, 0x14, /*    add    r5, r17, r19	index */
	0x3c, 0xc0, 0x12, 0x34, /*    lis    r6, 0x1234		dword 0 */
	0x60, 0xc6, 0x00, 0x11, /*    ori    r6, r6, 0x11	*/
	0x38, 0xe0, 0x01, 0x90, /*    li     r7, 0x190		dword 1 */
	0x44, 0x00, 0x00, 0x22, /*    sc     1			*/
	0x3a, 0x73, 0x00, 0x01, /*    addi   r19, r19, 1	*/
	0x28, 0x13, 0x00, 0x02, /*    cmplwi r19, 2		*/
	0x41, 0x80, 0xff, 0xd8, /*    blt    2b			*/
	0x38, 0x60, 0x00, 0x04, /*    li     r3, H_REMOVE	*/
	0x38, 0x80, 0x00, 0x00, /*    li     r4, 0		*/
	0x38, 0xb1, 0xff, 0xf9, /*    addi   r5, r17, -7	index */
	0x44, 0x00, 0x00, 0x22, /*    sc     1			*/
	0x3a, 0x10, 0x00, 0x01, /*    addi   r16, r16, 1	*/
	0x92, 0x0e, 0x00, 0x08, /*    stw    r16, 8(r14)	*/
	0x4b, 0xff, 0xff, 0x9c, /*    b      1b			*/
};

#endif
