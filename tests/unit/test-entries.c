/* SPDX-License-Identifier: MIT */
/* htab_get_hptes(), and what htab_put_hptes() has in common with it */
#include "mock-shim.h"
#include "records.h"
#include "unit.h"

#define UNTOUCHED UINT64_C(0xdeadbeefdeadbeef)

static struct htab_hpte hptes[300];

/* The table is looked at for writing, and then opened to read. */
static void will_open_at(uint32_t table, uint64_t index)
{
	will_find_hash_host();
	will_measure(table);
	will_open_to_read(0, index, READFD);
}

static void assert_entry(const struct htab_hpte *hpte, uint32_t index)
{
	unsigned char entry[16], expected[16];

	put_entry(expected, index);
	for (unsigned int i = 0; i < 8; i++) {
		entry[i] = (unsigned char)(hpte->v >> (56 - i * 8));
		entry[i + 8] = (unsigned char)(hpte->r >> (56 - i * 8));
	}
	assert_memory_equal(entry, expected, 16);
}

/* --- htab_get_hptes() --- */

/* With room for one entry only, 24 bytes, the kernel would return 0. */
static void get_of_one_entry_has_room_for_it(void **state)
{
	unsigned char kernel[BUFFER];

	put_record(kernel, 1000, 1, 0);
	kernel[8 + 7] |= 0x40;
	hptes[1].v = UNTOUCHED;
	will_open_at(18, 1000);
	will_read(READFD, 32, kernel, 24);
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 1000, hptes, 1), 0);
	assert_entry(&hptes[0], 1000);
	assert_true(hptes[1].v == UNTOUCHED);
}

static void get_fills_holes_with_zeros(void **state)
{
	unsigned char kernel[BUFFER];
	size_t len = put_record(kernel, 8, 1, 2);

	len += put_record(kernel + len, 11, 2, 500);
	memset(hptes, 0xaa, 9 * sizeof(hptes[0]));
	will_open_at(20, 8);
	will_read(READFD, 16 + 8 * 16, kernel, (ssize_t)len);
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 8, hptes, 8), 0);
	assert_entry(&hptes[0], 8);
	assert_entry(&hptes[3], 11);
	assert_entry(&hptes[4], 12);
	for (size_t i = 1; i < 8; i++)
		if (i < 3 || i > 4)
			assert_true(hptes[i].v == 0 && hptes[i].r == 0);
	assert_true(hptes[8].v == UINT64_C(0xaaaaaaaaaaaaaaaa));
}

/* What comes after the last entry does not matter. */
static void get_takes_no_more_than_it_needs(void **state)
{
	unsigned char kernel[BUFFER];
	size_t len = put_record(kernel, 5, 0, 3);

	len += put_record(kernel + len, 8, 1, 0);
	hptes[1].v = UNTOUCHED;
	will_open_at(18, 5);
	will_read(READFD, 32, kernel, (ssize_t)len);
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 5, hptes, 1), 0);
	assert_true(hptes[0].v == 0 && hptes[1].v == UNTOUCHED);
}

static void get_of_many_reads_several_times(void **state)
{
	unsigned char kernel[3][BUFFER];

	put_record(kernel[0], 0, 255, 0);
	put_record(kernel[1], 255, 1, 10);
	put_record(kernel[2], 266, 34, 0);
	will_open_at(18, 0);
	will_read(READFD, 16 + 255 * 16, kernel[0], 8 + 255 * 16);
	will_read(READFD, 16 + 45 * 16, kernel[1], 24);
	will_read(READFD, 16 + 34 * 16, kernel[2], 8 + 34 * 16);
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 0, hptes, 300), 0);
	assert_entry(&hptes[255], 255);
	assert_true(hptes[256].v == 0);
	assert_entry(&hptes[299], 299);
}

static void get_while_a_vcpu_runs_works(void **state)
{
	unsigned char kernel[BUFFER];

	put_record(kernel, 5, 1, 0);
	will_find_hash_host();
	will_measure_busy(18);
	will_open_to_read(0, 5, READFD);
	will_read(READFD, 32, kernel, 24);
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 5, hptes, 1), 0);
}

/* Then only reading shows it, and the kernel begins again at the beginning. */
static void get_beyond_the_end_while_a_vcpu_runs_is_erange(void **state)
{
	unsigned char kernel[BUFFER], later[BUFFER];

	put_record(kernel, 16383, 1, 0);
	put_record(later, 3, 1, 0);
	will_find_hash_host();
	will_measure_busy(18);
	will_open_to_read(0, 16383, READFD);
	will_read(READFD, 48, kernel, 24);
	will_read(READFD, 32, later, 24);
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 16383, hptes, 2), -ERANGE);

	will_find_hash_host();
	will_measure_busy(18);
	will_open_to_read(0, 16384, READFD);
	will_read(READFD, 32, NULL, 0);
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 16384, hptes, 1), -ERANGE);
}

