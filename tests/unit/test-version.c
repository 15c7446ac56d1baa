/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>

static void header_library_and_project_agree(void **state)
{
	char numbers[32];

	snprintf(numbers, sizeof(numbers), "%d.%d.%d", HTAB_VERSION_MAJOR,
		 HTAB_VERSION_MINOR, HTAB_VERSION_PATCH);
	assert_string_equal(HTAB_VERSION, numbers);
	assert_string_equal(htab_version(), HTAB_VERSION);
	assert_string_equal(htab_version(), PROJECT_VERSION);
}

static void check_version_is_true_for_this_one_and_older(void **state)
{
	assert_true(HTAB_CHECK_VERSION(HTAB_VERSION_MAJOR, HTAB_VERSION_MINOR));
	assert_true(HTAB_CHECK_VERSION(0, 0));
	assert_false(
		HTAB_CHECK_VERSION(HTAB_VERSION_MAJOR, HTAB_VERSION_MINOR + 1));
	assert_false(HTAB_CHECK_VERSION(HTAB_VERSION_MAJOR + 1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_library_and_project_agree),
		cmocka_unit_test(check_version_is_true_for_this_one_and_older),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
