/* SPDX-License-Identifier: MIT */
/* Every unit test includes this: CMocka, and assertions with names of errors */
#ifndef HTAB_TEST_UNIT_H
#define HTAB_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "libhtab.h"

/* CMocka 1.1.5 prints -16 as 0xfffffffffffffff0. This macro prints -16 and the
 * text of EBUSY. */
#define assert_result(expression, expected)                                    \
	assert_result_at(expression, expected, #expression, __FILE__, __LINE__)

static inline const char *result_name(int result)
{
	return result < 0 ? strerror(-result) : "success";
}

static inline void assert_result_at(int result, int expected, const char *what,
				    const char *file, int line)
{
	if (result == expected)
		return;
	print_error("%s: %d (%s), not %d (%s)\n", what, result,
		    result_name(result), expected, result_name(expected));
	_fail(file, line);
}

#endif
