/* SPDX-License-Identifier: MIT */
/* htab_save() and htab_restore() */
#include "conformance.h"

#include <unistd.h>

static void rewind_to(int fd, off_t offset)
{
	assert_int_equal(lseek(fd, offset, SEEK_SET), offset);
}

static int an_image_of(int vmfd)
{
	int fd = a_file();

	assert_result(htab_save(vmfd, fd), 0);
	rewind_to(fd, 0);
	return fd;
}

static void restore_gives_the_table_that_was_saved(void)
{
	int from = a_filled_vm(), to = a_vm(), fd = an_image_of(from);

	assert_result(htab_restore(to, fd), 0);
	assert_order(to, SMALL);
	assert_int_equal(contents_of(to).valid, FILLED_ENTRIES);
	assert_equal_tables(from, to);
	/* The first VM still has its table. */
	assert_int_equal(contents_of(from).valid, FILLED_ENTRIES);
}

static void restore_replaces_all_other_entries(void)
{
	int from = a_filled_vm(), to = a_vm_with_table(SMALL);
	int fd = an_image_of(from);

	for (uint32_t i = 0; i < 2000; i += 7)
		write_entry(to, i);
	assert_result(htab_restore(to, fd), 0);
	assert_equal_tables(from, to);
}

static void restore_replaces_a_table_of_another_order(void)
{
	int from = a_filled_vm(), to = a_vm_with_table(20);
	int fd = an_image_of(from);

	write_entry(to, 50000);
	if (host_changes_size()) {
		assert_result(htab_restore(to, fd), 0);
		assert_equal_tables(from, to);
		return;
	}
	/* The kernel keeps a table at its first size. */
	assert_result(htab_restore(to, fd), -ENOSPC);
	assert_order(to, 20);
	assert_int_equal(contents_of(to).valid, 0);
}

static void image_of_an_empty_table(void)
{
	int from = a_vm_with_table(SMALL), to = a_filled_vm();

	assert_result(htab_restore(to, an_image_of(from)), 0);
	assert_empty_table(to);
}

/* Two blocks and more: each has 32 KiB of records at most. */
static void image_of_a_table_with_many_entries(void)
{
	int from = a_vm_with_table(SMALL), to = a_vm();
	struct htab_hpte many[500];

	for (size_t i = 0; i < 500; i++)
		many[i] = (struct htab_hpte){ .v = 0x11 | i << 12, .r = 0x190 };
	for (uint32_t i = 0; i < 16000; i += 501)
		assert_result(htab_put_hptes(from, i, many, 500), 0);
	assert_result(htab_restore(to, an_image_of(from)), 0);
	assert_equal_tables(from, to);
}

/* Nothing is read beyond the end of an image, so one can follow another. */
static void two_images_in_one_pipe(void)
{
	int first = a_filled_vm(), second = a_vm_with_table(SMALL);
	int vmfd = a_vm(), pipe_fds[2], r[4];
	char byte;

	write_entry(second, 77);
	assert_int_equal(pipe(pipe_fds), 0);
	r[0] = htab_save(first, pipe_fds[1]);
	r[1] = htab_save(second, pipe_fds[1]);
	close(pipe_fds[1]);
	r[2] = htab_restore(vmfd, pipe_fds[0]);
	r[3] = r[2] ? r[2] : htab_restore(second, pipe_fds[0]);
	assert_int_equal(read(pipe_fds[0], &byte, 1), 0);
	close(pipe_fds[0]);
	for (int i = 0; i < 4; i++)
		assert_result(r[i], 0);
	assert_equal_tables(vmfd, first);
	assert_int_equal(all_of(second)[77].v, 0x12340011);
	assert_int_equal(contents_of(second).valid, 1);
}

/* A table whose guest has run, with the entries of real mode. The VM that it is
 * restored to keeps them at its first run, and makes none of its own. */
static void restored_guest_runs_on_its_table(void)
{
	int from = a_vm_with_table(SMALL), to = a_vm(), fd;
	struct vcpu *vcpu = a_vcpu(from), *other;
	uint64_t valid;

	vcpu_start(vcpu);
	vcpu_change_table(vcpu, 20);
	vcpu_stop(vcpu);
	valid = contents_of(from).valid;
	assert_true(valid > 21);
	fd = an_image_of(from);
	other = a_vcpu(to);
	assert_result(htab_restore(to, fd), 0);
	assert_equal_tables(from, to);
	vcpu_start(other);
	vcpu_stop(other);
	assert_order(to, SMALL);
	assert_int_equal(contents_of(to).valid, valid);
}

static void running_vm_is_neither_saved_nor_restored(void)
{
	int fd = an_image_of(a_filled_vm()), file = a_file();
	int vmfd = a_vm_with_table(SMALL);
	struct vcpu *vcpu = a_vcpu(vmfd);
	uint64_t valid;

	vcpu_start(vcpu);
	assert_result(htab_save(vmfd, file), -EBUSY);
	assert_result(htab_restore(vmfd, fd), -EBUSY);
	vcpu_stop(vcpu);
	assert_order(vmfd, SMALL);
	valid = contents_of(vmfd).valid;
	assert_true(valid > FILLED_ENTRIES);
	assert_result(htab_save(vmfd, file), 0);
}

static void image_made_by_hand(void)
{
	int vmfd = a_vm();

	assert_result(htab_restore(vmfd, an_empty_image()), 0);
	assert_empty_table(vmfd);
}

CASES(image,
      {
	      CASE(restore_gives_the_table_that_was_saved, HASH_GUESTS, V(4, 0),
		   0),
	      CASE(restore_replaces_all_other_entries, HASH_GUESTS, V(4, 0), 0),
	      CASE(restore_replaces_a_table_of_another_order, HASH_GUESTS,
		   V(4, 0), 0),
	      CASE(image_of_an_empty_table, HASH_GUESTS, V(4, 0), 0),
	      CASE(image_of_a_table_with_many_entries, HASH_GUESTS, V(4, 0), 0),
	      CASE(two_images_in_one_pipe, HASH_GUESTS, V(4, 0), 0),
	      CASE(restored_guest_runs_on_its_table, HASH_RUNS | WRITTEN_RUNS,
		   V(4, 0), 0),
	      CASE(running_vm_is_neither_saved_nor_restored, HASH_RUNS, V(4, 0),
		   0),
	      CASE(image_made_by_hand, HASH_GUESTS, V(3, 8), 0),
      });
