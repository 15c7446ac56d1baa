/* SPDX-License-Identifier: MIT */
/*
 * Largest: ask what a host can do for hash guests, and how large a table it can
 * give just now. A tool that places guests on hosts may ask this.
 */
#include <fcntl.h>
#include <libhtab.h>
#include <stdio.h>
#include <unistd.h>

/* What a test run by Meson returns if it cannot test anything */
enum { NO_TABLE_HERE = 77 };

static const uint32_t ceiling = HTAB_ORDER_MAX;

static int largest(int kvmfd)
{
	uint32_t order = ceiling;
	int caps = htab_caps(kvmfd);
	int r;

	if (caps < 0) {
		fprintf(stderr, "capabilities: %s\n", htab_strerror(caps));
		return 1;
	}
	if (!(caps & HTAB_CAP_ALLOC)) {
		printf("KVM keeps no table here%s\n",
		       caps & HTAB_CAP_PR ? ", but a VMM can" : "");
		return NO_TABLE_HERE;
	}
	r = htab_largest(kvmfd, &order);
	if (r < 0) {
		fprintf(stderr, "largest: %s\n", htab_strerror(r));
		return 1;
	}
	printf("largest table: order %u, %llu KiB\n", (unsigned int)order,
	       1ULL << (order - 10));
	printf("a guest can resize its table: %s\n",
	       caps & HTAB_CAP_RESIZE ? "yes" : "no");
	return 0;
}

int main(void)
{
	int status, kvmfd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvmfd < 0) {
		perror("/dev/kvm");
		return NO_TABLE_HERE;
	}
	status = largest(kvmfd);
	close(kvmfd);
	return status;
}
