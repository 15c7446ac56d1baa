/* SPDX-License-Identifier: MIT */
/* htab_open() and htab_read() */
#include "mock-shim.h"
#include "records.h"
#include "unit.h"

/* --- htab_open() --- */

static void open_looks_for_a_table_before_it_reads(void **state)
{
	const unsigned int flags = (unsigned int)(uintptr_t)*state;

	will_find_hash_host();
	will_measure(20);
	will_open_to_read(flags, 0, READFD);
	assert_result(htab_open(VMFD, flags), READFD);
	will_close(READFD, 0);
	htab_shim_close(READFD);
}

static void open_to_write_is_one_descriptor(void **state)
{
	will_find_hash_host();
	will_open_htab(20, 0, 0);
	assert_result(htab_open(VMFD, HTAB_OPEN_WRITE), HTABFD);
	will_close(HTABFD, 0);
	htab_shim_close(HTABFD);
}

/* A read before there is a table would lose the first pass. */
static void open_without_a_table_is_enoent(void **state)
{
	const unsigned int flags = (unsigned int)(uintptr_t)*state;

	will_find_hash_host();
	will_measure(0);
	assert_result(htab_open(VMFD, flags), -ENOENT);
}

static void open_while_a_vcpu_runs_works(void **state)
{
	will_find_hash_host();
	will_measure_failing(20, 1, -EBUSY);
	will_open_to_read(0, 0, READFD);
	assert_result(htab_open(VMFD, 0), READFD);
	will_close(READFD, 0);
	htab_shim_close(READFD);
}

static void open_with_unknown_flags_is_einval_without_a_call(void **state)
{
	const unsigned int bad[] = { 3, 4, 8, 0x80000002, UINT32_MAX };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_result(htab_open(VMFD, bad[i]), -EINVAL);
}

static void open_where_no_hash_guests_run_is_eopnotsupp(void **state)
{
	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 0);
	assert_result(htab_open(VMFD, 0), -EOPNOTSUPP);

	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 1);
	will_measure(0);
	assert_result(htab_open(VMFD, 0), -ENOENT);
}

static void open_passes_on_what_the_kernel_says(void **state)
{
	const int error = errno_row(state);

	will_check(VMFD, CAP_RADIX, error);
	assert_result(htab_open(VMFD, 0), error);
	will_find_hash_host();
	will_not_open_htab(error);
	assert_result(htab_open(VMFD, 0), error);
	will_find_hash_host();
	will_not_set_cloexec(error);
	assert_result(htab_open(VMFD, 0), error);
	will_find_hash_host();
	will_measure_failing(20, 1, error);
	assert_result(htab_open(VMFD, 0), error);
	will_find_hash_host();
	will_measure(20);
	will_open_to_read(0, 0, error);
	assert_result(htab_open(VMFD, 0), error);
}

static void open_that_gets_a_strange_count_is_eproto(void **state)
{
	will_find_hash_host();
	will_measure_failing(20, 1, 7);
	assert_result(htab_open(VMFD, 0), -EPROTO);
}

/* KVM PR and Linux 3.6 and 3.7 have no htab fd. */
static void open_without_htab_fds_is_enotty(void **state)
{
	will_check(VMFD, CAP_RADIX, -ENOTTY);
	will_not_open_htab(-ENOSYS);
	assert_result(htab_open(VMFD, 0), -ENOTTY);
}

/* --- htab_read() --- */

static void read_returns_records_without_the_hosts_bits(void **state)
{
	unsigned char kernel[BUFFER], expected[BUFFER], buf[4096];
	size_t len = put_record(kernel, 3, 5, 1);

	len += put_record(kernel + len, 9, 0, 9);
	len += put_record(kernel + len, 18, 100, 0);
	memcpy(expected, kernel, len);
	for (size_t i = 0; i < 5; i++)
		kernel[8 + i * 16 + 7] |= 0x60;
	kernel[len - 9] |= 0x40;

	will_read(READFD, sizeof(buf), kernel, (ssize_t)len);
	assert_int_equal(htab_read(READFD, buf, sizeof(buf)), len);
	assert_memory_equal(buf, expected, len);
}

