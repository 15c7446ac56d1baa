/* SPDX-License-Identifier: MIT */
/* Every way to open /dev/kvm, or to ask for it */
#include "preload.h"

#include <sys/stat.h>

/* The flags are not constant, so that a fortified open() has another name. */
static volatile int flags = O_RDWR | O_CLOEXEC;

static char directory[] = "/tmp/libhtab-XXXXXX";

static int enter_directory(void **state)
{
	return mkdtemp(directory) ? chdir(directory) : -1;
}

static int remove_directory(void **state)
{
	unlink("link");
	unlink("second");
	unlink("dev");
	unlink("new");
	unlink("kvm");
	return rmdir(directory);
}

static void every_open_function(void **state)
{
	is_kvm_and_close(open("/dev/kvm", O_RDWR));
	is_kvm_and_close(open64("/dev/kvm", O_RDWR));
	is_kvm_and_close(openat(AT_FDCWD, "/dev/kvm", O_RDWR));
	is_kvm_and_close(openat64(AT_FDCWD, "/dev/kvm", O_RDWR));
	is_kvm_and_close(openat(-1, "/dev/kvm", O_RDWR));
	is_kvm_and_close(open("/dev/kvm", flags));
	is_kvm_and_close(open64("/dev/kvm", flags));
	is_kvm_and_close(openat(AT_FDCWD, "/dev/kvm", flags));
	is_kvm_and_close(openat64(AT_FDCWD, "/dev/kvm", flags));
}

static void every_path(void **state)
{
	const int devfd = open("/dev", O_RDONLY | O_DIRECTORY);
	const int rootfd = open("/", O_PATH);

	is_kvm_and_close(open("/dev/../dev/kvm", O_RDWR));
	is_kvm_and_close(open("//dev/./kvm", O_RDWR));
	is_kvm_and_close(openat(devfd, "kvm", O_RDWR));
	is_kvm_and_close(openat(devfd, "../dev/kvm", O_RDWR));
	is_kvm_and_close(openat(rootfd, "dev/kvm", O_RDWR));
	assert_int_equal(chdir("/dev"), 0);
	is_kvm_and_close(open("kvm", O_RDWR));
	assert_int_equal(chdir(directory), 0);
	close(devfd);
	close(rootfd);
}

static void symbolic_links(void **state)
{
	assert_int_equal(symlink("/dev/kvm", "link"), 0);
	assert_int_equal(symlink("link", "second"), 0);
	is_kvm_and_close(open("link", O_RDWR));
	is_kvm_and_close(open("./link", O_RDWR));
	is_kvm_and_close(open("./second", O_RDWR));
	is_kvm_and_close(open("second", O_RDWR | O_CREAT, 0600));
	assert_int_equal(symlink("/dev", "dev"), 0);
	is_kvm_and_close(open("dev/kvm", O_RDWR | O_NOFOLLOW));
	assert_fails(open("link", O_RDWR | O_NOFOLLOW), ELOOP);
}

static void other_files(void **state)
{
	struct stat st;
	int fd;

	umask(0);
	errno = 7;
	fd = open("kvm", O_RDWR | O_CREAT, 0640);
	assert_true(fd >= 0);
	assert_int_equal(errno, 7);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	close(fd);
	fd = open64("new", O_RDWR | O_CREAT, 0604);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0604);
	close(fd);
	fd = open(".", O_RDWR | O_TMPFILE, 0600);
	assert_true(fd >= 0 || errno == EOPNOTSUPP);
	close(fd);
	assert_fails(open("kvm/kvm", flags), ENOTDIR);
	assert_fails(openat(AT_FDCWD, "none", flags), ENOENT);
	assert_fails(openat64(-1, "kvm", flags), EBADF);
	assert_fails(open("", flags), ENOENT);
}

static void flags_are_kept(void **state)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	fd = open("/dev/kvm", O_RDWR);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	close(fd);
}

/* docs/kernels.md, "Processes, descriptors and vcpu ids" */
static void flags_that_do_not_fit(void **state)
{
	int fd;

	is_kvm_and_close(open("/dev/kvm", O_RDWR | O_CREAT, 0600));
	is_kvm_and_close(open("/dev/kvm", O_RDWR | O_TRUNC | O_NOCTTY));
	assert_fails(open("/dev/kvm", flags | O_DIRECTORY), ENOTDIR);
	assert_fails(open("/dev/kvm", O_RDWR | O_TMPFILE, 0600), ENOTDIR);
	assert_fails(open("/dev/kvm", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	assert_fails(open("/dev/kvm", flags | O_DIRECT), EINVAL);
	fd = open("/dev/kvm", O_PATH | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_fails(ioctl(fd, UAPI_KVM_CREATE_VM, 0), EBADF);
	close(fd);
}

static void streams(void **state)
{
	FILE *file = fopen("/dev/kvm", "r+e");
	int fd;

	assert_non_null(file);
	assert_int_equal(fcntl(fileno(file), F_GETFD), FD_CLOEXEC);
	is_kvm_and_close(dup(fileno(file)));
	file = freopen("/dev/null", "r", file);
	assert_fails(ioctl(fileno(file), UAPI_KVM_CREATE_VM, 0), ENOTTY);
	fd = fileno(file);
	file = freopen("/dev/../dev/kvm", "r+", file);
	assert_int_equal(fileno(file), fd);
	is_kvm_and_close(dup(fd));
	fclose(file);
	file = fopen64("/dev/kvm", "r");
	assert_int_equal(fcntl(fileno(file), F_GETFD), 0);
	is_kvm_and_close(dup(fileno(file)));
	file = freopen64("/dev/kvm", "r", file);
	is_kvm_and_close(dup(fileno(file)));
	fclose(file);
	errno = 0;
	assert_null(fopen("/dev/kvm", "wx"));
	assert_int_equal(errno, EEXIST);
	errno = 0;
	assert_null(fopen("none", "r"));
	assert_int_equal(errno, ENOENT);
}

static void it_can_be_accessed(void **state)
{
	errno = 7;
	assert_int_equal(access("/dev/kvm", F_OK), 0);
	assert_int_equal(access("/dev/../dev/kvm", R_OK | W_OK), 0);
	assert_int_equal(eaccess("/dev/kvm", R_OK), 0);
	assert_int_equal(euidaccess("/dev/kvm", W_OK), 0);
	assert_int_equal(faccessat(-1, "/dev/kvm", R_OK, AT_EACCESS), 0);
	assert_int_equal(errno, 7);
	assert_fails(access("/dev/kvm", X_OK), EACCES);
	assert_fails(access("/dev/kvm", 8), EINVAL);
	assert_fails(access("none", F_OK), ENOENT);
	assert_fails(faccessat(AT_FDCWD, "none", F_OK, 0), ENOENT);
	assert_int_equal(euidaccess("/dev/null", R_OK), 0);
	assert_int_equal(eaccess("/dev/null", R_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_open_function),
		cmocka_unit_test(every_path),
		cmocka_unit_test(symbolic_links),
		cmocka_unit_test(other_files),
		cmocka_unit_test(flags_are_kept),
		cmocka_unit_test(flags_that_do_not_fit),
		cmocka_unit_test(streams),
		cmocka_unit_test(it_can_be_accessed),
	};

	/* A call that reaches the wrong side may not return. */
	alarm(60);
	return cmocka_run_group_tests(tests, enter_directory, remove_directory);
}
