/* SPDX-License-Identifier: MIT */
/* htab_open(), htab_read() and htab_write() */
#include "conformance.h"

/* What one pass over a table has had */
struct pass {
	size_t reads;
	uint32_t valid, invalid;
};

/* As a VMM sends them to another host, and checks them there */
static void send(unsigned char *buf, size_t len)
{
	assert_result(htab_records_to_wire(buf, len), 0);
	assert_result(htab_records_from_wire(buf, len), 0);
	assert_result(htab_records_check(buf, len, SMALL), 0);
}

static void count(struct pass *pass, const unsigned char *buf, size_t len)
{
	struct htab_record record;
	size_t at = 0;
	int r;

	while ((r = htab_record_next(buf, len, &at, &record)) > 0) {
		const unsigned char *entries = record.entries;

		pass->valid += record.n_valid;
		pass->invalid += record.n_invalid;
		/* The kernel reports its lock bit 0x40 in each of them. */
		for (size_t i = 0; i < record.n_valid; i++)
			assert_int_equal(entries[16 * i + 7] & 0x60, 0);
	}
	assert_result(r, 0);
}

/* Reads until htab_read() returns 0, which it has to do soon, and writes to the
 * other VM. */
static struct pass pass_with(int reader, int writer, size_t size)
{
	static unsigned char buf[64 << 10];
	struct pass pass = { 0 };
	size_t done;
	ssize_t n;

	while ((n = htab_read(reader, buf, size)) > 0) {
		assert_true(++pass.reads < 1000);
		send(buf, (size_t)n);
		count(&pass, buf, (size_t)n);
		assert_result(htab_write(writer, buf, (size_t)n, &done), 0);
		assert_int_equal(done, n);
	}
	assert_result((int)n, 0);
	return pass;
}

static struct pass pass(int reader, int writer)
{
	return pass_with(reader, writer, 64 << 10);
}

static void later_passes_complete_a_stream(void)
{
	int from = a_filled_vm(), to = a_vm_with_table(SMALL);
	int reader = an_open_table(from, 0);
	int writer = an_open_table(to, HTAB_OPEN_WRITE);
	struct htab_hpte hole = { 0 };
	struct pass now;

	assert_int_equal(pass(reader, writer).valid, FILLED_ENTRIES);
	assert_int_equal(pass(reader, writer).reads, 0);
	write_entry(from, 3000);
	assert_result(htab_put_hptes(from, 9, &hole, 1), 0);
	now = pass(reader, writer);
	assert_int_equal(now.valid, 1);
	assert_int_equal(now.invalid, 1);
	assert_int_equal(pass(reader, writer).reads, 0);
	assert_equal_tables(from, to);
}

static void stream_in_the_smallest_reads(void)
{
	int from = a_vm_with_table(SMALL), to = a_vm_with_table(SMALL);
	int reader, writer;
	struct pass now;

	for (uint32_t i = 0; i < SMALL_ENTRIES; i += 30)
		write_entry(from, i);
	reader = an_open_table(from, 0);
	writer = an_open_table(to, HTAB_OPEN_WRITE);
	now = pass_with(reader, writer, HTAB_READ_MIN);
	assert_in_range(now.reads, 3, 100);
	assert_int_equal(now.valid, (SMALL_ENTRIES + 29) / 30);
	assert_int_equal(now.valid + now.invalid, SMALL_ENTRIES);
	assert_equal_tables(from, to);
}

static void records_are_written_one_by_one(void)
{
	static unsigned char buf[64 << 10];
	int from = a_filled_vm(), to = a_vm_with_table(SMALL);
	int reader = an_open_table(from, 0);
	int writer = an_open_table(to, HTAB_OPEN_WRITE);
	struct htab_record record;
	size_t at = 0;
	ssize_t n = htab_read(reader, buf, sizeof(buf));

	assert_true(n > 0);
	while (htab_record_next(buf, (size_t)n, &at, &record) > 0)
		assert_result(htab_write_record(writer, &record), 0);
	assert_int_equal(htab_read(reader, buf, sizeof(buf)), 0);
	assert_equal_tables(from, to);
}

static void a_stream_of_bolted_entries_has_no_others(void)
{
	const struct htab_hpte weak = { 0x12340001, 0x190 };
	int from = a_filled_vm(), to = a_vm_with_table(SMALL);

	assert_result(htab_put_hptes(from, 4, &weak, 1), 0);
	pass(an_open_table(from, HTAB_OPEN_BOLTED),
	     an_open_table(to, HTAB_OPEN_WRITE));
	assert_int_equal(contents_of(from).valid, FILLED_ENTRIES + 1);
	assert_int_equal(contents_of(to).valid, FILLED_ENTRIES);
}

