/* SPDX-License-Identifier: MIT */
/* A fault that cannot occur would make a test pass without reason. So the
 * simulator aborts a test that asks for one. */
#include "model.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct htab_sim_host *host;

static int set_up(void **state)
{
	host = a_host(NULL);
	return 0;
}

static int tear_down(void **state)
{
	close_host(host);
	return 0;
}

/* Calls misuse() in a child. Returns what the child wrote before it aborted; ""
 * if it did not abort. */
static const char *last_words(void (*misuse)(void))
{
	static char text[256];
	FILE *file = tmpfile();
	int status;
	pid_t child;
	size_t n;

	assert_non_null(file);
	child = fork();
	if (child == 0) {
		const struct rlimit no_core = { 0, 0 };

		setrlimit(RLIMIT_CORE, &no_core);
		/* CMocka's handler of SIGABRT would print into the file,
		 * too. */
		signal(SIGABRT, SIG_DFL);
		dup2(fileno(file), STDERR_FILENO);
		misuse();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	if (status != 0) {
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
	}
	return text;
}

/* qemu-user prints a message of its own after these words. */
static void assert_aborts(void (*misuse)(void), const char *words)
{
	assert_memory_equal(last_words(misuse), words, strlen(words));
}

static const char no_error[] = "libhtab-sim: a fault needs a negative errno\n";
static const char no_call[] =
	"libhtab-sim: a fault of an unknown kind of call\n";

static void positive_error(void)
{
	htab_sim_fail_next(host, HTAB_SIM_READ, 1, EPERM);
}

static void error_0(void)
{
	htab_sim_fail_next(host, HTAB_SIM_READ, 1, 0);
}

static void no_errno(void)
{
	htab_sim_fail_next(host, HTAB_SIM_READ, 1, -4096);
}

static void nth_positive_error(void)
{
	htab_sim_fail_nth(host, 1, EPERM);
}

static void nth_error_0(void)
{
	htab_sim_fail_nth(host, 1, 0);
}

static void an_error_that_is_none_aborts(void **state)
{
	assert_aborts(positive_error, no_error);
	assert_aborts(error_0, no_error);
	assert_aborts(no_errno, no_error);
	assert_aborts(nth_positive_error, no_error);
	assert_aborts(nth_error_0, no_error);
}

static void call_0(void)
{
	htab_sim_fail_next(host, (enum htab_sim_call)0, 1, -EPERM);
}

static void call_after_the_last(void)
{
	htab_sim_fail_next(host, (enum htab_sim_call)(HTAB_SIM_RUN + 1), 1,
			   -EPERM);
}

static void call_below_0(void)
{
	htab_sim_fail_next(host, (enum htab_sim_call) - 1, 0, 0);
}

static void a_call_that_is_none_aborts(void **state)
{
	assert_aborts(call_0, no_call);
	assert_aborts(call_after_the_last, no_call);
	assert_aborts(call_below_0, no_call);
}

static void take_back(void)
{
	htab_sim_fail_next(host, HTAB_SIM_CREATE_VM, 0, 0);
	htab_sim_fail_next(host, HTAB_SIM_RUN, 0, EPERM);
	htab_sim_fail_nth(host, 0, 0);
	htab_sim_fail_nth(host, 0, EPERM);
	htab_sim_fail_next(host, HTAB_SIM_RUN, 1, -4095);
}

static void without_a_count_the_error_does_not_matter(void **state)
{
	assert_string_equal(last_words(take_back), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_error_that_is_none_aborts),
		TEST(a_call_that_is_none_aborts),
		TEST(without_a_count_the_error_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
