/* SPDX-License-Identifier: MIT */
/* The shim's sleep and clock, which the simulator uses too */
/* With -std=c99 or c11, glibc declares nanosleep() only then. */
#define _DEFAULT_SOURCE
#include "shim.h"

#include <time.h>

int htab_shim_sleep(unsigned int ms)
{
	const struct timespec time = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	nanosleep(&time, NULL);
	return 0;
}

int64_t htab_shim_clock(void)
{
	struct timespec now;

	/* Linux always has this clock, and the address is good. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
