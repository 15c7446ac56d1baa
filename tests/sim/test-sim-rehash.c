/* SPDX-License-Identifier: MIT */
/* Which entries COMMIT moves to the new table, and to which index
 * (docs/kernels.md, "Resizing") */
#include "model.h"

static struct htab_sim_host *host;
static int vmfd;

static void begin(const char *description, uint32_t order)
{
	host = a_host(description);
	vmfd = a_vm_with_table(host, order);
	assert_result(run(vmfd), 0);
}

static void end(void)
{
	close(vmfd);
	close_host(host);
}

static void only_bolted_entries_are_carried_over(void **state)
{
	begin("page=64K", 24);
	assert_result(put_hpte(vmfd, 0, A_HPTE_V & ~HPTE_IS_BOLTED, A_HPTE_R),
		      0);
	assert_int_equal(valid_entries(vmfd), 257);
	assert_result(resize(vmfd, 24), 0);
	assert_int_equal(valid_entries(vmfd), 256);
	end();
}

/* A table of order 18 has 2048 groups, and the VRMA of 4K pages has 4096
 * entries. */
static void a_collision_is_enospc_and_keeps_the_old_table(void **state)
{
	uint64_t before;

	begin("page=4K", 24);
	before = htab_sim_free_memory(host, HTAB_SIM_CMA);
	assert_result(put_hpte(vmfd, 0, A_HPTE_V & ~HPTE_IS_BOLTED, A_HPTE_R),
		      0);
	assert_result(resize(vmfd, 18), -ENOSPC);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), before);
	assert_order(vmfd, 24);
	assert_int_equal(valid_entries(vmfd), 4097);
	assert_result(commit(vmfd, 18), -ENXIO);
	end();
}

static void on_power9_before_4_16_commit_is_eio_and_discards(void **state)
{
	static const struct {
		const char *host;
		int result;
	} hosts[] = {
		{ "linux=4.11 cpu=power9 mmu=hash", -EIO },
		{ "linux=4.15 cpu=power9-dd2.0 mmu=hash", -EIO },
		{ "linux=4.16 cpu=power9 mmu=hash", 0 },
		{ "linux=4.11 cpu=power8", 0 },
		{ "linux=4.15 cpu=power7", 0 },
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		begin(hosts[i].host, 24);
		assert_result(resize(vmfd, 25), hosts[i].result);
		assert_order(vmfd, hosts[i].result ? 24 : 25);
		assert_result(prepare(vmfd, 0), 0);
		end();
	}
}

/* The marks of bolted entries move to the new table. The other entries are lost
 * with their marks, so a reader does not learn that they are gone. */
static void marks_are_carried_over_with_their_entries(void **state)
{
	struct record record;
	int htabfd;

	begin("page=64K", 24);
	htabfd = open_htab(vmfd, 0);
	count_valid(htabfd);
	assert_result(put_hpte(vmfd, 0, A_HPTE_V & ~HPTE_IS_BOLTED, A_HPTE_R),
		      0);
	assert_result(put_entry(vmfd, 1), 0);
	assert_result(put_invalid(vmfd, 7, 1), 0);
	assert_result(resize(vmfd, 20), 0);
	assert_int_equal(read_record(htabfd, &record, 64), 24);
	assert_int_equal(record.header.index % 8, 1);
	assert_int_equal(read_record(htabfd, &record, 64), 0);
	close(htabfd);
	end();
}

/* A page, and what the guest's hash of it depends on */
struct page {
	bool is_1tb, secondary;
	unsigned int shift; /* of the page */
	uint64_t vsid, offset;
};

static uint32_t page_index(const struct page *page, uint32_t order)
{
	const uint64_t groups = UINT64_C(1) << (order - 7);
	uint64_t hash = page->vsid ^ page->offset >> page->shift;

	if (page->is_1tb)
		hash ^= page->vsid << 25;
	if (page->secondary)
		hash = ~hash;
	return (uint32_t)((hash & (groups - 1)) * 8 + 3);
}

static void put_page(const struct page *page)
{
	const uint64_t va = page->vsid << (page->is_1tb ? 40 : 28) |
			    page->offset;
	const uint64_t v = (page->is_1tb ? UINT64_C(1) << 62 : 0) |
			   va >> 23 << 7 | HPTE_IS_BOLTED | 1 |
			   (page->shift > 12 ? 4 : 0) |
			   (page->secondary ? 2 : 0);
	const uint64_t r = A_HPTE_R | UINT64_C(1) << 40 |
			   (page->shift == 16 ? 0x1000 : 0);

	assert_result(put_hpte(vmfd, page_index(page, 20), v, r), 0);
}

static void bolted_entries_go_where_their_hash_says(void **state)
{
	static const struct page pages[] = {
		{ false, false, 12, 0x123456, 0x0abcd000 },
		{ false, true, 12, 0x123456, 0x0abcd000 },
		{ true, false, 12, 0x654321, UINT64_C(0x5a12345000) },
		{ true, true, 12, 0x654321, UINT64_C(0x5a12345000) },
		{ false, false, 16, 0x123457, 0x05670000 },
		{ true, true, 16, 0x123457, UINT64_C(0x9876540000) },
		{ false, false, 24, 0x1234ff, 0x0d000000 },
		{ true, false, 24, 0x1234fe, UINT64_C(0x7654000000) },
	};
	/* A segment of 1 TiB changes the hash from bit 25 on, which only a
	 * table above order 32 shows. */
	static const uint32_t orders[] = { 18, 22, 36 };

	for (size_t i = 0; i < COUNT_OF(pages); i++) {
		for (size_t j = 0; j < COUNT_OF(orders); j++) {
			struct entry before;
			struct entry after;

			begin("page=64K ram=64K cma=1T memory=1T", 20);
			put_page(&pages[i]);
			before = entry_at(vmfd, page_index(&pages[i], 20));
			assert_result(resize(vmfd, orders[j]), 0);
			assert_int_equal(valid_entries(vmfd), 2);
			after = entry_at(vmfd,
					 page_index(&pages[i], orders[j]));
			assert_int_equal(after.v, before.v);
			assert_int_equal(after.r, before.r);
			end();
		}
	}
}

/* The page number in the entry has bit 23 of the address set, which is within
 * the page of 16M. The hash must ignore this bit. */
static void the_low_bits_of_a_large_page_do_not_count(void **state)
{
	static const struct page page = { false, false, 24, 0x77, 0x0d000000 };
	const uint64_t v = UINT64_C(0x77) << 12 | (0x0d800000 >> 23) << 7 |
			   HPTE_IS_BOLTED | 5;

	begin("page=64K ram=64K", 20);
	assert_result(
		put_hpte(vmfd, page_index(&page, 20), v, UINT64_C(1) << 40), 0);
	assert_result(resize(vmfd, 22), 0);
	assert_int_equal(entry_at(vmfd, page_index(&page, 22)).v,
			 v | HPTE_LOCKED);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(only_bolted_entries_are_carried_over),
		SIM_TEST(a_collision_is_enospc_and_keeps_the_old_table),
		SIM_TEST(on_power9_before_4_16_commit_is_eio_and_discards),
		SIM_TEST(marks_are_carried_over_with_their_entries),
		SIM_TEST(bolted_entries_go_where_their_hash_says),
		SIM_TEST(the_low_bits_of_a_large_page_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
