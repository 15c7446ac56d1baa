/* SPDX-License-Identifier: MIT */
/* Prints records, and notes what they do to a VM that gets them. */
#include "differential.h"

#include <endian.h>
#include <string.h>

/* How many records and entries are printed in full */
enum { PRINTED = 5 };

struct summary {
	unsigned int records, entries;
	uint64_t valid, invalid, sum;
};

uint64_t mix(uint64_t sum, uint64_t value)
{
	sum = (sum ^ value) * UINT64_C(0x100000001b3);
	return sum ^ sum >> 29;
}

static void say_entry(struct summary *summary, const char *at)
{
	uint64_t dword[2];

	memcpy(dword, at, sizeof(dword));
	summary->sum = mix(summary->sum, be64toh(dword[0]));
	summary->sum = mix(summary->sum, be64toh(dword[1]));
	if (summary->entries++ < PRINTED)
		say(" %llx:%llx", (unsigned long long)be64toh(dword[0]),
		    (unsigned long long)be64toh(dword[1]));
}

/* Returns the start of the next record. */
static const char *say_record(struct summary *summary, const char *at)
{
	struct uapi_kvm_get_htab_header record;

	memcpy(&record, at, sizeof(record));
	at += sizeof(record);
	summary->valid += record.n_valid;
	summary->invalid += record.n_invalid;
	summary->sum = mix(summary->sum, record.index);
	summary->sum = mix(summary->sum,
			   (uint64_t)record.n_valid << 16 | record.n_invalid);
	if (summary->records++ < PRINTED)
		say(" {%u %u %u}", record.index, record.n_valid,
		    record.n_invalid);
	for (unsigned int i = 0; i < record.n_valid; i++, at += UAPI_HPTE_SIZE)
		say_entry(summary, at);
	return at;
}

void say_records(const char *records, ssize_t n)
{
	struct summary summary = { 0 };
	const char *at = records;

	while (at < records + n)
		at = say_record(&summary, at);
	say(" sum %u %llu %llu %llx", summary.records,
	    (unsigned long long)summary.valid,
	    (unsigned long long)summary.invalid,
	    (unsigned long long)summary.sum);
}

static bool is_vrma(uint64_t v)
{
	return (v & ~UINT64_C(0xffffff)) == UINT64_C(0x4001ffffff000000);
}

void note_records(struct burden *burden, uint32_t table_order,
		  const void *records, size_t len)
{
	struct htab_record record;
	struct htab_hpte hpte;
	size_t offset = 0;

	while (htab_record_next(records, len, &offset, &record) > 0) {
		burden->touches_vital |=
			covers_vital(table_order, record.index, record.n_valid);
		for (uint32_t i = 0; i < record.n_valid; i++)
			if (htab_record_hpte(&record, i, &hpte) == 0)
				burden->has_vrma |= is_vrma(hpte.v);
	}
}

void note_burden(struct a_vm *vm, const struct burden *burden)
{
	if (vm->radix || !vm->has_table)
		return;
	vm->vcpu_unmapped |= burden->touches_vital;
	/* KVM may now take this for a table that was migrated. */
	if (burden->has_vrma && !vm->ready)
		vm->ready = vm->vcpu_unmapped = true;
}
