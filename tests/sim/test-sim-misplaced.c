/* SPDX-License-Identifier: MIT */
/* Hazards 12 and 13: COMMIT meets bolted entries where they do not belong
 * (docs/kernels.md, "Misplaced bolted entries" and "Colliding bolted
 * entries"). */
#include "model.h"

#include <stdio.h>

enum { ORDER = 20, GROUPS = 1 << (ORDER - 7) };

/* A bolted 4K page in segment 0x77, at offset 0x3000 */
#define SEGMENT	    UINT64_C(0x77)
#define PAGE	    3
#define PAGE_V	    (SEGMENT << 12 | HPTE_IS_BOLTED | 1)
#define SECONDARY   UINT64_C(2)
/* A bolted page of 16M in the same segment. The number of such a page is whole
 * in its entry, so the group says nothing about its hash. */
#define LARGE_V	    (PAGE_V | 4)
#define OUTSIDE_16M (UINT64_C(1) << 40)

static struct hazards hazards;
static struct htab_sim_host *host;
static int vmfd;

static void begin(const char *linux_version, const char *rest)
{
	char description[128];

	snprintf(description, sizeof(description), "page=64K ram=64K %s %s",
		 linux_version, rest);
	host = a_host(description);
	watch_hazards(host, &hazards);
	vmfd = a_vm_with_table(host, ORDER);
	assert_result(run(vmfd), 0);
}

static void end(void)
{
	close(vmfd);
	close_host(host);
	assert_hazard(&hazards, 0);
}

/* The index of slot 2 of the group where a hash belongs */
static uint32_t index_of(uint64_t hash)
{
	return (uint32_t)(hash % GROUPS * 8 + 2);
}

/* After the hazard the VM has what it had, and nothing is prepared. */
static void assert_refused(uint32_t order, int hazard)
{
	const uint64_t before = htab_sim_free_memory(host, HTAB_SIM_PAGES);
	const uint64_t valid = valid_entries(vmfd);

	assert_result(resize(vmfd, order), -EIO);
	assert_hazard(&hazards, hazard);
	assert_order(vmfd, ORDER);
	assert_int_equal(valid_entries(vmfd), valid);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_PAGES), before);
}

static void hazard_12_is_a_bolted_entry_in_its_secondary_group(void **state)
{
	static const struct {
		const char *linux_version;
		int hazard;
	} hosts[] = {
		{ "linux=4.11", 12 }, { "linux=4.14", 12 },
		{ "linux=4.15", 12 }, { "linux=4.16", 0 },
		{ "linux=6.12", 0 },
	};
	const uint32_t index = index_of(~(SEGMENT ^ PAGE));

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		begin(hosts[i].linux_version, "");
		assert_result(
			put_hpte(vmfd, index, PAGE_V | SECONDARY, OUTSIDE_16M),
			0);
		if (hosts[i].hazard)
			assert_refused(22, 12);
		else
			assert_result(resize(vmfd, 22), 0);
		end();
	}
}

/* The kernel would write far outside of the new table. */
static void hazard_12_is_a_secondary_entry_in_its_primary_group(void **state)
{
	begin("linux=4.15", "");
	assert_result(put_hpte(vmfd, index_of(SEGMENT), LARGE_V | SECONDARY,
			       OUTSIDE_16M),
		      0);
	assert_refused(22, 12);
	end();
}

static void hazard_12_is_a_bolted_entry_in_a_wrong_group(void **state)
{
	begin("linux=4.15", "");
	assert_result(
		put_hpte(vmfd, index_of(SEGMENT + 1), LARGE_V, OUTSIDE_16M), 0);
	assert_refused(22, 12);
	end();
	/* Later kernels put it where it belongs. */
	begin("linux=4.16", "");
	assert_result(
		put_hpte(vmfd, index_of(SEGMENT + 1), LARGE_V, OUTSIDE_16M), 0);
	assert_result(resize(vmfd, ORDER), 0);
	assert_int_equal(entry_at(vmfd, index_of(SEGMENT)).r, OUTSIDE_16M);
	end();
}

/* Of a small page the missing bits of the hash come from the group, so that
 * only bits above these can be wrong. */
static void a_small_page_is_where_its_group_says(void **state)
{
	begin("linux=4.15", "");
	assert_result(
		put_hpte(vmfd, index_of(SEGMENT ^ PAGE), PAGE_V, OUTSIDE_16M),
		0);
	assert_result(put_hpte(vmfd, index_of(SEGMENT ^ PAGE ^ 1), PAGE_V,
			       OUTSIDE_16M),
		      0);
	assert_result(resize(vmfd, 22), 0);
	assert_hazard(&hazards, 0);
	/* Bit 23 of the address is set, and the group says otherwise. */
	assert_result(resize(vmfd, ORDER), 0);
	assert_result(
		put_hpte(vmfd, index_of(SEGMENT), PAGE_V | 1 << 7, OUTSIDE_16M),
		0);
	assert_refused(22, 12);
	end();
}

static void entries_that_are_not_bolted_may_be_anywhere(void **state)
{
	begin("linux=4.15", "");
	assert_result(put_hpte(vmfd, index_of(SEGMENT + 1),
			       LARGE_V & ~HPTE_IS_BOLTED, OUTSIDE_16M),
		      0);
	assert_result(put_hpte(vmfd, index_of(SEGMENT),
			       (PAGE_V | SECONDARY) & ~HPTE_IS_BOLTED,
			       OUTSIDE_16M),
		      0);
	assert_result(resize(vmfd, 22), 0);
	assert_hazard(&hazards, 0);
	assert_int_equal(valid_entries(vmfd), 1);
	end();
}

static void put_two_in_one_place(void)
{
	assert_result(put_hpte(vmfd, index_of(SEGMENT), LARGE_V, OUTSIDE_16M),
		      0);
	assert_result(
		put_hpte(vmfd, index_of(SEGMENT + 1), LARGE_V, OUTSIDE_16M), 0);
}

static void
hazard_13_is_a_collision_in_a_table_that_is_not_smaller(void **state)
{
	static const char *const hosts[] = { "linux=4.16", "linux=6.12",
					     "linux=7.2",
					     "linux=4.16 cpu=power9 mmu=hash" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		begin(hosts[i], "");
		put_two_in_one_place();
		assert_refused(ORDER, 13);
		assert_refused(22, 13);
		assert_result(resize(vmfd, 19), -ENOSPC);
		assert_hazard(&hazards, 0);
		assert_int_equal(valid_entries(vmfd), 3);
		end();
	}
}

/* COMMIT fails before it looks at entries. */
static void power9_before_4_16_does_not_get_there(void **state)
{
	begin("linux=4.15", "cpu=power9 mmu=hash");
	put_two_in_one_place();
	assert_result(resize(vmfd, 22), -EIO);
	assert_hazard(&hazards, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(hazard_12_is_a_bolted_entry_in_its_secondary_group),
		SIM_TEST(hazard_12_is_a_secondary_entry_in_its_primary_group),
		SIM_TEST(hazard_12_is_a_bolted_entry_in_a_wrong_group),
		SIM_TEST(a_small_page_is_where_its_group_says),
		SIM_TEST(entries_that_are_not_bolted_may_be_anywhere),
		SIM_TEST(
			hazard_13_is_a_collision_in_a_table_that_is_not_smaller),
		SIM_TEST(power9_before_4_16_does_not_get_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
