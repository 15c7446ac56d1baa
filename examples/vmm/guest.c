/* SPDX-License-Identifier: MIT */
/* A guest that prints, reboots once, prints again and powers off */
#include "vmm.h"

#include <endian.h>
#include <string.h>

enum { TEXT = 0x1200, BOOTS = 0x1210, PFT_SIZE = 0x1220 };

/*
 * The first vcpu runs this, in big-endian real mode. Addresses below 32 KiB fit
 * into the instructions. The count of boots is in memory, which a reset does
 * not clear, and serves as the number of the RTAS function: 1 for a reboot, 2
 * for power off.
 */
static const uint32_t entry[] = {
	0x38600058, /* li    r3, H_PUT_TERM_CHAR	*/
	0x38800000, /* li    r4, 0			*/
	0x38a00006, /* li    r5, 6			*/
	0xe8c01200, /* ld    r6, TEXT(0)		*/
	0xe8e01208, /* ld    r7, TEXT+8(0)		*/
	0x44000022, /* sc    1				*/
	0x38600000, /* li    r3, 0			*/
	0x6063f000, /* ori   r3, r3, H_RTAS		*/
	0x81201210, /* lwz   r9, BOOTS(0)		*/
	0x39490001, /* addi  r10, r9, 1			*/
	0x91401210, /* stw   r10, BOOTS(0)		*/
	0x7d445378, /* mr    r4, r10			*/
	0x44000022, /* sc    1				*/
	0x48000000, /* b     .				*/
};

/* The other vcpus have nothing to do. */
static const uint32_t idle[] = {
	0x48000000, /* b     .				*/
};

static const char text[16] = "hello\n";

static void store(unsigned char *to, const uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const uint32_t word = htobe32(words[i]);

		memcpy(to + 4 * i, &word, sizeof(word));
	}
}

void guest_load(unsigned char *memory, const uint32_t pft_size[2])
{
	store(memory + GUEST_ENTRY, entry, sizeof(entry) / 4);
	store(memory + GUEST_IDLE, idle, sizeof(idle) / 4);
	memcpy(memory + TEXT, text, sizeof(text));
	/* A VMM for real guests puts this into a flattened device tree. */
	store(memory + PFT_SIZE, pft_size, 2);
}
