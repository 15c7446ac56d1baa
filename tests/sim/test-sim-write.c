/* SPDX-License-Identifier: MIT */
/*
 * Writing to an htab fd (docs/kernels.md, "Writing an htab fd" and
 * docs/kernels.md, "Measuring a table"). Each test shows one rule of this
 * system call on the same small table, so the tests stay in one file.
 */
#include "model.h"

#include <endian.h>

static struct htab_sim_host *host;
static int vmfd, htabfd;

static int set_up(void **state)
{
	host = a_host("page=64K");
	vmfd = a_vm_with_table(host, 18);
	htabfd = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	return 0;
}

static int tear_down(void **state)
{
	close(htabfd);
	close(vmfd);
	close_host(host);
	return 0;
}

enum { ENTRIES = 1 << (18 - 4) };

/* Two records with one entry each */
struct two {
	struct {
		struct uapi_kvm_get_htab_header header;
		uint64_t dword[2];
	} record[2];
};

static struct two two_records(uint32_t first, uint32_t second)
{
	return (struct two){ {
		{ { .index = first, .n_valid = 1 },
		  { htobe64(A_HPTE_V), htobe64(A_HPTE_R) } },
		{ { .index = second, .n_valid = 1 },
		  { htobe64(A_HPTE_V), htobe64(A_HPTE_R) } },
	} };
}

static ssize_t write_header(uint32_t index, uint16_t n_valid,
			    uint16_t n_invalid)
{
	const struct uapi_kvm_get_htab_header header = { index, n_valid,
							 n_invalid };

	return htab_sim_write(htabfd, &header, sizeof(header), sizeof(header));
}

/* After a record the kernel moves past the header only. It takes the entry that
 * follows for the next header. */
static void one_record_for_each_write(void **state)
{
	struct two two = two_records(5, 6);

	assert_int_equal(htab_sim_write(htabfd, &two, 48, 48), 24);
	assert_int_equal(valid_entries(vmfd), 1);
	assert_int_equal(entry_at(vmfd, 6).v, 0);
}

/* The first 8 bytes of an entry are read as a header. */
static void behind_a_record_the_entry_is_taken_for_a_header(void **state)
{
	struct two two = two_records(5, 6);

	two.record[0].dword[0] = htobe64(A_HPTE_V);
	/* The kernel writes 24 of the 32 bytes. The other 8 are too few for the
	 * entries that the second header claims. */
	assert_int_equal(htab_sim_write(htabfd, &two, 32, 32), 24);
	/* On a little-endian host these bytes are a header with index
	 * 0x01000000, which is behind the end of the table. */
	two.record[0].dword[0] = htobe64(UINT64_C(0x0000000100000001));
	if (htobe64(1) != 1)
		assert_int_equal(htab_sim_write(htabfd, &two, 32, 32), -EINVAL);
	assert_int_equal(entry_at(vmfd, 5).r, A_HPTE_R);
}

static void records_without_entries_may_be_many(void **state)
{
	const struct uapi_kvm_get_htab_header records[] = {
		{ 0, 0, 2 },
		{ 10, 0, 1 },
		{ 20, 0, 0 },
	};

	for (uint32_t i = 0; i < 12; i++)
		assert_int_equal(write_hpte(htabfd, i, A_HPTE_V, A_HPTE_R), 24);
	assert_int_equal(htab_sim_write(htabfd, records, 24, 24), 24);
	assert_int_equal(valid_entries(vmfd), 9);
	assert_int_equal(entry_at(vmfd, 1).v, 0);
	assert_int_not_equal(entry_at(vmfd, 2).v, 0);
	assert_int_equal(entry_at(vmfd, 10).v, 0);
}

static void a_record_that_is_8_short_is_read_over_and_overcounted(void **state)
{
	struct two two = two_records(5, 6);

	assert_int_equal(htab_sim_write(htabfd, &two, 16, 24), 24);
	assert_int_equal(entry_at(vmfd, 5).r, A_HPTE_R);
	/* If the readable memory ends with the write, the result is EFAULT. */
	assert_int_equal(htab_sim_write(htabfd, &two, 16, 16), -EFAULT);
}

static void a_record_that_is_9_short_writes_nothing(void **state)
{
	struct two two = two_records(5, 6);

	assert_int_equal(htab_sim_write(htabfd, &two, 15, 24), 0);
	assert_int_equal(write_header(0, 2, 0), 0);
	assert_int_equal(valid_entries(vmfd), 0);
}

