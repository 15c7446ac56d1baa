/* SPDX-License-Identifier: MIT */
/* htab_put_hptes() */
#include "mock-shim.h"
#include "records.h"
#include "unit.h"

static struct htab_hpte hptes[65537];

/* From index on, so many valid entries and then so many holes */
static struct htab_hpte *add(struct htab_hpte *hpte, uint32_t index,
			     unsigned int valid, unsigned int holes)
{
	for (; valid; valid--, index++, hpte++) {
		unsigned char entry[16];

		put_entry(entry, index);
		hpte->v = hpte->r = 0;
		for (unsigned int i = 0; i < 8; i++) {
			hpte->v = hpte->v << 8 | entry[i];
			hpte->r = hpte->r << 8 | entry[i + 8];
		}
	}
	/* All that makes a hole is the missing bit. */
	for (; holes; holes--, hpte++)
		hpte->v = hpte->r = ~HTAB_V_VALID;
	return hpte;
}

static void put_makes_a_record_of_each_run(void **state)
{
	unsigned char records[4][BUFFER];
	struct htab_hpte *end = add(hptes, 100, 0, 3);
	size_t lens[4], n;

	end = add(end, 103, 1, 1);
	end = add(end, 105, 256, 2);
	n = (size_t)(end - hptes);
	/* The kernel ignores the host's bits, but would keep no others. */
	hptes[3].v |= 0x60;
	lens[0] = put_record(records[0], 100, 0, 3);
	lens[1] = put_record(records[1], 103, 1, 1);
	lens[2] = put_record(records[2], 105, 255, 0);
	lens[3] = put_record(records[3], 360, 1, 2);
	will_find_hash_host();
	will_open_htab(18, 0, 0);
	for (int i = 0; i < 4; i++)
		will_write(records[i], lens[i], (ssize_t)lens[i]);
	will_close(HTABFD, 0);
	assert_result(htab_put_hptes(VMFD, 100, hptes, n), 0);
}

static void put_of_many_holes_takes_several_records(void **state)
{
	unsigned char records[2][BUFFER];

	add(hptes, 0, 0, 65537);
	put_record(records[0], 0, 0, 65535);
	put_record(records[1], 65535, 0, 2);
	will_find_hash_host();
	will_open_htab(24, 0, 0);
	will_write(records[0], 8, 8);
	will_write(records[1], 8, 8);
	will_close(HTABFD, 0);
	assert_result(htab_put_hptes(VMFD, 0, hptes, 65537), 0);
}

static void put_passes_on_what_the_kernel_says(void **state)
{
	unsigned char record[BUFFER];

	add(hptes, 9, 1, 0);
	put_record(record, 9, 1, 0);
	will_find_hash_host();
	will_open_htab(18, 0, 0);
	will_write(record, 24, errno_row(state));
	will_close(HTABFD, 0);
	assert_result(htab_put_hptes(VMFD, 9, hptes, 1), errno_row(state));
}

static void put_under_a_running_vcpu_is_ebusy(void **state)
{
	will_find_hash_host();
	will_measure_busy(18);
	assert_result(htab_put_hptes(VMFD, 0, hptes, 1), -EBUSY);
}

#define for_errors(test)                                                       \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EINVAL),           \
		mocked_test_of(test, -EIO), mocked_test_of(test, -EFAULT),     \
		mocked_test_of(test, -EBUSY)

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(put_makes_a_record_of_each_run),
		mocked_test(put_of_many_holes_takes_several_records),
		for_errors(put_passes_on_what_the_kernel_says),
		mocked_test(put_under_a_running_vcpu_is_ebusy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
