/* SPDX-License-Identifier: MIT */
/*
 * Reading an htab fd (docs/kernels.md, "Opening an htab fd" and
 * docs/kernels.md, "Reading an htab fd"). Each test shows one rule of this
 * system call on the same small table, so the tests stay in one file.
 */
#include "model.h"

static struct htab_sim_host *host;
static int vmfd;

static int set_up(void **state)
{
	host = a_host(NULL);
	vmfd = a_vm_with_table(host, 18);
	return 0;
}

static int tear_down(void **state)
{
	close(vmfd);
	close_host(host);
	return 0;
}

enum { ENTRIES = 1 << (18 - 4) };

static void fewer_than_25_bytes_read_nothing(void **state)
{
	int htabfd = open_htab(vmfd, 0);
	struct record record;

	assert_result(put_entry(vmfd, 0), 0);
	for (size_t len = 0; len < 25; len++)
		assert_int_equal(read_record(htabfd, &record, len), 0);
	/* The short reads have not lost the entry. */
	assert_int_equal(read_record(htabfd, &record, 25), 24);
	assert_record(&record, 0, 1, ENTRIES - 1);
	close(htabfd);
}

static void an_entry_reads_as_it_was_written_but_locked(void **state)
{
	struct entry entry;

	/* The kernel ignores a writer's values of its own bits 0x60 in dword 0
	 * and of the dirty mark in dword 1. */
	assert_result(put_hpte(vmfd, 8, A_HPTE_V | 0x60,
			       A_HPTE_R | UINT64_C(0x4000000000000000)),
		      0);
	entry = entry_at(vmfd, 8);
	assert_int_equal(entry.v, A_HPTE_V | HPTE_LOCKED);
	assert_int_equal(entry.r, A_HPTE_R);
}

static void the_first_pass_reports_all_and_the_next_nothing(void **state)
{
	int htabfd;
	struct record record;

	assert_result(put_entry(vmfd, 100), 0);
	assert_result(put_entry(vmfd, 101), 0);
	htabfd = open_htab(vmfd, 0);
	assert_int_equal(read_record(htabfd, &record, 25), 8);
	assert_record(&record, 0, 0, 100);
	/* The record has the valid entries and counts the invalid ones behind
	 * them. */
	assert_int_equal(read_record(htabfd, &record, 256), 40);
	assert_record(&record, 100, 2, ENTRIES - 102);
	for (int i = 0; i < 3; i++)
		assert_int_equal(read_record(htabfd, &record, 256), 0);
	close(htabfd);
}

/* A buffer of 8 + 16n + 1 to 8 + 16(n + 1) bytes gets n entries. */
static void a_buffer_carries_one_entry_less_than_fits(void **state)
{
	static const struct {
		size_t len;
		uint16_t n_valid;
	} buffers[] = { { 25, 1 }, { 40, 1 }, { 41, 2 },
			{ 56, 2 }, { 57, 3 }, { 72, 3 } };

	for (uint32_t i = 0; i < 10; i++)
		assert_result(put_entry(vmfd, i), 0);
	for (size_t i = 0; i < COUNT_OF(buffers); i++) {
		int htabfd = open_htab(vmfd, 0);
		struct record record;

		read_record(htabfd, &record, buffers[i].len);
		assert_record(&record, 0, buffers[i].n_valid, 0);
		close(htabfd);
	}
}

static void a_record_counts_at_most_65535(void **state)
{
	struct uapi_kvm_get_htab_header records[32];
	int large = a_vm_with_table(host, 24);
	int htabfd = open_htab(large, 0);

	assert_int_equal(htab_sim_read(htabfd, records, sizeof(records)), 136);
	for (uint32_t i = 0; i < 16; i++) {
		assert_int_equal(records[i].index, i * 65535);
		assert_int_equal(records[i].n_invalid, 65535);
	}
	assert_int_equal(records[16].n_invalid, 16);
	close(htabfd);
	close(large);
}

static void valid_entries_are_counted_to_65535_too(void **state)
{
	static unsigned char buf[2 << 20];
	struct htab_sim_host *roomy = htab_sim_host_new("ram=0");
	int full = a_vm_with_table(roomy, 21), htabfd;
	struct uapi_kvm_get_htab_header header;

	htabfd = open_htab(full, UAPI_KVM_GET_HTAB_WRITE);
	for (uint32_t i = 0; i < 65540; i++)
		write_hpte(htabfd, i, A_HPTE_V, A_HPTE_R);
	close(htabfd);
	htabfd = open_htab(full, 0);
	assert_int_equal(htab_sim_read(htabfd, buf, sizeof(buf)),
			 2 * sizeof(header) + 65540 * 16);
	memcpy(&header, buf, sizeof(header));
	assert_int_equal(header.n_valid, 65535);
	assert_int_equal(header.n_invalid, 0);
	memcpy(&header, buf + 8 + 65535 * 16, sizeof(header));
	assert_int_equal(header.index, 65535);
	assert_int_equal(header.n_valid, 5);
	close(htabfd);
	close(full);
	assert_int_equal(free_host(roomy), 0);
}

