/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <limits.h>

/* The numbers are those of PAPR, which the guest's kernel knows too. */
static void results_have_their_status(void **state)
{
	static const struct {
		int result;
		long status;
	} rows[] = {
		{ 0, 0 },
		{ -EBUSY, 1 },
		{ -ENXIO, 2 },
		{ -EINVAL, -4 },
		{ -ERANGE, -4 },
		{ -ENOSPC, -6 },
		{ -ENOMEM, -9 },
		{ -EACCES, -10 },
		{ -EPERM, -10 },
		{ -ENOTTY, -10 },
		{ -EOPNOTSUPP, -10 },
		{ -EIO, -1 },
		{ -ENOENT, -1 },
		{ -EPROTO, -1 },
		{ -EBADF, -1 },
		{ -ETIMEDOUT, -1 },
		{ 1, -1 },
		{ INT_MIN, -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(htab_papr_status(rows[i].result, 100),
				 rows[i].status);
}

static void wait_is_the_order_below_it(void **state)
{
	static const struct {
		unsigned int ms;
		long status;
	} rows[] = {
		{ 0, 9900 },	   { 1, 9900 },	       { 9, 9900 },
		{ 10, 9901 },	   { 99, 9901 },       { 100, 9902 },
		{ 999, 9902 },	   { 1000, 9903 },     { 9999, 9903 },
		{ 10000, 9904 },   { 99999, 9904 },    { 100000, 9905 },
		{ 1000000, 9905 }, { UINT_MAX, 9905 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(htab_papr_status(-EINPROGRESS, rows[i].ms),
				 rows[i].status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_have_their_status),
		cmocka_unit_test(wait_is_the_order_below_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