/* The guest changes its table while it is read. What the kernel maps for real
 * mode is the same in the first pass and does not change. */
static void stream_of_a_running_guest(void)
{
	int from = a_vm_with_table(SMALL), to = a_vm_with_table(SMALL);
	struct vcpu *vcpu = a_vcpu(from);
	int reader, writer = an_open_table(to, HTAB_OPEN_WRITE);
	struct pass first, now;

	vcpu_start(vcpu);
	reader = an_open_table(from, 0);
	vcpu_change_table(vcpu, 100);
	first = pass(reader, writer);
	assert_true(first.valid >= 101);
	assert_int_equal(first.valid + first.invalid, SMALL_ENTRIES);
	/* The vcpu counts, and changes nothing. */
	assert_int_equal(pass(reader, writer).reads, 0);

	/* 50 first entries and the last second one are new, and 50 second
	 * ones are gone. */
	vcpu_change_table(vcpu, 50);
	now = pass(reader, writer);
	assert_int_equal(now.valid, 51);
	assert_int_equal(now.invalid, 50);
	assert_int_equal(pass(reader, writer).reads, 0);

	vcpu_change_table(vcpu, 7);
	vcpu_stop(vcpu);
	now = pass(reader, writer);
	assert_int_equal(now.valid, 8);
	assert_int_equal(now.invalid, 7);
	assert_int_equal(pass(reader, writer).reads, 0);
	assert_equal_tables(from, to);
	assert_int_equal(contents_of(to).valid, first.valid + 57);
}

static void running_vm_is_read_and_not_written(void)
{
	int from = a_filled_vm(), to = a_vm_with_table(SMALL);
	struct vcpu *vcpu = a_vcpu(to);
	static unsigned char buf[HTAB_READ_MIN];
	struct htab_record record;
	size_t done = 1234, at = 0;
	ssize_t n = htab_read(an_open_table(from, 0), buf, sizeof(buf));
	int writer;

	assert_true(n > 0);
	vcpu_start(vcpu);
	writer = an_open_table(to, HTAB_OPEN_WRITE);
	assert_result(htab_write(writer, buf, (size_t)n, &done), -EBUSY);
	assert_int_equal(done, 0);
	assert_int_equal(htab_record_next(buf, (size_t)n, &at, &record), 1);
	assert_result(htab_write_record(writer, &record), -EBUSY);
	assert_true(htab_read(an_open_table(to, 0), buf, sizeof(buf)) > 0);
	vcpu_stop(vcpu);
	assert_int_equal(all_of(to)[0].v, 0);
}

static void descriptors_have_one_direction(void)
{
	int vmfd = a_filled_vm();
	int reader = an_open_table(vmfd, 0);
	int writer = an_open_table(vmfd, HTAB_OPEN_WRITE);
	static unsigned char buf[HTAB_READ_MIN];
	ssize_t n;

	assert_int_equal(htab_read(writer, buf, sizeof(buf)), -EBADF);
	assert_int_equal(htab_read(reader, buf, sizeof(buf) - 1), -EINVAL);
	n = htab_read(reader, buf, sizeof(buf));
	assert_true(n > 0);
	assert_result(htab_write(reader, buf, (size_t)n, NULL), -EBADF);
	assert_result(htab_open(vmfd, HTAB_OPEN_WRITE | HTAB_OPEN_BOLTED),
		      -EINVAL);
	assert_result(htab_open(vmfd, 4), -EINVAL);
}

CASES(stream,
      {
	      CASE(later_passes_complete_a_stream, HASH_GUESTS, V(4, 0), 0),
	      CASE(stream_in_the_smallest_reads, HASH_GUESTS, V(4, 0), 0),
	      CASE(records_are_written_one_by_one, HASH_GUESTS, V(4, 0), 0),
	      CASE(a_stream_of_bolted_entries_has_no_others, HASH_GUESTS,
		   V(4, 0), 0),
	      CASE(stream_of_a_running_guest, HASH_RUNS, V(4, 0), 0),
	      CASE(running_vm_is_read_and_not_written, HASH_RUNS, V(4, 0), 0),
	      CASE(descriptors_have_one_direction, HASH_GUESTS, V(3, 8), 0),
      });