/* One 0 says that nothing is new from here to the end. */
static void read_believes_in_two_zeros_only(void **state)
{
	unsigned char kernel[BUFFER], buf[4096];
	const size_t len = put_record(kernel, 0, 1, 0);

	will_read(READFD, 0, NULL, 0);
	will_read(READFD, 0, kernel, (ssize_t)len);
	assert_int_equal(htab_read(READFD, buf, sizeof(buf)), len);
	will_read(READFD, 0, NULL, 0);
	will_read(READFD, 0, NULL, 0);
	assert_int_equal(htab_read(READFD, buf, sizeof(buf)), 0);
}

static void read_into_too_little_is_einval_without_a_call(void **state)
{
	unsigned char buf[4096];

	assert_result((int)htab_read(READFD, buf, 4095), -EINVAL);
	assert_result((int)htab_read(READFD, buf, 24), -EINVAL);
	assert_result((int)htab_read(READFD, buf, 0), -EINVAL);
	assert_result((int)htab_read(READFD, NULL, 4096), -EINVAL);
}

static void read_passes_on_what_the_kernel_says(void **state)
{
	unsigned char buf[4096];

	will_read(READFD, 0, NULL, errno_row(state));
	assert_result((int)htab_read(READFD, buf, sizeof(buf)),
		      errno_row(state));
	will_read(READFD, 0, NULL, 0);
	will_read(READFD, 0, NULL, errno_row(state));
	assert_result((int)htab_read(READFD, buf, sizeof(buf)),
		      errno_row(state));
}

static void read_of_anything_but_records_is_eproto(void **state)
{
	unsigned char kernel[BUFFER], buf[4096];
	const size_t len = put_record(kernel, 0, 3, 0);

	will_read(READFD, 0, kernel, (ssize_t)len - 1);
	assert_result((int)htab_read(READFD, buf, sizeof(buf)), -EPROTO);
	will_read(READFD, 0, kernel, (ssize_t)len + 7);
	assert_result((int)htab_read(READFD, buf, sizeof(buf)), -EPROTO);
	will_read(READFD, 0, kernel, 4097);
	assert_result((int)htab_read(READFD, buf, sizeof(buf)), -EPROTO);
}

#define for_errors(test)                                                       \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EIO),              \
		mocked_test_of(test, -EACCES), mocked_test_of(test, -EFAULT),  \
		mocked_test_of(test, -EMFILE), mocked_test_of(test, -ENFILE),  \
		mocked_test_of(test, -ENOMEM)

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test_of(open_looks_for_a_table_before_it_reads, 0),
		mocked_test_of(open_looks_for_a_table_before_it_reads,
			       HTAB_OPEN_BOLTED),
		mocked_test(open_to_write_is_one_descriptor),
		mocked_test_of(open_without_a_table_is_enoent, 0),
		mocked_test_of(open_without_a_table_is_enoent, HTAB_OPEN_WRITE),
		mocked_test(open_while_a_vcpu_runs_works),
		mocked_test(open_with_unknown_flags_is_einval_without_a_call),
		mocked_test(open_where_no_hash_guests_run_is_eopnotsupp),
		for_errors(open_passes_on_what_the_kernel_says),
		mocked_test(open_that_gets_a_strange_count_is_eproto),
		mocked_test(open_without_htab_fds_is_enotty),
		mocked_test(read_returns_records_without_the_hosts_bits),
		mocked_test(read_believes_in_two_zeros_only),
		mocked_test(read_into_too_little_is_einval_without_a_call),
		for_errors(read_passes_on_what_the_kernel_says),
		mocked_test(read_of_anything_but_records_is_eproto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