static void fewer_than_8_bytes_are_ignored(void **state)
{
	const struct uapi_kvm_get_htab_header header = { ENTRIES, 0, 0 };

	assert_int_equal(htab_sim_write(htabfd, &header, 0, 0), 0);
	assert_int_equal(htab_sim_write(htabfd, &header, 7, 7), 0);
	assert_int_equal(htab_sim_write(htabfd, NULL, 7, 7), 0);
	assert_int_equal(htab_sim_write(htabfd, &header, 8, 8), -EINVAL);
	assert_int_equal(htab_sim_write(htabfd, NULL, 8, 8), -EFAULT);
	assert_int_equal(htab_sim_write(htabfd, &header, 8, 7), -EFAULT);
	assert_int_equal(write_header(0, 0, 0), 8);
}

static void the_index_is_checked_against_the_end(void **state)
{
	assert_int_equal(write_header(ENTRIES - 1, 0, 0), 8);
	assert_int_equal(write_header(ENTRIES - 1, 0, 1), 8);
	assert_int_equal(write_header(ENTRIES, 0, 0), -EINVAL);
	assert_int_equal(write_header(ENTRIES - 1, 0, 2), -EINVAL);
	assert_int_equal(write_header(UINT32_MAX, 0, 1), -EINVAL);
	assert_int_equal(write_hpte(htabfd, ENTRIES - 1, A_HPTE_V, A_HPTE_R),
			 24);
	assert_int_equal(write_hpte(htabfd, ENTRIES, A_HPTE_V, A_HPTE_R),
			 -EINVAL);
}

static void valid_and_invalid_ones_together_run_over_the_end(void **state)
{
	struct two two = two_records(ENTRIES - 2, 0);

	two.record[0].header.n_invalid = 2;
	assert_int_equal(htab_sim_write(htabfd, &two, 24, 24), -EINVAL);
	two.record[0].header.n_invalid = 1;
	assert_int_equal(htab_sim_write(htabfd, &two, 24, 24), 24);
}

/* The invalid entries of a record follow its valid ones. */
static void a_record_sets_its_valid_and_clears_its_invalid_ones(void **state)
{
	struct two two = two_records(1, 0);

	for (uint32_t i = 0; i < 4; i++)
		write_hpte(htabfd, i, A_HPTE_V & ~HPTE_IS_BOLTED, A_HPTE_R);
	two.record[0].header.n_invalid = 1;
	assert_int_equal(htab_sim_write(htabfd, &two, 24, 24), 24);
	assert_int_equal(valid_entries(vmfd), 3);
	assert_int_equal(entry_at(vmfd, 1).v, A_HPTE_V | HPTE_LOCKED);
	assert_int_equal(entry_at(vmfd, 2).v, 0);
}

static void without_a_table_any_index_is_einval(void **state)
{
	int fresh = a_vm(host);

	assert_result(put_entry(fresh, 0), -EINVAL);
	assert_result(put_invalid(fresh, 0, 0), -EINVAL);
	close(fresh);
}

static void an_entry_must_be_valid(void **state)
{
	assert_int_equal(
		write_hpte(htabfd, 0, A_HPTE_V & ~UINT64_C(1), A_HPTE_R),
		-EINVAL);
	assert_int_equal(valid_entries(vmfd), 0);
}

static void what_was_written_before_an_error_stays(void **state)
{
	struct {
		struct uapi_kvm_get_htab_header header;
		uint64_t dword[4];
	} record = {
		{ .index = 0, .n_valid = 2 },
		{ htobe64(A_HPTE_V), htobe64(A_HPTE_R), 0, 0 },
	};

	assert_int_equal(htab_sim_write(htabfd, &record, 40, 40), -EINVAL);
	assert_int_equal(valid_entries(vmfd), 1);
	assert_int_equal(htab_sim_write(htabfd, &record, 40, 39), -EFAULT);
}

static void a_segment_of_reserved_size_is_eio(void **state)
{
	assert_int_equal(
		write_hpte(htabfd, 0, A_HPTE_V | UINT64_C(1) << 63, A_HPTE_R),
		-EIO);
	assert_int_equal(
		write_hpte(htabfd, 0, A_HPTE_V | UINT64_C(1) << 62, A_HPTE_R),
		24);
}

/* The encodings of large pages are in dword 1, bits 12 to 19
 * (docs/kernels.md, "Entries"). */
