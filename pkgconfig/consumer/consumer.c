/* SPDX-License-Identifier: MIT */
/* A consumer, outside of the tree: tests/packaging/consumers.py builds it in
 * every way that the README shows, and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <libhtab.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	uint32_t suits = htab_order_for_ram((uint64_t)2 << 30);
	uint32_t order = suits;
	int r = htab_alloc(open("/dev/null", O_RDWR | O_CLOEXEC), &order);

	printf("libhtab %s\n", htab_version());
	printf("2 GiB of RAM: order %u\n", (unsigned int)suits);
	printf("htab_alloc() on /dev/null: %s\n", htab_strerror(r));

	/* The library that runs is the one of the header; 2^24 is 2 GiB / 128;
	 * and nothing is changed on failure. */
	return strcmp(htab_version(), HTAB_VERSION) != 0 || suits != 24 ||
	       r != -ENOTTY || order != 24;
}
