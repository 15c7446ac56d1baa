/* SPDX-License-Identifier: MIT */
/*
 * Compares the work of each function of the library with that of the same
 * system calls in a VMM that makes them with ioctl(). Work is instructions, or
 * time (see meter.h).
 *
 * In the lab, where KVM has tables, the program clears and measures the table
 * of a guest of 128 MiB, and checks the limit. Time would not do there. On x86 the kernel refuses most
 * calls at once, so that the library's share is larger than it ever is in use.
 * The program then prints the ratios without a limit, except for
 * htab_largest(), which makes a VM for each order on any host.
 *
 * The output is TAP with one point for each function and descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "libhtab.h"
#include "meter.h"
#include "uapi.h"

/* The library takes at most 5 % more. */
#define LIMIT 1.05

/* A table of 1 MiB, for a guest of 128 MiB */
enum { ORDER = 20 };

static int failure(int r)
{
	return r < 0 ? -errno : r;
}

static int alloc_with_library(int fd)
{
	uint32_t order = ORDER;

	return htab_alloc(fd, &order);
}

static int allocate_by_hand(int fd, uint32_t order)
{
	int r = ioctl(fd, UAPI_KVM_CHECK_EXTENSION, UAPI_KVM_CAP_PPC_MMU_RADIX);

	if (r > 0)
		r = ioctl(fd, UAPI_KVM_CHECK_EXTENSION,
			  UAPI_KVM_CAP_PPC_MMU_HASH_V3);
	return failure(ioctl(fd, UAPI_KVM_PPC_ALLOCATE_HTAB, &order));
}

static int alloc_by_hand(int fd)
{
	return allocate_by_hand(fd, ORDER);
}

static int order_with_library(int fd)
{
	uint32_t order;

	return htab_order(fd, &order);
}

/* These are the writes with which htab_order() finds that order. */
static int order_by_hand(int fd)
{
	static const uint32_t index[] = {
		(1 << 23) - 1, (1 << 18) - 1, (1 << 15) - 1,
		(1 << 16) - 1, (1 << 17) - 1,
	};
	struct uapi_kvm_get_htab_fd how = { .flags = UAPI_KVM_GET_HTAB_WRITE };
	int htabfd = ioctl(fd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
	int accepted = 0;

	if (htabfd < 0)
		return -errno;
	fcntl(htabfd, F_SETFD, FD_CLOEXEC);
	for (int i = 0; i < 5; i++) {
		struct uapi_kvm_get_htab_header record = { .index = index[i] };

		accepted += write(htabfd, &record, sizeof(record)) > 0;
	}
	close(htabfd);
	return accepted == 2 ? 0 : -ENOENT;
}

static int reset_with_library(int fd)
{
	return htab_reset(fd);
}

static int reset_by_hand(int fd)
{
	uint32_t order = ORDER;
	int r = order_by_hand(fd);

	if (r < 0)
		return r;
	return failure(ioctl(fd, UAPI_KVM_PPC_ALLOCATE_HTAB, &order));
}

static int renew_with_library(int fd)
{
	uint32_t order = ORDER;

	return htab_renew(fd, &order, ORDER);
}

static int renew_by_hand(int fd)
{
	int r = ioctl(fd, UAPI_KVM_CHECK_EXTENSION, UAPI_KVM_CAP_PPC_MMU_RADIX);

	if (r > 0)
		ioctl(fd, UAPI_KVM_CHECK_EXTENSION,
		      UAPI_KVM_CAP_PPC_MMU_HASH_V3);
	return reset_by_hand(fd);
}

static int caps_with_library(int fd)
{
	return htab_caps(fd);
}

static int caps_by_hand(int fd)
{
	return failure(ioctl(fd, UAPI_KVM_CHECK_EXTENSION,
			     UAPI_KVM_CAP_PPC_ALLOC_HTAB));
}

static int largest_with_library(int fd)
{
	uint32_t order = HTAB_ORDER_MIN;

	return htab_largest(fd, &order);
}

static int largest_by_hand(int fd)
{
	int vmfd = ioctl(fd, UAPI_KVM_CREATE_VM, 0);
	int r;

	if (vmfd < 0)
		return -errno;
	r = allocate_by_hand(vmfd, HTAB_ORDER_MIN);
	close(vmfd);
	return r;
}

enum who { BY_HAND, WITH_LIBRARY };
enum where { DEV_NULL, TABLE, DEV_KVM, PLACES };
static const char *const where_name[] = { "/dev/null", "a VM with a table",
					  "/dev/kvm" };

/* The blocks are short and many, so that nothing interrupts the best one. */
#define FUNCTION(name)                                                         \
	"htab_" #name,                                                         \
	{                                                                      \
		name##_by_hand, name##_with_library                            \
	}
static const struct {
	const char *name;
	int (*function[2])(int fd);
	enum where where;
	int calls_in_block;
	bool limited;
} cases[] = {
	{ FUNCTION(alloc), DEV_NULL, 200, false },
	{ FUNCTION(order), DEV_NULL, 200, false },
	{ FUNCTION(caps), DEV_NULL, 200, false },
	{ FUNCTION(alloc), TABLE, 2, true },
	{ FUNCTION(reset), TABLE, 2, true },
	{ FUNCTION(renew), TABLE, 2, true },
	{ FUNCTION(order), TABLE, 2, true },
	{ FUNCTION(largest), DEV_KVM, 1, true },
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))
/* Interrupts only add instructions, so that the least of some rounds is right.
 * Time needs many rounds. */
