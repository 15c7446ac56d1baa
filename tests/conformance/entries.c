/* SPDX-License-Identifier: MIT */
/* htab_get_hptes() and htab_put_hptes() */
#include "conformance.h"

static const struct htab_hpte entry = { .v = 0x12340011, .r = 0x190 };

static void put_entries_are_those_that_get_reads(void)
{
	struct htab_hpte in[4] = { entry, { 0 }, entry, entry }, out[4];
	int vmfd = a_vm_with_table(SMALL);

	write_entry(vmfd, 101);
	assert_result(htab_put_hptes(vmfd, 100, in, 4), 0);
	assert_result(htab_get_hptes(vmfd, 100, out, 4), 0);
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(contents_of(vmfd).valid, 3);
}

/* More than one record holds, and more than one read returns */
static void many_entries(void)
{
	enum { MANY = 1000 };
	static struct htab_hpte in[MANY], out[MANY];
	int vmfd = a_vm_with_table(SMALL);

	for (size_t i = 0; i < MANY; i++)
		in[i] = i % 300 == 299 ? (struct htab_hpte){ 0 } : entry;
	assert_result(htab_put_hptes(vmfd, 5, in, MANY), 0);
	assert_result(htab_get_hptes(vmfd, 5, out, MANY), 0);
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(contents_of(vmfd).valid, MANY - 3);
}

static void entries_at_the_ends_of_the_table(void)
{
	static const uint32_t ends[] = { 0, SMALL_ENTRIES - 1 };
	int vmfd = a_vm_with_table(SMALL);
	struct htab_hpte two[2] = { entry, entry }, out;

	for (size_t i = 0; i < 2; i++) {
		assert_result(htab_put_hptes(vmfd, ends[i], &entry, 1), 0);
		assert_result(htab_get_hptes(vmfd, ends[i], &out, 1), 0);
		assert_memory_equal(&out, &entry, sizeof(out));
	}
	assert_result(htab_put_hptes(vmfd, SMALL_ENTRIES - 1, two, 2), -ERANGE);
	assert_result(htab_get_hptes(vmfd, SMALL_ENTRIES - 1, two, 2), -ERANGE);
	assert_result(htab_get_hptes(vmfd, SMALL_ENTRIES, &out, 1), -ERANGE);
	assert_result(htab_get_hptes(vmfd, UINT32_MAX, two, 2), -ERANGE);
	assert_int_equal(contents_of(vmfd).valid, 2);
}

static void sizes_of_pages_are_what_was_written(void)
{
	static const unsigned int shifts[GUEST_PAGES] = { 12, 16, 24 };
	int vmfd = a_vm_with_table(SMALL);
	struct htab_hpte hpte;
	uint64_t real;

	for (uint32_t i = 0; i < GUEST_PAGES; i++) {
		write_entry_of(vmfd, 3 * i, (enum guest_page)i);
		assert_result(htab_get_hptes(vmfd, 3 * i, &hpte, 1), 0);
		assert_int_equal(htab_hpte_page_shift(&hpte), shifts[i]);
		assert_int_equal(htab_hpte_base_shift(&hpte), shifts[i]);
		assert_int_equal(htab_hpte_segment_shift(&hpte), 28);
		assert_result(htab_hpte_real(&hpte, &real), 0);
		assert_true(real == UINT64_C(1) << 36);
	}
}

/* The kernel knows no such page size (LP 2). Since Linux 4.15 it refuses that
 * as an argument, and before when it enters the page. */
static void entry_that_the_kernel_refuses(void)
{
	const struct htab_hpte unknown = { .v = entry.v | HTAB_V_LARGE,
					   .r = UINT64_C(1) << 36 | 0x2190 };
	struct htab_hpte in[3] = { entry, unknown, entry }, out[3];
	int vmfd = a_vm_with_table(SMALL);

	write_entry(vmfd, 42);
	assert_result(htab_put_hptes(vmfd, 40, in, 3),
		      host.linux_version >= V(4, 15) ? -EINVAL : -EIO);
	assert_result(htab_get_hptes(vmfd, 40, out, 3), 0);
	assert_memory_equal(&out[0], &entry, sizeof(entry));
	assert_int_equal(out[1].v, 0);
	assert_memory_equal(&out[2], &entry, sizeof(entry));
}

static void entries_of_a_running_vm_can_only_be_read(void)
{
	int vmfd = a_vm_with_table(SMALL);
	struct vcpu *vcpu = a_vcpu(vmfd);
	struct htab_hpte out[2];

	vcpu_start(vcpu);
	vcpu_change_table(vcpu, 3);
	assert_result(htab_put_hptes(vmfd, 100, &entry, 1), -EBUSY);
	assert_result(htab_get_hptes(vmfd, 16, out, 2), 0);
	assert_int_equal(out[0].v, entry.v);
	assert_int_equal(out[1].v, entry.v);
	assert_result(htab_get_hptes(vmfd, 8, out, 2), 0);
	assert_int_equal(out[0].v, entry.v);
	assert_int_equal(out[1].v, 0);
	assert_result(htab_get_hptes(vmfd, SMALL_ENTRIES, out, 1), -ERANGE);
	vcpu_stop(vcpu);
	assert_result(htab_get_hptes(vmfd, 100, out, 1), 0);
	assert_int_equal(out[0].v, 0);
}

CASES(entries,
      {
	      CASE(put_entries_are_those_that_get_reads, HASH_GUESTS, V(4, 0),
		   0),
	      CASE(many_entries, HASH_GUESTS, V(4, 0), 0),
	      CASE(entries_at_the_ends_of_the_table, HASH_GUESTS, V(4, 0), 0),
	      CASE(sizes_of_pages_are_what_was_written, HASH_GUESTS, V(4, 0),
		   0),
	      CASE(entry_that_the_kernel_refuses, HASH_GUESTS, V(4, 0), 0),
	      CASE(entries_of_a_running_vm_can_only_be_read, HASH_RUNS, V(4, 0),
		   0),
      });
