/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <limits.h>

static const int listed[] = {
	EACCES,	   EBADF,	EBUSY,	EINTR,		 EINVAL,
	EIO,	   EMFILE,	ENFILE, ENOENT,		 ENOMEM,
	ENOSPC,	   ENOTTY,	EPERM,	EPROTO,		 ERANGE,
	EOVERFLOW, EBADMSG,	ENODEV, ETIMEDOUT,	 EPROTONOSUPPORT,
	EFAULT,	   EINPROGRESS, ENXIO,	ENOTRECOVERABLE, EOPNOTSUPP,
};

static void each_error_has_a_text_of_its_own_in_either_sign(void **state)
{
	const char *unexpected = htab_strerror(-EXDEV);

	for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++) {
		const char *text = htab_strerror(-listed[i]);

		assert_ptr_equal(text, htab_strerror(listed[i]));
		assert_string_not_equal(text, unexpected);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(text, htab_strerror(listed[j]));
	}
}

static void text_says_what_to_do(void **state)
{
	assert_non_null(strstr(htab_strerror(-ENOMEM), "kvm_cma_resv_ratio"));
	/* The caller may have set a floor and cannot use a smaller table. */
	assert_null(strstr(htab_strerror(-ENOMEM), "ask for less"));
	assert_non_null(strstr(htab_strerror(-EBUSY), "vcpu"));
	assert_non_null(strstr(htab_strerror(-ENOTRECOVERABLE), "destroy"));
}

static void other_numbers_have_a_text_too(void **state)
{
	assert_string_equal(htab_strerror(0), "success");
	assert_string_equal(htab_strerror(INT_MIN), "unexpected error");
	assert_string_equal(htab_strerror(INT_MAX), "unexpected error");
	assert_string_equal(htab_strerror(-EXDEV), "unexpected error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_error_has_a_text_of_its_own_in_either_sign),
		cmocka_unit_test(text_says_what_to_do),
		cmocka_unit_test(other_numbers_have_a_text_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