static void the_end_ends_a_read(void **state)
{
	int htabfd = open_htab_from(vmfd, 0, ENTRIES - 2);
	struct record record;

	assert_result(put_entry(vmfd, 0), 0);
	assert_int_equal(read_record(htabfd, &record, 256), 8);
	assert_record(&record, ENTRIES - 2, 0, 2);
	/* The next read begins at index 0 and belongs to a later pass. The
	 * entries below the start index were not in the first pass, so entry 0
	 * is reported as changed. */
	assert_int_equal(read_record(htabfd, &record, 256), 24);
	assert_record(&record, 0, 1, 0);
	assert_int_equal(read_record(htabfd, &record, 256), 0);
	close(htabfd);
}

static void later_passes_report_what_changed_since(void **state)
{
	int htabfd = open_htab(vmfd, 0);
	struct record record;

	count_valid(htabfd);
	assert_result(put_entry(vmfd, 20), 0);
	assert_result(put_entry(vmfd, 21), 0);
	assert_result(put_entry(vmfd, 700), 0);
	assert_int_equal(read_record(htabfd, &record, 64), 40);
	assert_record(&record, 20, 2, 0);
	assert_int_equal(record.dword[0], A_HPTE_V | HPTE_LOCKED);
	assert_int_equal(read_record(htabfd, &record, 64), 24);
	assert_record(&record, 700, 1, 0);
	assert_int_equal(read_record(htabfd, &record, 64), 0);
	close(htabfd);
}

/* A reader does not return to an entry below its position before it has reached
 * the end of the table. */
static void a_zero_says_nothing_about_what_is_behind(void **state)
{
	int htabfd = open_htab(vmfd, 0);
	struct record record;

	count_valid(htabfd);
	assert_result(put_entry(vmfd, 500), 0);
	assert_int_equal(read_record(htabfd, &record, 25), 24);
	assert_result(put_entry(vmfd, 5), 0);
	assert_int_equal(read_record(htabfd, &record, 25), 0);
	assert_int_equal(read_record(htabfd, &record, 25), 24);
	assert_record(&record, 5, 1, 0);
	close(htabfd);
}

static void what_became_invalid_is_reported_as_invalid(void **state)
{
	int htabfd;
	struct record record;

	assert_result(put_entry(vmfd, 30), 0);
	htabfd = open_htab(vmfd, 0);
	count_valid(htabfd);
	assert_result(put_invalid(vmfd, 30, 5), 0);
	assert_int_equal(read_record(htabfd, &record, 64), 8);
	/* The record does not count the other four, which were invalid
	 * before. */
	assert_record(&record, 30, 0, 1);
	assert_int_equal(read_record(htabfd, &record, 64), 0);
	close(htabfd);
}

static void changes_are_marked_only_while_a_reader_is_open(void **state)
{
	int htabfd = open_htab(vmfd, 0), writer;
	struct record record;

	count_valid(htabfd);
	close(htabfd);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_POOL), 0);
	/* A descriptor for writing does not make the kernel mark changes. */
	writer = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	assert_int_equal(write_hpte(writer, 40, A_HPTE_V, A_HPTE_R), 24);
	assert_result(put_invalid(vmfd, 40, 1), 0);
	assert_int_equal(write_hpte(writer, 41, A_HPTE_V, A_HPTE_R), 24);
	/* The first pass has one entry. The next read would report marked
	 * entries. */
	htabfd = open_htab_from(vmfd, 0, ENTRIES - 1);
	assert_int_equal(read_record(htabfd, &record, 64), 8);
	assert_int_equal(read_record(htabfd, &record, 64), 0);
	close(writer);
	close(htabfd);
}

static void readers_share_the_marks(void **state)
{
	int first = open_htab(vmfd, 0), second = open_htab(vmfd, 0);
	struct record record;

	count_valid(first);
	count_valid(second);
	assert_result(put_entry(vmfd, 50), 0);
	assert_int_equal(read_record(second, &record, 64), 24);
	assert_int_equal(read_record(first, &record, 64), 0);
	close(first);
	close(second);
}

static void a_first_pass_takes_the_marks_away_too(void **state)
{
	int first = open_htab(vmfd, 0), second;
	struct record record;

	count_valid(first);
	assert_result(put_entry(vmfd, 50), 0);
	assert_result(put_entry(vmfd, 51), 0);
	assert_result(put_invalid(vmfd, 51, 1), 0);
	second = open_htab(vmfd, 0);
	assert_int_equal(count_valid(second), 1);
	assert_int_equal(read_record(first, &record, 64), 0);
	close(first);
	close(second);
}

