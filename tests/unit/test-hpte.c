/* SPDX-License-Identifier: MIT */
#include "records.h"
#include "unit.h"

#define UNTOUCHED UINT64_C(0xdeadbeefdeadbeef)

/* docs/kernels.md, "Entries", has this table. */
static void page_sizes_have_the_kernels_encodings(void **state)
{
	static const struct {
		uint64_t v, r;
		unsigned int base, page;
	} rows[] = {
		{ 0, 0, 12, 12 },
		{ 0, 0xff000, 12, 12 },
		{ HTAB_V_LARGE, 0, 24, 24 },
		{ HTAB_V_LARGE, 0x10000, 0, 0 },
		{ HTAB_V_LARGE, 0x1000, 16, 16 },
		{ HTAB_V_LARGE, 0xf1000, 16, 16 },
		{ HTAB_V_LARGE, 0x3000, 34, 34 },
		{ HTAB_V_LARGE, 0x13000, 0, 0 },
		{ HTAB_V_LARGE, 0x7000, 12, 16 },
		{ HTAB_V_LARGE, 0x57000, 12, 16 },
		{ HTAB_V_LARGE, 0x8000, 16, 24 },
		{ HTAB_V_LARGE, 0x38000, 12, 24 },
		{ HTAB_V_LARGE, 0x18000, 0, 0 },
		{ HTAB_V_LARGE, 0x2000, 0, 0 },
		{ HTAB_V_LARGE, 0xf000, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* Other bits play no role. */
		const struct htab_hpte hpte = { rows[i].v | 0x40000000000000f3,
						rows[i].r |
							0xf0000000123001ff };

		assert_int_equal(htab_hpte_base_shift(&hpte), rows[i].base);
		assert_int_equal(htab_hpte_page_shift(&hpte), rows[i].page);
	}
	assert_int_equal(htab_hpte_base_shift(NULL), 0);
	assert_int_equal(htab_hpte_page_shift(NULL), 0);
}

/* The entries with which KVM maps real mode at 64K and at 4K */
static void real_address_is_that_of_the_page(void **state)
{
	static const struct {
		struct htab_hpte hpte;
		uint64_t real;
	} rows[] = {
		{ { 0x4001ffffff000015, 0x1190 | 0x50000 }, 0x50000 },
		{ { 0x4001ffffff000011, 0x190 | 0x57000 }, 0x57000 },
		{ { HTAB_V_LARGE, 0x0fffffffff000000 }, 0x0fffffffff000000 },
		{ { HTAB_V_LARGE, 0x0000001bff038000 }, 0x1bff000000 },
		{ { HTAB_V_LARGE, 0x0000001c12303000 }, 0x1c00000000 },
		/* PP0, the reserved bit and the key's high bits */
		{ { 0, 0xf000000000012fff }, 0x12000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t real = UNTOUCHED;

		assert_result(htab_hpte_real(&rows[i].hpte, &real), 0);
		assert_int_equal(real, rows[i].real);
	}
}

static void unknown_page_size_has_no_addresses(void **state)
{
	const struct htab_hpte unknown = { HTAB_V_LARGE, 0x2000 }, good = { 0 };
	uint64_t out = UNTOUCHED;

	assert_result(htab_hpte_real(&unknown, &out), -EINVAL);
	assert_result(htab_hpte_avpn(&unknown, &out), -EINVAL);
	assert_result(htab_hpte_real(NULL, &out), -EINVAL);
	assert_result(htab_hpte_avpn(NULL, &out), -EINVAL);
	assert_int_equal(out, UNTOUCHED);
	assert_result(htab_hpte_real(&good, NULL), -EINVAL);
	assert_result(htab_hpte_avpn(&good, NULL), -EINVAL);
}

static void segments_are_256_mib_or_1_tib(void **state)
{
	struct htab_hpte hpte = { .v = HTAB_V_VALID };

	assert_int_equal(htab_hpte_segment_shift(&hpte), 28);
	hpte.v |= HTAB_V_1TB;
	assert_int_equal(htab_hpte_segment_shift(&hpte), 40);
	hpte.v = UINT64_C(0x8000000000000000);
	assert_int_equal(htab_hpte_segment_shift(&hpte), 0);
	hpte.v = UINT64_C(0xc000000000000000);
	assert_int_equal(htab_hpte_segment_shift(&hpte), 0);
	assert_int_equal(htab_hpte_segment_shift(NULL), 0);
}

static void avpn_is_the_virtual_address_without_23_bits(void **state)
{
	struct htab_hpte hpte = { 0x4001ffffff000015, 0x1000 };
	uint64_t avpn;

	/* The VRMA is segment 0x1ffffff of 1 TiB. */
	assert_result(htab_hpte_avpn(&hpte, &avpn), 0);
	assert_int_equal(avpn >> (40 - 23), 0x1ffffff);
	hpte.v = UINT64_C(0x7fffffffffffffff) & ~HTAB_V_LARGE;
	assert_result(htab_hpte_avpn(&hpte, &avpn), 0);
	assert_int_equal(avpn, UINT64_C(0x7fffffffffffff));
	/* A page of 16M has one bit less, a page of 16G eleven. */
	hpte.v |= HTAB_V_LARGE;
	hpte.r = 0;
	assert_result(htab_hpte_avpn(&hpte, &avpn), 0);
	assert_int_equal(avpn, UINT64_C(0x7ffffffffffffe));
	hpte.r = 0x3000;
	assert_result(htab_hpte_avpn(&hpte, &avpn), 0);
	assert_int_equal(avpn, UINT64_C(0x7ffffffffff800));
}

/* 0x40 and 0x20 are the host's. */
static void record_gives_entries_in_host_byte_order(void **state)
{
	static const unsigned char entries[32] = {
		0x40, 0x01, 0xff, 0xff, 0xff, 0,    0,	  0x71,	    0,
		0,    0,    0,	  0x12, 0,    0x01, 0x90, [23] = 1, [31] = 2,
	};
	const struct htab_record record = { 5, 2, 3, entries };
	struct htab_hpte hpte;

	assert_result(htab_record_hpte(&record, 0, &hpte), 0);
	assert_int_equal(hpte.v, UINT64_C(0x4001ffffff000011));
	assert_int_equal(hpte.r, 0x12000190);
	assert_result(htab_record_hpte(&record, 1, &hpte), 0);
	assert_int_equal(hpte.v, 1);
	assert_int_equal(hpte.r, 2);
	for (uint32_t i = 2; i < 5; i++) {
		hpte.v = hpte.r = UNTOUCHED;
		assert_result(htab_record_hpte(&record, i, &hpte), 0);
		assert_int_equal(hpte.v, 0);
		assert_int_equal(hpte.r, 0);
	}
	assert_result(htab_record_hpte(&record, 5, &hpte), -ERANGE);
	assert_result(htab_record_hpte(&record, UINT32_MAX, &hpte), -ERANGE);
}

static void record_hpte_without_its_arguments_is_einval(void **state)
{
	struct htab_record record = { .n_valid = 1 };
	struct htab_hpte hpte;

	assert_result(htab_record_hpte(NULL, 0, &hpte), -EINVAL);
	assert_result(htab_record_hpte(&record, 0, NULL), -EINVAL);
	assert_result(htab_record_hpte(&record, 0, &hpte), -EINVAL);
	record = (struct htab_record){ .n_invalid = 1 };
	assert_result(htab_record_hpte(&record, 0, &hpte), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_sizes_have_the_kernels_encodings),
		cmocka_unit_test(real_address_is_that_of_the_page),
		cmocka_unit_test(unknown_page_size_has_no_addresses),
		cmocka_unit_test(segments_are_256_mib_or_1_tib),
		cmocka_unit_test(avpn_is_the_virtual_address_without_23_bits),
		cmocka_unit_test(record_gives_entries_in_host_byte_order),
		cmocka_unit_test(record_hpte_without_its_arguments_is_einval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
