/* SPDX-License-Identifier: MIT */
/*
 * The man pages show these functions of a VMM, which is not there.
 */
#include "examples.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int keeps_table(int kvmfd)
{
	int caps = htab_caps(kvmfd);

	if (caps < 0)
		return caps;
	if (!(caps & HTAB_CAP_ALLOC))
		fprintf(stderr, "no hash guests with a table of KVM's\n");
	else if (!(caps & HTAB_CAP_RESIZE))
		fprintf(stderr, "guests cannot resize their tables\n");
	return !!(caps & HTAB_CAP_ALLOC);
}

/* Before the first vcpu runs. order is what htab_order_for_ram() returns,
 * and least what htab_order_for_vrma() returns. */
int boot(int vmfd, uint32_t order, uint32_t least)
{
	int r;

	if (order < least)
		order = least;
	r = htab_alloc_at_least(vmfd, &order, least);
	if (r == -ENOTTY)
		return 0; /* The VMM keeps the table itself. */
	if (r < 0) {
		fprintf(stderr, "no table: %s\n", htab_strerror(r));
		return r;
	}
	return (int)order; /* for the device tree: ibm,pft-size */
}

/* Returns the order to ask for, and in *least the floor. */
int start_order(uint64_t ram, uint64_t real_mode, uint32_t *least)
{
	unsigned int page_shift = 0;
	uint32_t order = htab_order_for_ram(ram);

	while (1L << page_shift < sysconf(_SC_PAGESIZE))
		page_shift++;
	*least = htab_order_for_vrma(real_mode, page_shift);
	return (int)(order < *least ? *least : order);
}

int print_sizes(int kvmfd, int vmfd)
{
	uint32_t order, largest = HTAB_ORDER_MAX;
	int r = htab_order(vmfd, &order);

	if (r == 0)
		r = htab_largest(kvmfd, &largest);
	if (r == 0)
		printf("order %u; the host can give %u\n",
		       (unsigned int)order, (unsigned int)largest);
	return r;
}

int print_versions(void)
{
	return printf("built with libhtab %s, runs with %s\n",
		      HTAB_VERSION, htab_version());
}

int give_table(int vmfd, uint32_t order)
{
	int r = htab_alloc(vmfd, &order);

	if (r < 0)
		fprintf(stderr, "no table: %s\n", htab_strerror(r));
	return r;
}

/* The guest registers its process table, for radix translation. */
int make_radix(int vmfd, uint64_t process_table)
{
	return htab_configure_mmu(vmfd, HTAB_MMU_RADIX | HTAB_MMU_GTSE,
				  process_table);
}
