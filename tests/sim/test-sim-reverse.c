/* SPDX-License-Identifier: MIT */
/* reverse=random: a new table has marks of old memory (docs/kernels.md,
 * "Reading an htab fd"). */
#include "model.h"

#include <stdio.h>

#define RANDOM "page=64K ram=64K reverse=random"

/* What a reader reports in its later passes */
struct reported {
	uint64_t records, valid, invalid, sum;
};

static void add(struct reported *to, const unsigned char *buf, ssize_t n)
{
	struct htab_record record;
	size_t offset = 0;

	while (htab_record_next(buf, (size_t)n, &offset, &record) > 0) {
		to->records++;
		to->valid += record.n_valid;
		to->invalid += record.n_invalid;
		to->sum = to->sum * 31 + record.index;
	}
	assert_int_equal(offset, n);
}

static struct reported read_to_the_end(int htabfd)
{
	static unsigned char buf[1 << 16];
	struct reported reported = { 0 };
	ssize_t n;

	while ((n = htab_read(htabfd, buf, sizeof(buf))) > 0)
		add(&reported, buf, n);
	assert_int_equal(n, 0);
	return reported;
}

/* A reader whose first pass begins at the end of the table reports marks
 * only. */
static struct reported marks(int vmfd)
{
	const int htabfd = open_htab_from(vmfd, 0, UINT32_MAX);
	unsigned char byte[64];
	struct reported reported;

	assert_int_equal(htab_sim_read(htabfd, byte, sizeof(byte)), 0);
	reported = read_to_the_end(htabfd);
	close(htabfd);
	return reported;
}

static void a_new_table_has_marks(void **state)
{
	static const struct {
		const char *host;
		bool any;
	} hosts[] = {
		{ "linux=3.8", false },
		{ "reverse=zero", false },
		{ "reverse=random", true },
		{ "reverse=random linux=3.8", true },
		{ "reverse=random linux=4.3", true },
		{ "reverse=random cpu=power10", true },
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i].host);
		const int vmfd = a_vm_with_table(host, 20);
		const struct reported first = marks(vmfd);

		assert_int_equal(first.invalid > 0, hosts[i].any);
		assert_int_equal(first.valid, 0);
		/* The pass that reports the marks clears them. */
		assert_int_equal(marks(vmfd).records, 0);
		close(vmfd);
		close_host(host);
	}
}

static void a_first_pass_takes_all_of_them_away(void **state)
{
	struct htab_sim_host *host = a_host(RANDOM);
	const int vmfd = a_vm_with_table(host, 20);
	const int htabfd = htab_open(vmfd, 0);
	struct reported all;

	assert_true(htabfd >= 0);
	all = read_to_the_end(htabfd);
	assert_int_equal(all.valid, 0);
	assert_int_equal(all.invalid, 1 << 16);
	assert_int_equal(marks(vmfd).records, 0);
	close(htabfd);
	close(vmfd);
	close_host(host);
}

/* What an entry has had before is lost when it is written. */
static void a_written_entry_has_its_own_mark(void **state)
{
	struct htab_sim_host *host = a_host(RANDOM);
	const int vmfd = a_vm_with_table(host, 18);

	for (uint32_t i = 0; i < 1 << 14; i++)
		assert_result(put_entry(vmfd, i), 0);
	assert_int_equal(marks(vmfd).records, 0);
	close(vmfd);
	close_host(host);
}

/* The old marks stay if a table is only cleared, and another table has others.
 */
static void each_new_table_has_others(void **state)
{
	struct htab_sim_host *host = a_host(RANDOM);
	int vmfd = a_vm_with_table(host, 20);
	struct reported first, second;

	assert_result(allocate_order(vmfd, 20), 0);
	first = marks(vmfd);
	assert_true(first.invalid > 0);
	assert_result(allocate_order(vmfd, 20), 0);
	assert_int_equal(marks(vmfd).records, 0);
	assert_result(allocate_order(vmfd, 21), 0);
	assert_result(allocate_order(vmfd, 20), 0);
	second = marks(vmfd);
	assert_true(second.invalid > 0 && second.sum != first.sum);
	/* The table of a first run */
	close(vmfd);
	vmfd = a_vm(host);
	assert_result(run(vmfd), 0);
	assert_true(marks(vmfd).invalid > 0);
	close(vmfd);
	close_host(host);
}

static void a_resized_table_has_old_marks_and_its_entries(void **state)
{
	struct htab_sim_host *host = a_host("page=4K reverse=random");
	const int vmfd = a_vm_with_table(host, 24);
	int htabfd;
	struct reported later;

	assert_result(run(vmfd), 0);
	htabfd = htab_open(vmfd, 0);
	assert_int_equal(read_to_the_end(htabfd).valid, 4096);
	/* 4096 entries in 8192 groups: some of them have been marked. */
	assert_result(resize(vmfd, 20), 0);
	assert_int_equal(valid_entries(vmfd), 4096);
	assert_result(resize(vmfd, 25), 0);
	later = read_to_the_end(htabfd);
	assert_true(later.invalid > 0);
	assert_int_equal(later.valid, 0);
	close(htabfd);
	close(vmfd);
	close_host(host);
}

static void hosts_repeat_the_same_marks(void **state)
{
	struct reported first[2];

	for (int i = 0; i < 2; i++) {
		struct htab_sim_host *host = a_host(RANDOM);
		const int vmfd = a_vm_with_table(host, 20);

		first[i] = marks(vmfd);
		close(vmfd);
		close_host(host);
	}
	assert_memory_equal(&first[0], &first[1], sizeof(first[0]));
}

/* A table that moves to another VM has its entries, and no other reports. */
static void saving_and_restoring_do_not_mind(void **state)
{
	struct htab_sim_host *host = a_host(RANDOM);
	const int from = a_vm_with_table(host, 20);
	const int to = a_vm_with_table(host, 20);
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_result(run(from), 0);
	assert_result(put_entry(from, 100), 0);
	assert_result(htab_save(from, fileno(file)), 0);
	rewind(file);
	assert_result(htab_restore(to, fileno(file)), 0);
	assert_int_equal(valid_entries(to), valid_entries(from));
	fclose(file);
	close(to);
	close(from);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(a_new_table_has_marks),
		SIM_TEST(a_first_pass_takes_all_of_them_away),
		SIM_TEST(a_written_entry_has_its_own_mark),
		SIM_TEST(each_new_table_has_others),
		SIM_TEST(a_resized_table_has_old_marks_and_its_entries),
		SIM_TEST(hosts_repeat_the_same_marks),
		SIM_TEST(saving_and_restoring_do_not_mind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
