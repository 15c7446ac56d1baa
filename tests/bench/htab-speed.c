/* SPDX-License-Identifier: MIT */
/*
 * Compares the work of htab_read() and of htab_save() with that of a loop of
 * read() on the htab fd, with a buffer of the same size.
 *
 * It runs in the lab, where KVM has tables and instructions can be counted. The table is of order 24, and every
 * other group of it is full, so that each record has 8 entries: a few large
 * records would hide what the library does for each. All three sides read the
 * whole table with a descriptor of their own, and go on until two reads in a
 * row return 0, which is when a reader knows that it has all of it.
 *
 * The output is TAP.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image.h"
#include "libhtab.h"
#include "meter.h"
#include "uapi.h"

/* The kernel's header of this is on powerpc only. */
struct memory_slot {
	uint32_t slot, flags;
	uint64_t guest_address, size, address;
};
#define SET_USER_MEMORY_REGION _IOW(UAPI_KVM_TYPE, 0x46, struct memory_slot)

enum { ORDER = 24, ENTRIES = 1 << (ORDER - 4), GROUP = 8, RAM = 16 << 20 };
enum { HEADER = sizeof(struct uapi_kvm_get_htab_header) };
enum { RECORD = HEADER + GROUP * UAPI_HPTE_SIZE };
/* Interrupts only add instructions, so the least of some rounds is right. */
enum { ROUNDS = 4 };

/* A buffer as htab_save() has it */
static unsigned char buf[HTAB_BLOCK_MAX];
static int null;

/* Each side returns how many bytes of records it has read, or -errno. */
static ssize_t by_hand(int vmfd)
{
	struct uapi_kvm_get_htab_fd how = { 0 };
	int zeros = 0, htabfd = ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
	ssize_t n = 0, all = 0;

	while (zeros < 2 && (n = read(htabfd, buf, sizeof(buf))) >= 0) {
		zeros = n ? 0 : zeros + 1;
		all += n;
	}
	close(htabfd);
	return n < 0 ? -errno : all;
}

static ssize_t with_read(int vmfd)
{
	int htabfd = htab_open(vmfd, 0);
	ssize_t n, all = 0;

	while ((n = htab_read(htabfd, buf, sizeof(buf))) > 0)
		all += n;
	close(htabfd);
	return n < 0 ? n : all;
}

/* It does not say how much it has read. */
static ssize_t with_save(int vmfd)
{
	return htab_save(vmfd, null);
}

/* In time, htab_save() may take 10 % more. It sums up and checks all bytes, and
 * in instructions that is more. */
static const struct {
	const char *name;
	ssize_t (*function)(int vmfd);
	double limit;
} sides[] = {
	{ "read()", by_hand, 0 },
	{ "htab_read()", with_read, 1.05 },
	{ "htab_save()", with_save, 1.20 },
};
enum { HAND, READ, SAVE, SIDES };

/* Instructions, and what was read */
static double least[SIDES];
static ssize_t bytes[SIDES];

static void measure(int vmfd)
{
	for (int i = 0; i < ROUNDS * SIDES; i++) {
		const int side = (i + i / SIDES) % SIDES;
		const double start = meter_read();
		double work;

		bytes[side] = sides[side].function(vmfd);
		work = meter_read() - start;
		if (least[side] == 0 || work < least[side])
			least[side] = work;
	}
}

static bool is_within_limit(int side)
{
	return least[side] <= least[HAND] * sides[side].limit;
}

/* Fills a group with pages of 4K. */
static void put_group(unsigned char *record, uint32_t index)
{
	const struct uapi_kvm_get_htab_header header = { index, GROUP, 0 };

	memcpy(record, &header, HEADER);
	for (uint32_t i = 0; i < GROUP; i++) {
		const uint64_t real = (uint64_t)(index + i) % (RAM >> 12) << 12;
		const uint64_t dword[2] = {
			htobe64((uint64_t)i << 12 | HTAB_V_VALID),
			htobe64(real | HTAB_R_REFERENCED | HTAB_R_CHANGED |
				HTAB_R_COHERENT | 2),
		};

		memcpy(record + HEADER + i * UAPI_HPTE_SIZE, dword,
		       sizeof(dword));
	}
}

static int fill(int vmfd)
{
	int r = 0, htabfd = htab_open(vmfd, HTAB_OPEN_WRITE);

	for (uint32_t i = 0; r == 0 && i < ENTRIES; i += 2 * GROUP) {
		put_group(buf, i);
		r = htab_write(htabfd, buf, RECORD, NULL);
	}
	close(htabfd);
	return r;
}

/* A VM with a table and memory, or a negative errno */
static int open_table(int kvmfd)
{
	uint32_t order = ORDER;
	int r, vmfd = ioctl(kvmfd, UAPI_KVM_CREATE_VM, 0);
	void *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct memory_slot slot = { .size = RAM,
					  .address = (uintptr_t)ram };

	if (vmfd < 0 || ram == MAP_FAILED ||
	    ioctl(vmfd, SET_USER_MEMORY_REGION, &slot) < 0)
		return -errno;
	r = htab_alloc_at_least(vmfd, &order, ORDER);
	if (r == 0)
		r = fill(vmfd);
	return r < 0 ? r : vmfd;
}

static bool report(int side)
{
	const bool same = side == SAVE ? bytes[SAVE] == 0
				       : bytes[side] == bytes[HAND];
	const bool good = same && is_within_limit(side);

	printf("%s %d - %s against a loop of read()\n"
	       "# %.0f %s, %.0f by hand: %.3f, at most %.2f\n",
	       good ? "ok" : "not ok", side, sides[side].name, least[side],
	       meter_unit(), least[HAND], least[side] / least[HAND],
	       sides[side].limit);
	if (!same)
		printf("# %zd, and %zd bytes by hand\n", bytes[side],
		       bytes[HAND]);
	return good;
}

int main(void)
{
	int kvmfd, vmfd, failures = 0;

#if !defined(__OPTIMIZE__) || defined(INSTRUMENTED)
	printf("1..0 # SKIP a build that is not optimised, or instrumented, "
	       "says nothing about the library\n");
	return 0;
#endif
	kvmfd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	vmfd = kvmfd < 0 ? -errno : open_table(kvmfd);
	if (vmfd < 0) {
		printf("Bail out! a table: %s\n", htab_strerror(vmfd));
		return 1;
	}
	if (!meter_start()) {
		printf("Bail out! instructions cannot be counted\n");
		return 1;
	}
	measure(vmfd);
	printf("1..%d\n# %zd bytes of records\n", SIDES - 1, bytes[HAND]);
	for (int side = READ; side < SIDES; side++)
		failures += !report(side);
	return failures > 0;
}