enum { ROUNDS_COUNTED = 20, ROUNDS_TIMED = 1000 };
/* If the machine was busy and the limit is not met, there are more rounds. They
 * can only make the least of either side more exact. */
#define MOST_TRIES 5

/* What each call takes, in the unit of the meter */
static double least[N_CASES][2];

static void time_block(size_t i, enum who who, int fd)
{
	const int calls = cases[i].calls_in_block;
	double start = meter_read(), each;

	for (int n = 0; n < calls; n++)
		cases[i].function[who](fd);
	each = (meter_read() - start) / calls;
	if (least[i][who] == 0 || each < least[i][who])
		least[i][who] = each;
}

/* A VM with a table, or -1 */
static int open_table(int kvmfd)
{
	uint32_t order = ORDER;
	int vmfd = ioctl(kvmfd, UAPI_KVM_CREATE_VM, 0);

	if (vmfd >= 0 && htab_alloc(vmfd, &order) < 0) {
		close(vmfd);
		vmfd = -1;
	}
	return vmfd;
}

/* Each round runs all cases, so that other work on the machine slows down all
 * of them. The first of the two warms the caches, so they take turns. */
static void measure(const int fds[PLACES], int rounds)
{
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < N_CASES; i++) {
			int fd = fds[cases[i].where];

			if (fd < 0)
				continue;
			time_block(i, (enum who)(round & 1), fd);
			time_block(i, (enum who)(~round & 1), fd);
		}
	}
}

static bool is_within_limit(size_t i)
{
	return !cases[i].limited ||
	       least[i][WITH_LIBRARY] <= least[i][BY_HAND] * LIMIT;
}

static bool are_within_limits(void)
{
	for (size_t i = 0; i < N_CASES; i++)
		if (!is_within_limit(i))
			return false;
	return true;
}

/* Prints one point of TAP. Returns true if it is good. */
static bool report(size_t i, int fd)
{
	const char *where = where_name[cases[i].where];
	const double hand = least[i][BY_HAND];
	const double library = least[i][WITH_LIBRARY];
	int by_hand, with_library;
	bool good;

	if (fd < 0) {
		printf("ok %zu - %s on %s # SKIP %s: this host has none\n",
		       i + 1, cases[i].name, where, where);
		return true;
	}
	by_hand = cases[i].function[BY_HAND](fd);
	with_library = cases[i].function[WITH_LIBRARY](fd);
	good = by_hand == with_library && is_within_limit(i);
	printf("%s %zu - %s on %s%s\n"
	       "# %.1f %s by hand, %.1f with the library: %.3f\n",
	       good ? "ok" : "not ok", i + 1, cases[i].name, where,
	       cases[i].limited ? "" : " (no limit: refused at once)", hand,
	       meter_unit(), library, library / hand);
	if (by_hand != with_library)
		printf("# not the same calls: %d by hand, %d with the "
		       "library\n",
		       by_hand, with_library);
	return good;
}

int main(void)
{
	int fds[PLACES], rounds, failures = 0;

#if !defined(__OPTIMIZE__) || defined(INSTRUMENTED)
	printf("1..0 # SKIP a build that is not optimised, or instrumented, "
	       "says nothing about the library\n");
	return 0;
#endif
	fds[DEV_NULL] = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fds[DEV_NULL] < 0) {
		perror("Bail out! /dev/null");
		return 1;
	}
	fds[DEV_KVM] = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	fds[TABLE] = fds[DEV_KVM] < 0 ? -1 : open_table(fds[DEV_KVM]);

	rounds = meter_start() ? ROUNDS_COUNTED : ROUNDS_TIMED;
	if (getenv("HTAB_KERNEL") && rounds == ROUNDS_TIMED) {
		printf("Bail out! instructions cannot be counted\n");
		return 1;
	}
	for (int tries = 0; tries < MOST_TRIES; tries++) {
		measure(fds, rounds);
		if (are_within_limits())
			break;
	}
	printf("1..%zu\n", N_CASES);
	for (size_t i = 0; i < N_CASES; i++)
		failures += !report(i, fds[cases[i].where]);
	return failures > 0;
}
