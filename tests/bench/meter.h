/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks measure work in.
 */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdbool.h>

/*
 * Starts to count. The unit is instructions of this thread, the kernel's
 * included, where the kernel lets it count them. The number does not depend on
 * what else the machine does, except that interrupts add to it. An emulated
 * machine of the lab has such a counter, and its time says little: it depends
 * on what QEMU has translated, and on its host. Where instructions cannot be
 * counted, the unit is nanoseconds.
 *
 * Returns true if the unit is instructions.
 */
bool meter_start(void);

/* The name of the unit */
const char *meter_unit(void);

/* How much there was since some point in the past */
double meter_read(void);

#endif
