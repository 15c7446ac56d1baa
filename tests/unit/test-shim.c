/* SPDX-License-Identifier: MIT */
/* The real shim, on descriptors that every machine has. */
#include "shim.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "unit.h"

static int a_closed_descriptor(void)
{
	int fd = dup(0);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	return fd;
}

static void ioctl_answers_as_the_kernel(void **state)
{
	int available = -1;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "abc", 3), 3);
	assert_result(htab_shim_ioctl(fds[0], FIONREAD, &available), 0);
	assert_int_equal(available, 3);
	close(fds[0]);
	close(fds[1]);
}

static void ioctl_on_a_closed_descriptor_is_ebadf(void **state)
{
	int available = -1;

	(void)state;
	assert_result(htab_shim_ioctl(a_closed_descriptor(), FIONREAD,
				      &available),
		      -EBADF);
	assert_int_equal(available, -1);
}

static void write_returns_the_count(void **state)
{
	char got[4] = "";
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(htab_shim_write(fds[1], "abc", 3), 3);
	assert_int_equal(read(fds[0], got, sizeof(got)), 3);
	assert_string_equal(got, "abc");
	/* The wrong direction */
	assert_result((int)htab_shim_write(fds[0], "abc", 3), -EBADF);
	close(fds[0]);
	close(fds[1]);
}

/* The kernel sees the readable bytes, and EFAULT exactly where they end. */
static void torn_write_is_readable_up_to_its_end(void **state)
{
	char got[64];
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	assert_int_equal(htab_shim_write_torn(fds[1], "12345678", 8, 0), 8);
	assert_int_equal(read(fds[0], got, sizeof(got)), 8);
	assert_memory_equal(got, "12345678", 8);

	assert_result((int)htab_shim_write_torn(fds[1], "12345678", 8, 1),
		      -EFAULT);
	assert_result((int)htab_shim_write_torn(fds[1], "12345678", 8, 32),
		      -EFAULT);
	assert_int_equal(read(fds[0], got, sizeof(got)), -1);
	assert_result(-errno, -EAGAIN);
	close(fds[0]);
	close(fds[1]);
}

/* Bytes of address space that this process has mapped. Adjacent mappings of one
 * kind are a single line of the file, so lines would not show a leak. */
static size_t mapped_bytes(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	size_t total = 0, start, end;

	assert_non_null(maps);
	while (fscanf(maps, "%zx-%zx%*[^\n]", &start, &end) == 2)
		total += end - start;
	fclose(maps);
	return total;
}

static void torn_write_leaves_nothing_mapped(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t writes = 1000;
	size_t before, after;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	before = mapped_bytes();
	for (size_t i = 0; i < writes; i++)
		assert_result((int)htab_shim_write_torn(fds[1], "x", 1, 8),
			      -EFAULT);
	after = mapped_bytes();
	/* malloc() may have mapped something of its own meanwhile. */
	assert_true(after < before + writes / 2 * page);
	close(fds[0]);
	close(fds[1]);
}

static void *map_a_page(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* RLIMIT_AS refuses the address space, RLIMIT_DATA only the memory in it.
 * qemu-user and valgrind do not enforce them; what they allow must work. */
static void torn_write_without_memory_is_enomem(void **state)
{
	const __rlimit_resource_t limit = (__rlimit_resource_t)(intptr_t)*state;
	struct rlimit before, tight;
	int fds[2], expected, got;
	void *page;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(getrlimit(limit, &before), 0);
	tight = before;
	tight.rlim_cur = 1; /* Linux takes 0 of data for "no limit" */
	assert_int_equal(setrlimit(limit, &tight), 0);
	page = map_a_page();
	got = (int)htab_shim_write_torn(fds[1], "x", 1, 8);
	assert_int_equal(setrlimit(limit, &before), 0);

	expected = page == MAP_FAILED ? -ENOMEM : -EFAULT;
	if (page != MAP_FAILED)
		munmap(page, 4096);
	assert_result(got, expected);
	close(fds[0]);
	close(fds[1]);
}

/*
 * mlockall(MCL_FUTURE) makes mmap() fail with EAGAIN beyond RLIMIT_MEMLOCK,
 * unless the process has CAP_IPC_LOCK, which root gives up for the moment.
 */
static void torn_write_beyond_locked_memory_is_enomem(void **state)
{
	const uid_t user = geteuid(), nobody = 65534;
	struct rlimit before, tight;
	int fds[2], expected, got;
	void *page;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &before), 0);
	tight = before;
	tight.rlim_cur = 1;
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &tight), 0);
	assert_int_equal(mlockall(MCL_FUTURE), 0);
	assert_int_equal(user == 0 ? seteuid(nobody) : 0, 0);
	page = map_a_page();
	got = (int)htab_shim_write_torn(fds[1], "x", 1, 8);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(munlockall(), 0);
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &before), 0);

	expected = page == MAP_FAILED ? -ENOMEM : -EFAULT;
	if (page != MAP_FAILED)
		munmap(page, 4096);
	assert_result(got, expected);
	close(fds[0]);
	close(fds[1]);
}

static void cloexec_is_set(void **state)
{
	int fd = dup(0);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_result(htab_shim_cloexec(fd), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_result(htab_shim_cloexec(fd), 0);
	close(fd);
	assert_result(htab_shim_cloexec(fd), -EBADF);
}

static void close_closes(void **state)
{
	int fd = dup(0);

	(void)state;
	assert_true(fd >= 0);
	assert_result(htab_shim_close(fd), 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_result(htab_shim_close(fd), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ioctl_answers_as_the_kernel),
		cmocka_unit_test(ioctl_on_a_closed_descriptor_is_ebadf),
		cmocka_unit_test(write_returns_the_count),
		cmocka_unit_test(torn_write_is_readable_up_to_its_end),
		cmocka_unit_test(torn_write_leaves_nothing_mapped),
		cmocka_unit_test_prestate(torn_write_without_memory_is_enomem,
					  (void *)(intptr_t)RLIMIT_AS),
		cmocka_unit_test_prestate(torn_write_without_memory_is_enomem,
					  (void *)(intptr_t)RLIMIT_DATA),
		cmocka_unit_test(torn_write_beyond_locked_memory_is_enomem),
		cmocka_unit_test(cloexec_is_set),
		cmocka_unit_test(close_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