static void get_of_other_records_is_eproto(void **state)
{
	unsigned char kernel[BUFFER];
	size_t len = put_record(kernel, 6, 1, 0);

	will_open_at(18, 5);
	will_read(READFD, 32, kernel, (ssize_t)len);
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 5, hptes, 1), -EPROTO);

	will_open_at(18, 6);
	will_read(READFD, 32, kernel, (ssize_t)len - 1);
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 6, hptes, 1), -EPROTO);

	will_open_at(18, 6);
	will_read(READFD, 32, kernel, 33);
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 6, hptes, 1), -EPROTO);

	len = put_record(kernel, 6, 0, 0);
	will_open_at(18, 6);
	will_read(READFD, 32, kernel, (ssize_t)len);
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 6, hptes, 1), -EPROTO);
}

static void get_passes_on_what_the_kernel_says(void **state)
{
	will_find_hash_host();
	will_measure(18);
	will_open_to_read(0, 0, errno_row(state));
	assert_result(htab_get_hptes(VMFD, 0, hptes, 1), errno_row(state));
	will_open_at(18, 0);
	will_read(READFD, 32, NULL, errno_row(state));
	will_close(READFD, 0);
	assert_result(htab_get_hptes(VMFD, 0, hptes, 1), errno_row(state));
}

/* --- both --- */

static void nothing_to_do_is_einval_without_a_call(void **state)
{
	assert_result(htab_get_hptes(VMFD, 0, NULL, 1), -EINVAL);
	assert_result(htab_get_hptes(VMFD, 0, hptes, 0), -EINVAL);
	assert_result(htab_put_hptes(VMFD, 0, NULL, 1), -EINVAL);
	assert_result(htab_put_hptes(VMFD, 0, hptes, 0), -EINVAL);
}

static void entries_beyond_the_end_are_erange(void **state)
{
	will_find_hash_host();
	will_measure(18);
	assert_result(htab_get_hptes(VMFD, 16383, hptes, 2), -ERANGE);
	will_find_hash_host();
	will_measure(18);
	assert_result(htab_put_hptes(VMFD, 16384, hptes, 1), -ERANGE);
	/* The last index, in 32 bits, would be 0. */
	will_find_hash_host();
	will_measure(40);
	assert_result(htab_get_hptes(VMFD, UINT32_MAX, hptes, 2), -ERANGE);
	will_find_hash_host();
	will_measure(40);
	assert_result(htab_put_hptes(VMFD, UINT32_MAX, hptes, 2), -ERANGE);
}

static void entries_without_a_table_are_enoent(void **state)
{
	will_find_hash_host();
	will_measure(0);
	assert_result(htab_get_hptes(VMFD, 0, hptes, 1), -ENOENT);
	will_find_hash_host();
	will_measure(0);
	assert_result(htab_put_hptes(VMFD, 0, hptes, 1), -ENOENT);
}

static void entries_where_no_hash_guests_run_are_eopnotsupp(void **state)
{
	for (int put = 0; put < 2; put++) {
		will_check(VMFD, CAP_RADIX, 1);
		will_check(VMFD, CAP_HASH, 0);
		assert_result(put ? htab_put_hptes(VMFD, 0, hptes, 1)
				  : htab_get_hptes(VMFD, 0, hptes, 1),
			      -EOPNOTSUPP);
	}
}

static void entries_pass_on_what_the_first_questions_say(void **state)
{
	const int error = errno_row(state);

	for (int put = 0; put < 2; put++) {
		will_find_hash_host();
		will_not_open_htab(error);
		assert_result(put ? htab_put_hptes(VMFD, 0, hptes, 1)
				  : htab_get_hptes(VMFD, 0, hptes, 1),
			      error);
		will_find_hash_host();
		will_measure_failing(18, 2, error);
		assert_result(put ? htab_put_hptes(VMFD, 0, hptes, 1)
				  : htab_get_hptes(VMFD, 0, hptes, 1),
			      error);
	}
}

#define for_errors(test)                                                       \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EINVAL),           \
		mocked_test_of(test, -EIO), mocked_test_of(test, -EMFILE),     \
		mocked_test_of(test, -ENFILE), mocked_test_of(test, -ENOMEM)

/* EINVAL means that there is no such entry. */
#define for_questions(test)                                                    \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EIO),              \
		mocked_test_of(test, -EMFILE), mocked_test_of(test, -ENFILE),  \
		mocked_test_of(test, -ENOMEM), mocked_test_of(test, -EPROTO)

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(get_of_one_entry_has_room_for_it),
		mocked_test(get_fills_holes_with_zeros),
		mocked_test(get_takes_no_more_than_it_needs),
		mocked_test(get_of_many_reads_several_times),
		mocked_test(get_while_a_vcpu_runs_works),
		mocked_test(get_beyond_the_end_while_a_vcpu_runs_is_erange),
		mocked_test(get_of_other_records_is_eproto),
		for_errors(get_passes_on_what_the_kernel_says),
		mocked_test(nothing_to_do_is_einval_without_a_call),
		mocked_test(entries_beyond_the_end_are_erange),
		mocked_test(entries_without_a_table_are_enoent),
		mocked_test(entries_where_no_hash_guests_run_are_eopnotsupp),
		for_questions(entries_pass_on_what_the_first_questions_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