static void unknown_page_sizes_are_refused(void **state)
{
	static const struct {
		uint64_t encoding;
		int result;
	} large[] = {
		{ 0x00000, 24 },      { 0x01000, 24 },
		{ 0x31000, 24 },      { 0x03000, 24 },
		{ 0x13000, -EINVAL }, { 0x07000, 24 },
		{ 0x17000, 24 },      { 0x08000, 24 },
		{ 0x38000, 24 },      { 0x18000, -EINVAL },
		{ 0x02000, -EINVAL }, { 0x10000, -EINVAL },
		{ 0x0f000, -EINVAL },
	};
	/* This address is outside the guest's memory, so the kernel checks only
	 * the encoding of the page size. */
	const uint64_t far = UINT64_C(1) << 40;
	struct htab_sim_host *old = htab_sim_host_new("linux=4.14");
	struct htab_sim_host *new = htab_sim_host_new("linux=4.15");
	int old_vm = a_vm_with_table(old, 18);
	int new_vm = a_vm_with_table(new, 18);

	for (size_t i = 0; i < COUNT_OF(large); i++) {
		assert_int_equal(write_hpte(htabfd, 0, A_HPTE_V | 4,
					    far | large[i].encoding),
				 large[i].result);
		/* Before Linux 4.15 the kernel checks the page size only when
		 * it enters the entry (H_ENTER), so the error is EIO. */
		assert_result(put_hpte(old_vm, 0, A_HPTE_V | 4,
				       far | large[i].encoding),
			      large[i].result < 0 ? -EIO : 0);
		assert_result(put_hpte(new_vm, 0, A_HPTE_V | 4,
				       far | large[i].encoding),
			      large[i].result < 0 ? -EINVAL : 0);
	}
	close(old_vm);
	close(new_vm);
	assert_int_equal(free_host(new), 0);
	assert_int_equal(free_host(old), 0);
}

/* Writes an entry to a VM of its own with that much memory. */
static void assert_fits(const char *description, uint64_t v, uint64_t r,
			int result)
{
	struct htab_sim_host *other = htab_sim_host_new(description);
	int other_vm = a_vm_with_table(other, 18);

	assert_result(put_hpte(other_vm, 0, v, r), result);
	close(other_vm);
	assert_int_equal(free_host(other), 0);
}

static void pages_of_that_size_must_fill_the_memory(void **state)
{
	/* Two pages of 64K fill 128K, and no page of 16M does. */
	assert_fits("ram=128K", A_HPTE_V | 4, 0x1000, 0);
	assert_fits("ram=128K", A_HPTE_V | 4, 0x11000, 0);
	assert_fits("ram=128K", A_HPTE_V | 4, 0, -EIO);
	assert_fits("ram=16M", A_HPTE_V | 4, 0, 0);
	/* In 96K there is no place for a page of 64K, neither where it would
	 * reach over the end nor before that. */
	assert_fits("ram=96K", A_HPTE_V | 4, 0x1000, -EIO);
	assert_fits("ram=96K", A_HPTE_V | 4, 0x11000, -EIO);
	assert_fits("ram=96K", A_HPTE_V, 0x17000, 0);
	/* These are 64K pages in a segment of 4K pages. The kernel checks the
	 * actual page size. */
	assert_fits("ram=96K", A_HPTE_V | 4, 0x17000, -EIO);
	/* Behind the end every page is allowed, and so is a page that is not
	 * larger than the host's. */
	assert_fits("ram=96K", A_HPTE_V | 4, 0x21000, 0);
	assert_fits("ram=96K page=64K", A_HPTE_V | 4, 0x1000, 0);
}

/* The entries of POWER9 have no room for the other bits. */
static void power9_keeps_fewer_bits_of_dword_0(void **state)
{
	const uint64_t v = A_HPTE_V | UINT64_C(0x4230000000000000);
	struct htab_sim_host *power9 = htab_sim_host_new("cpu=power9 mmu=hash");
	int new_vm = a_vm_with_table(power9, 18);

	assert_result(put_hpte(vmfd, 0, v, A_HPTE_R), 0);
	assert_int_equal(entry_at(vmfd, 0).v, v | HPTE_LOCKED);
	assert_result(put_hpte(new_vm, 0, v, A_HPTE_R), 0);
	assert_int_equal(entry_at(new_vm, 0).v,
			 A_HPTE_V | UINT64_C(1) << 62 | HPTE_LOCKED);
	close(new_vm);
	assert_int_equal(free_host(power9), 0);
}

