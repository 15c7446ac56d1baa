/* SPDX-License-Identifier: MIT */
/* The real shim, on descriptors that every machine has */
#include "shim.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "unit.h"

/* The first parameter of setrlimit() */
#ifdef __GLIBC__
typedef __rlimit_resource_t limit_t;
#else
typedef int limit_t;
#endif

/* Each test has a pipe. teardown() closes it and restores the limits and the
 * user, also if an assertion has failed. */
static int fds[2];
static const limit_t limits[] = { RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK };
enum { LIMITS = sizeof(limits) / sizeof(limits[0]) };
static struct rlimit limit_before[LIMITS];
static uid_t user;

static int setup(void **state)
{
	user = geteuid();
	for (int i = 0; i < LIMITS; i++)
		if (getrlimit(limits[i], &limit_before[i]) != 0)
			return -1;
	return pipe2(fds, O_NONBLOCK);
}

static int restore_limits(void)
{
	int r = seteuid(user);

	munlockall();
	for (int i = 0; i < LIMITS; i++)
		r |= setrlimit(limits[i], &limit_before[i]);
	return r;
}

static int teardown(void **state)
{
	close(fds[0]);
	close(fds[1]);
	return restore_limits();
}

/* Lowers the soft limit only, which restore_limits() can raise again. */
static void set_limit(limit_t limit, rlim_t bytes)
{
	struct rlimit tight;

	assert_int_equal(getrlimit(limit, &tight), 0);
	tight.rlim_cur = bytes;
	assert_int_equal(setrlimit(limit, &tight), 0);
}

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

	assert_int_equal(write(fds[1], "abc", 3), 3);
	assert_result(htab_shim_ioctl(fds[0], FIONREAD, &available), 0);
	assert_int_equal(available, 3);
}

static void ioctl_on_a_closed_descriptor_is_ebadf(void **state)
{
	int available = -1;

	assert_result(
		htab_shim_ioctl(a_closed_descriptor(), FIONREAD, &available),
		-EBADF);
	assert_int_equal(available, -1);
}

static void read_returns_the_count(void **state)
{
	char got[4] = "";

	assert_int_equal(write(fds[1], "ab", 2), 2);
	assert_int_equal(htab_shim_read(fds[0], got, sizeof(got)), 2);
	assert_string_equal(got, "ab");
	/* This is the write end of the pipe. */
	assert_result((int)htab_shim_read(fds[1], got, sizeof(got)), -EBADF);
}

static void write_returns_the_count(void **state)
{
	char got[4] = "";

	assert_int_equal(htab_shim_write(fds[1], "abc", 3), 3);
	assert_int_equal(read(fds[0], got, sizeof(got)), 3);
	assert_string_equal(got, "abc");
	/* This is the read end of the pipe. */
	assert_result((int)htab_shim_write(fds[0], "abc", 3), -EBADF);
}

/* The kernel can read all bytes up to the end, and gets EFAULT exactly
 * there. */
static void torn_write_is_readable_up_to_its_end(void **state)
{
	char got[64];

	assert_int_equal(htab_shim_write_torn(fds[1], "12345678", 8, 0), 8);
	assert_int_equal(read(fds[0], got, sizeof(got)), 8);
	assert_memory_equal(got, "12345678", 8);

	assert_result((int)htab_shim_write_torn(fds[1], "12345678", 8, 1),
		      -EFAULT);
	assert_result((int)htab_shim_write_torn(fds[1], "12345678", 8, 32),
		      -EFAULT);
	assert_int_equal(read(fds[0], got, sizeof(got)), -1);
	assert_result(-errno, -EAGAIN);
}

/* The bytes of address space that this process has mapped. The file has one
 * line for adjacent mappings of a kind, so its lines would not show a leak. */
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

	before = mapped_bytes();
	for (size_t i = 0; i < writes; i++)
		assert_result((int)htab_shim_write_torn(fds[1], "x", 1, 8),
			      -EFAULT);
	after = mapped_bytes();
	/* malloc() may also have mapped something. */
	assert_true(after < before + writes / 2 * page);
}

/* Maps a page in its own way to see whether the limit is enforced: it is not
 * under qemu-user and valgrind, where the write has to work. */
static void assert_torn_write_meets_the_limit(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int got = (int)htab_shim_write_torn(fds[1], "x", 1, 8);

	/* CMocka needs memory to report a failure. */
	assert_int_equal(restore_limits(), 0);
	if (page == MAP_FAILED) {
		assert_result(got, -ENOMEM);
	} else {
		munmap(page, 4096);
		assert_result(got, -EFAULT);
	}
}

/* RLIMIT_AS refuses the address space, RLIMIT_DATA only the memory in it. */
static void torn_write_without_memory_is_enomem(void **state)
{
	/* Linux takes 0 bytes of data for "no limit". */
	set_limit((limit_t)(intptr_t)*state, 1);
	assert_torn_write_meets_the_limit();
}

/*
 * mlockall(MCL_FUTURE) makes mmap() fail with EAGAIN beyond RLIMIT_MEMLOCK,
 * unless the process has CAP_IPC_LOCK. root gives that up for the moment.
 */
static void torn_write_beyond_locked_memory_is_enomem(void **state)
{
	const uid_t nobody = 65534;

	set_limit(RLIMIT_MEMLOCK, 1);
	assert_int_equal(mlockall(MCL_FUTURE), 0);
	if (user == 0)
		assert_int_equal(seteuid(nobody), 0);
	assert_torn_write_meets_the_limit();
}

static void cloexec_is_set(void **state)
{
	int fd = dup(0);

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

	assert_true(fd >= 0);
	assert_result(htab_shim_close(fd), 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_result(htab_shim_close(fd), -EBADF);
}

static void sleep_takes_its_time_on_the_clock(void **state)
{
	const int64_t before = htab_shim_clock();

	assert_true(before >= 0);
	assert_result(htab_shim_sleep(20), 0);
	assert_true(htab_shim_clock() - before >= 19);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* The alarm repeats, in case the first one comes before the sleep begins. */
static void signal_ends_a_sleep(void **state)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval soon = { { 0, 10000 }, { 0, 10000 } };
	const struct itimerval never = { 0 };
	struct sigaction old;

	assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	/* Without the signal, this would take 49 days. */
	assert_result(htab_shim_sleep(UINT_MAX), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
}

#define piped_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define piped_test_of(test, row)                                               \
	{                                                                      \
		.name = #test " " #row, .test_func = (test),                   \
		.setup_func = setup, .teardown_func = teardown,                \
		.initial_state = (void *)(intptr_t)(row),                      \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		piped_test(ioctl_answers_as_the_kernel),
		cmocka_unit_test(ioctl_on_a_closed_descriptor_is_ebadf),
		piped_test(read_returns_the_count),
		piped_test(write_returns_the_count),
		piped_test(torn_write_is_readable_up_to_its_end),
		piped_test(torn_write_leaves_nothing_mapped),
		piped_test_of(torn_write_without_memory_is_enomem, RLIMIT_AS),
		piped_test_of(torn_write_without_memory_is_enomem, RLIMIT_DATA),
		piped_test(torn_write_beyond_locked_memory_is_enomem),
		cmocka_unit_test(cloexec_is_set),
		cmocka_unit_test(close_closes),
		cmocka_unit_test(sleep_takes_its_time_on_the_clock),
		cmocka_unit_test(signal_ends_a_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
