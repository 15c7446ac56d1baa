/* SPDX-License-Identifier: MIT */
/* What the preload library prints, and the journal. HTAB_SIM and
 * HTAB_SIM_JOURNAL are read when /dev/kvm is opened first, so each test is a
 * child, and this process opens it in none. */
#include "preload.h"

#include <sys/wait.h>

#define UNKNOWN _IO(UAPI_KVM_TYPE, 0xf0)
#define OTHER	_IO(UAPI_KVM_TYPE, 0xf1)

static char printed[4096];

/* Runs a function in a child. Returns its result, and keeps what it printed on
 * stderr. */
static int in_child(int (*function)(void), const char *host,
		    const char *journal)
{
	size_t len = 0;
	ssize_t n;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		setenv("HTAB_SIM", host, 1);
		setenv("HTAB_SIM_JOURNAL", journal, 1);
		_exit(function());
	}
	close(ends[1]);
	while ((n = read(ends[0], printed + len, sizeof(printed) - 1 - len)) >
	       0)
		len += (size_t)n;
	printed[len] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static unsigned int lines(void)
{
	unsigned int count = 0;

	for (const char *at = printed; *at; at++)
		count += *at == '\n';
	return count;
}

#define assert_printed(words) assert_non_null(strstr(printed, words))

static int refused(int fd, unsigned long request, int error)
{
	errno = 0;
	return ioctl(fd, request, 0) == -1 && errno == error ? 0 : 1;
}

static int ask_each_kind(void)
{
	const int kvmfd = a_kvm(), vmfd = a_vm(), vcpufd = a_vcpu(vmfd);
	const int htabfd = an_htabfd(vmfd, 0);

	return refused(kvmfd, UNKNOWN, EINVAL) ||
	       refused(vmfd, _IO(UAPI_KVM_TYPE, 0xf2), ENOTTY) ||
	       refused(vcpufd, _IO(UAPI_KVM_TYPE, 0xf3), EINVAL) ||
	       refused(htabfd, _IO(UAPI_KVM_TYPE, 0xf4), ENOTTY);
}

static void the_kind_of_descriptor_is_named(void **state)
{
	assert_int_equal(in_child(ask_each_kind, "", ""), 0);
	assert_int_equal(lines(), 4);
	assert_printed("simulator");
	assert_printed("0xaef0 on /dev/kvm, and returned -EINVAL; "
		       "with other=accept in HTAB_SIM it returns 0\n");
	assert_printed("0xaef2 on a VM, and returned -ENOTTY; ");
	assert_printed("0xaef3 on a vcpu, and returned -EINVAL; ");
	assert_printed("0xaef4 on an htab fd, and returned -ENOTTY; ");
}

static int ask_twice(void)
{
	const int vmfd = a_vm();

	return refused(vmfd, UNKNOWN, ENOTTY) ||
	       refused(vmfd, UNKNOWN, ENOTTY) || refused(vmfd, OTHER, ENOTTY) ||
	       refused(vmfd, UNKNOWN, ENOTTY);
}

static void each_request_is_reported_once(void **state)
{
	assert_int_equal(in_child(ask_twice, "", ""), 0);
	assert_int_equal(lines(), 2);
}

static int ask_and_get(void)
{
	return ioctl(a_vm(), UNKNOWN, 0);
}

static void other_accept_is_reported(void **state)
{
	assert_int_equal(in_child(ask_and_get, "other=accept", ""), 0);
	assert_printed("0xaef0 on a VM, and returned 0\n");
}

static int ask_what_is_none_of_kvm(void)
{
	return isatty(a_vm());
}

static void known_requests_are_not_reported(void **state)
{
	assert_int_equal(in_child(ask_what_is_none_of_kvm, "", ""), 0);
	assert_string_equal(printed, "");
}

static int make_vm(void)
{
	close(a_vm());
	return 0;
}

static void the_journal_is_appended_to_a_file(void **state)
{
	char path[] = "/tmp/libhtab-XXXXXX", line[64];
	FILE *file;

	close(mkstemp(path));
	assert_int_equal(in_child(make_vm, "", path), 0);
	assert_int_equal(in_child(make_vm, "", path), 0);
	assert_string_equal(printed, "");
	file = fopen(path, "r");
	for (int i = 0; i < 2; i++) {
		assert_non_null(fgets(line, sizeof(line), file));
		assert_string_equal(line, "KVM_CREATE_VM() = fd\n");
	}
	assert_null(fgets(line, sizeof(line), file));
	fclose(file);
	unlink(path);
}

static void a_journal_that_cannot_be_written_is_reported(void **state)
{
	assert_int_equal(in_child(make_vm, "", "/nowhere/journal"), 0);
	assert_string_equal(printed,
			    "libhtab-sim-preload: HTAB_SIM_JOURNAL="
			    "/nowhere/journal: No such file or directory\n");
}

static int open_it(void)
{
	errno = 0;
	return open("/dev/kvm", O_RDWR) == -1 && errno == EINVAL ? 0 : 1;
}

static void a_wrong_description_is_reported(void **state)
{
	assert_int_equal(in_child(open_it, "cma=lots", ""), 0);
	assert_printed("cma=lots");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kind_of_descriptor_is_named),
		cmocka_unit_test(each_request_is_reported_once),
		cmocka_unit_test(other_accept_is_reported),
		cmocka_unit_test(known_requests_are_not_reported),
		cmocka_unit_test(the_journal_is_appended_to_a_file),
		cmocka_unit_test(a_journal_that_cannot_be_written_is_reported),
		cmocka_unit_test(a_wrong_description_is_reported),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