static void an_entry_replaces_the_one_that_was_there(void **state)
{
	assert_int_equal(write_hpte(htabfd, 3, A_HPTE_V, A_HPTE_R), 24);
	assert_int_equal(write_hpte(htabfd, 3, A_HPTE_V, A_HPTE_R | 0x5000),
			 24);
	assert_int_equal(entry_at(vmfd, 3).r, A_HPTE_R | 0x5000);
	/* The kernel removes the old entry first. So the old entry is gone if
	 * the new one is refused. */
	assert_int_equal(
		write_hpte(htabfd, 3, A_HPTE_V | UINT64_C(1) << 63, A_HPTE_R),
		-EIO);
	assert_int_equal(valid_entries(vmfd), 0);
}

static void a_running_vcpu_is_ebusy_before_anything_is_read(void **state)
{
	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_int_equal(htab_sim_write(htabfd, NULL, 0, 0), -EBUSY);
	assert_int_equal(htab_sim_write(htabfd, NULL, 8, 8), -EBUSY);
	assert_int_equal(write_header(ENTRIES, 0, 0), -EBUSY);
	assert_int_equal(write_hpte(htabfd, 0, A_HPTE_V, A_HPTE_R), -EBUSY);
	assert_result(htab_sim_vcpu_leave(vmfd), 0);
	assert_int_equal(write_hpte(htabfd, 0, A_HPTE_V, A_HPTE_R), 24);
}

static void the_wrong_direction_is_ebadf(void **state)
{
	int reader = open_htab(vmfd, 0);

	assert_int_equal(write_hpte(reader, 0, A_HPTE_V, A_HPTE_R), -EBADF);
	close(reader);
}

/* If a VRMA entry was written, the next run keeps the table as it was
 * loaded. */
static void a_vrma_entry_makes_the_mmu_ready(void **state)
{
	assert_int_equal(
		write_hpte(htabfd, 7, UINT64_C(0x4001ffffff000015), 0x1190),
		24);
	assert_result(run(vmfd), 0);
	assert_int_equal(valid_entries(vmfd), 1);
	/* After the table was cleared, the next run maps the VRMA again. */
	assert_result(htab_reset(vmfd), 0);
	assert_result(run(vmfd), 0);
	assert_int_equal(valid_entries(vmfd), 256);
}

static void another_entry_does_not_make_it_ready(void **state)
{
	assert_int_equal(
		write_hpte(htabfd, 0, UINT64_C(0x4001fffffe000015), 0x1190),
		24);
	assert_int_equal(write_hpte(htabfd, 0, UINT64_C(0x4001ffffff000015),
				    UINT64_C(0x2000)),
			 -EINVAL);
	/* This VRMA entry is refused, because it is for a page of 16G in 16M of
	 * guest memory. */
	assert_int_equal(write_hpte(htabfd, 0, UINT64_C(0x4001ffffff000015),
				    UINT64_C(0x3000)),
			 -EIO);
	assert_result(run(vmfd), 0);
	assert_true(valid_entries(vmfd) >= 256);
}

static void a_write_leaves_a_ready_mmu_ready(void **state)
{
	assert_result(run(vmfd), 0);
	assert_int_equal(write_header(0, 0, 100), 8);
	assert_int_equal(write_header(ENTRIES, 0, 0), -EINVAL);
	/* If the VM were not ready, the run would map these pages again. */
	assert_result(put_invalid(vmfd, 0, ENTRIES - 1), 0);
	assert_result(run(vmfd), 0);
	assert_true(valid_entries(vmfd) < 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_record_for_each_write),
		TEST(behind_a_record_the_entry_is_taken_for_a_header),
		TEST(records_without_entries_may_be_many),
		TEST(a_record_that_is_8_short_is_read_over_and_overcounted),
		TEST(a_record_that_is_9_short_writes_nothing),
		TEST(fewer_than_8_bytes_are_ignored),
		TEST(the_index_is_checked_against_the_end),
		TEST(valid_and_invalid_ones_together_run_over_the_end),
		TEST(a_record_sets_its_valid_and_clears_its_invalid_ones),
		TEST(without_a_table_any_index_is_einval),
		TEST(an_entry_must_be_valid),
		TEST(what_was_written_before_an_error_stays),
		TEST(a_segment_of_reserved_size_is_eio),
		TEST(unknown_page_sizes_are_refused),
		TEST(pages_of_that_size_must_fill_the_memory),
		TEST(power9_keeps_fewer_bits_of_dword_0),
		TEST(an_entry_replaces_the_one_that_was_there),
		TEST(a_running_vcpu_is_ebusy_before_anything_is_read),
		TEST(the_wrong_direction_is_ebadf),
		TEST(a_vrma_entry_makes_the_mmu_ready),
		TEST(another_entry_does_not_make_it_ready),
		TEST(a_write_leaves_a_ready_mmu_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
