/* SPDX-License-Identifier: MIT */
/* How many pages of real mode a table maps, and of which size
 * (docs/kernels.md, "The first run and real mode"), for memory that no host of
 * a test has. This program is linked with the model alone. */
#include "../unit/unit.h"

#include "model/model.h"

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define TIB(n) ((uint64_t)(n) << 40)

static const uint64_t page_sizes[] = { KIB(4), KIB(64), MIB(16) };

static uint64_t groups_of(uint32_t order)
{
	return UINT64_C(1) << (order - 7);
}

static void more_than_1_tib_is_not_mapped(void **state)
{
	static const uint64_t rams[] = { TIB(1), TIB(1) + MIB(16), TIB(2),
					 TIB(64) };

	for (size_t i = 0; i < sizeof(page_sizes) / sizeof(*page_sizes); i++)
		for (size_t j = 0; j < sizeof(rams) / sizeof(*rams); j++)
			assert_int_equal(htab_model_vrma_pages(rams[j],
							       page_sizes[i],
							       groups_of(46)),
					 TIB(1) / page_sizes[i]);
}

static void up_to_1_tib_all_is_mapped(void **state)
{
	for (size_t i = 0; i < sizeof(page_sizes) / sizeof(*page_sizes); i++) {
		const uint64_t page = page_sizes[i];

		assert_int_equal(htab_model_vrma_pages(TIB(1) - page, page,
						       groups_of(46)),
				 TIB(1) / page - 1);
		assert_int_equal(
			htab_model_vrma_pages(page, page, groups_of(46)), 1);
	}
}

/* A small table maps less than 1 TiB. */
static void not_more_than_one_page_for_each_group_is_mapped(void **state)
{
	static const struct {
		uint64_t page;
		uint32_t order;
		uint64_t pages;
	} cases[] = {
		/* 1 TiB is 2^28, 2^24 or 2^16 pages. */
		{ KIB(4), 34, UINT64_C(1) << 27 },
		{ KIB(4), 35, UINT64_C(1) << 28 },
		{ KIB(4), 36, UINT64_C(1) << 28 },
		{ KIB(64), 30, UINT64_C(1) << 23 },
		{ KIB(64), 31, UINT64_C(1) << 24 },
		{ KIB(64), 32, UINT64_C(1) << 24 },
		{ MIB(16), 22, UINT64_C(1) << 15 },
		{ MIB(16), 23, UINT64_C(1) << 16 },
		{ MIB(16), 24, UINT64_C(1) << 16 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(
			htab_model_vrma_pages(TIB(2), cases[i].page,
					      groups_of(cases[i].order)),
			cases[i].pages);
}

static void a_part_of_a_page_is_not_mapped(void **state)
{
	assert_int_equal(htab_model_vrma_pages(MIB(17), MIB(16), 1 << 11), 1);
	assert_int_equal(htab_model_vrma_pages(KIB(60), KIB(64), 1 << 11), 0);
	assert_int_equal(htab_model_vrma_pages(0, KIB(4), 1 << 11), 0);
}

/* Runs a vcpu of a VM whose slot of 32M at guest address 0 is backed by pages
 * of that size. Returns the number of entries, or the error, and sets *first to
 * an entry. */
static long first_run(uint64_t page, uint64_t address, struct hpte *first)
{
	struct kernel kernel = { .vms = NULL };
	const struct uapi_kvm_userspace_memory_region region = {
		.memory_size = MIB(32), .userspace_addr = MIB(64)
	};
	struct op op = { .backing = { .in_process = true,
				      .address = address,
				      .page = page } };
	const struct hpte *entry;
	long result, count = 0;
	char why[80];

	assert_int_equal(
		htab_model_config_parse(&kernel.config, "", why, sizeof(why)),
		0);
	pthread_mutex_init(&kernel.lock, NULL);
	htab_model_boot(&kernel);
	assert_int_equal(htab_model_vm_make(&kernel, 3, &op.vm), 0);
	assert_int_equal(htab_model_set_region(op.vm, &region), 0);
	result = htab_model_enter(&op);
	entry = htab_model_table_next(&op.vm->table, 0);
	if (entry)
		*first = *entry;
	for (; entry; count++)
		entry = htab_model_table_next(&op.vm->table, entry->index + 1);
	if (result == 0)
		assert_int_equal(htab_model_leave(&op), 0);
	htab_model_vm_put(op.vm);
	htab_model_halt(&kernel);
	return result < 0 ? result : count;
}

static void real_mode_has_the_pages_of_its_memory(void **state)
{
	static const struct {
		uint64_t backing;
		long entries;
		uint64_t large, encoding;
	} cases[] = {
		{ KIB(4), 8192, 0, 0 },
		{ KIB(64), 512, HPTE_LARGE, 0x1000 },
		{ MIB(2), 512, HPTE_LARGE, 0x1000 },
		{ MIB(16), 2, HPTE_LARGE, 0 },
		{ MIB(1024), 2, HPTE_LARGE, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct hpte entry;

		assert_int_equal(first_run(cases[i].backing, MIB(64), &entry),
				 cases[i].entries);
		assert_int_equal(entry.v & HPTE_LARGE, cases[i].large);
		/* Without LARGE these bits are a part of the address. */
		if (cases[i].large)
			assert_int_equal(entry.r & 0xf000, cases[i].encoding);
	}
}

static void real_mode_needs_a_known_mapping(void **state)
{
	struct hpte none;

	/* Nothing is mapped there. */
	assert_int_equal(first_run(0, MIB(64), &none), -EINVAL);
	/* The caller has looked somewhere else. */
	assert_int_equal(first_run(KIB(4), MIB(65), &none), -EAGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_than_1_tib_is_not_mapped),
		cmocka_unit_test(up_to_1_tib_all_is_mapped),
		cmocka_unit_test(
			not_more_than_one_page_for_each_group_is_mapped),
		cmocka_unit_test(a_part_of_a_page_is_not_mapped),
		cmocka_unit_test(real_mode_has_the_pages_of_its_memory),
		cmocka_unit_test(real_mode_needs_a_known_mapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
