/* SPDX-License-Identifier: MIT */
/* What htab_save() and htab_restore() do with descriptors of every kind: full,
 * closed at the other end, or not to be read. */
#include "image.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

static struct htab_sim_host *host;

static int opened(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void a_pipe(int end[2], int flags)
{
	assert_int_equal(pipe2(end, flags | O_CLOEXEC), 0);
}

/* A failed htab_save() leaves the table as it is, and no descriptor open. */
static void assert_not_saved(int vmfd, int fd, int error)
{
	const int before = open_descriptors();

	assert_result(htab_save(vmfd, fd), error);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(valid_entries(vmfd), FULL_ENTRIES);
}

static void an_image_that_cannot_be_written(void **state)
{
	int vmfd = a_full_vm(&host), end[2], fd;

	fd = opened("/dev/full", O_WRONLY);
	assert_not_saved(vmfd, fd, -ENOSPC);
	close(fd);
	fd = opened("/dev/null", O_RDONLY);
	assert_not_saved(vmfd, fd, -EBADF);
	close(fd);
	assert_not_saved(vmfd, fd, -EBADF);

	signal(SIGPIPE, SIG_IGN);
	a_pipe(end, 0);
	close(end[0]);
	assert_not_saved(vmfd, end[1], -EPIPE);
	close(end[1]);
	signal(SIGPIPE, SIG_DFL);

	a_pipe(end, O_NONBLOCK);
	assert_not_saved(vmfd, end[1], -EAGAIN);
	close(end[0]);
	close(end[1]);

	close(vmfd);
	close_host(host);
}

/* The file ends in the middle of a block. */
static void an_image_that_is_cut_by_a_limit(void **state)
{
	const struct rlimit limit = { 100000, RLIM_INFINITY };
	struct rlimit before;
	int vmfd = a_full_vm(&host), fd = a_file();

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_not_saved(vmfd, fd, -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);

	assert_int_equal(lseek(fd, 0, SEEK_END), 100000);
	lseek(fd, 0, SEEK_SET);
	assert_result(htab_restore(vmfd, fd), -EBADMSG);
	assert_order(vmfd, FULL_ORDER);
	assert_int_equal(valid_entries(vmfd), 0);
	close(fd);
	close(vmfd);
	close_host(host);
}

/* It cannot even read the header, so the VM keeps what it has. */
static void assert_not_restored(int vmfd, int fd, int error)
{
	const int before = open_descriptors();

	assert_result(htab_restore(vmfd, fd), error);
	assert_int_equal(open_descriptors(), before);
	assert_order(vmfd, FULL_ORDER);
	assert_int_equal(valid_entries(vmfd), FULL_ENTRIES);
}

static void an_image_that_cannot_be_read(void **state)
{
	int vmfd = a_full_vm(&host), end[2], fd;

	fd = opened("/dev/null", O_WRONLY);
	assert_not_restored(vmfd, fd, -EBADF);
	close(fd);
	assert_not_restored(vmfd, fd, -EBADF);
	fd = opened("/dev/null", O_RDONLY);
	assert_not_restored(vmfd, fd, -EBADMSG);
	close(fd);
	fd = opened("/", O_RDONLY | O_DIRECTORY);
	assert_not_restored(vmfd, fd, -EISDIR);
	close(fd);
	a_pipe(end, O_NONBLOCK);
	assert_not_restored(vmfd, end[0], -EAGAIN);
	close(end[0]);
	close(end[1]);

	close(vmfd);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(an_image_that_cannot_be_written),
		SIM_TEST(an_image_that_is_cut_by_a_limit),
		SIM_TEST(an_image_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