/* A reset clears the entries without marking them, and keeps the marks that
 * were set before. */
static void a_reset_is_not_reported_to_a_reader(void **state)
{
	int htabfd;
	struct record record;

	assert_result(put_entry(vmfd, 60), 0);
	htabfd = open_htab(vmfd, 0);
	count_valid(htabfd);
	assert_result(put_entry(vmfd, 70), 0);
	assert_result(htab_reset(vmfd), 0);
	assert_int_equal(read_record(htabfd, &record, 64), 8);
	assert_record(&record, 70, 0, 1);
	assert_int_equal(read_record(htabfd, &record, 64), 0);
	close(htabfd);
}

static void bolted_only_takes_the_others_for_invalid(void **state)
{
	int htabfd;
	struct record record;

	assert_result(put_hpte(vmfd, 0, A_HPTE_V & ~HPTE_IS_BOLTED, A_HPTE_R),
		      0);
	assert_result(put_entry(vmfd, 1), 0);
	htabfd = open_htab(vmfd, UAPI_KVM_GET_HTAB_BOLTED_ONLY);
	assert_int_equal(read_record(htabfd, &record, 25), 8);
	assert_record(&record, 0, 0, 1);
	assert_int_equal(read_record(htabfd, &record, 25), 24);
	assert_record(&record, 1, 1, ENTRIES - 2);
	close(htabfd);
	assert_int_equal(valid_entries(vmfd), 2);
}

static void a_read_before_there_is_a_table_burns_the_first_pass(void **state)
{
	int fresh = a_vm(host);
	int early = open_htab(fresh, 0), late = open_htab(fresh, 0);
	struct record record;

	assert_int_equal(read_record(early, &record, 64), 0);
	assert_result(allocate_order(fresh, 18), 0);
	assert_int_equal(read_record(early, &record, 64), 0);
	assert_int_equal(read_record(late, &record, 64), 8);
	close(early);
	close(late);
	close(fresh);
}

static void a_start_behind_the_end_burns_the_first_pass(void **state)
{
	int htabfd = open_htab_from(vmfd, 0, ENTRIES);
	struct record record;

	assert_int_equal(read_record(htabfd, &record, 64), 0);
	assert_int_equal(read_record(htabfd, &record, 64), 0);
	close(htabfd);
}

static void reads_need_an_address_and_the_right_direction(void **state)
{
	int htabfd = open_htab(vmfd, 0);
	int writer = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	struct record record;

	assert_int_equal(htab_sim_read(htabfd, NULL, 64), -EFAULT);
	assert_int_equal(read_record(writer, &record, 64), -EBADF);
	assert_int_equal(read_record(htabfd, &record, 64), 8);
	close(htabfd);
	close(writer);
}

static void reads_do_not_care_about_vcpus(void **state)
{
	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_int_equal(valid_entries(vmfd), 2048);
	assert_result(htab_sim_vcpu_leave(vmfd), 0);
}

static void unknown_flags_are_einval_and_null_is_efault(void **state)
{
	int htabfd;

	assert_result(open_htab_from(vmfd, 4, 0), -EINVAL);
	assert_result(open_htab_from(vmfd, UINT64_C(1) << 63, 0), -EINVAL);
	assert_result(htab_sim_ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, NULL),
		      -EFAULT);
	htabfd = open_htab_from(vmfd, 3, 0);
	assert_true(htabfd >= 0);
	close(htabfd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fewer_than_25_bytes_read_nothing),
		TEST(an_entry_reads_as_it_was_written_but_locked),
		TEST(the_first_pass_reports_all_and_the_next_nothing),
		TEST(a_buffer_carries_one_entry_less_than_fits),
		TEST(a_record_counts_at_most_65535),
		TEST(valid_entries_are_counted_to_65535_too),
		TEST(the_end_ends_a_read),
		TEST(later_passes_report_what_changed_since),
		TEST(a_zero_says_nothing_about_what_is_behind),
		TEST(what_became_invalid_is_reported_as_invalid),
		TEST(changes_are_marked_only_while_a_reader_is_open),
		TEST(readers_share_the_marks),
		TEST(a_first_pass_takes_the_marks_away_too),
		TEST(a_reset_is_not_reported_to_a_reader),
		TEST(bolted_only_takes_the_others_for_invalid),
		TEST(a_read_before_there_is_a_table_burns_the_first_pass),
		TEST(a_start_behind_the_end_burns_the_first_pass),
		TEST(reads_need_an_address_and_the_right_direction),
		TEST(reads_do_not_care_about_vcpus),
		TEST(unknown_flags_are_einval_and_null_is_efault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
