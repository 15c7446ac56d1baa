/* SPDX-License-Identifier: MIT */
/*
 * For the files that define functions of the C library. This header comes
 * first: with these macros the headers of the C library would make open()
 * another name for open64(), and read() an inline function.
 */
#ifndef HTAB_PRELOAD_INTERPOSE_H
#define HTAB_PRELOAD_INTERPOSE_H

#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#undef _TIME_BITS

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "preload.h"

#define INTERPOSE __attribute__((visibility("default")))

/* Where time_t has 32 bits, a program with -D_TIME_BITS=64 calls functions of
 * other names. */
#if defined(__TIMESIZE) && __TIMESIZE == 32
#define HAS_TIME64 1
#else
#define HAS_TIME64 0
#endif

#endif
