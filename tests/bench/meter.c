/* SPDX-License-Identifier: MIT */
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "meter.h"

static int counter = -1;

bool meter_start(void)
{
	struct perf_event_attr what = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(what),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
	};
	uint64_t count;

	counter = (int)syscall(SYS_perf_event_open, &what, 0, -1, -1,
			       PERF_FLAG_FD_CLOEXEC);
	if (counter >= 0 &&
	    (read(counter, &count, sizeof(count)) != sizeof(count) ||
	     count == 0)) {
		/* A virtual machine may accept the event and not count. */
		close(counter);
		counter = -1;
	}
	return counter >= 0;
}

const char *meter_unit(void)
{
	return counter >= 0 ? "instructions" : "ns";
}

double meter_read(void)
{
	struct timespec t;
	uint64_t count = 0;

	if (counter >= 0) {
		if (read(counter, &count, sizeof(count)) != sizeof(count)) {
			perror("Bail out! the counter");
			exit(1);
		}
		return (double)count;
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}
