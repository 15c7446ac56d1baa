/* SPDX-License-Identifier: MIT */
/*
 * For each function of libhtab, each kind of host and each of many errors: the
 * first system call fails, then only the second one, and so on. No descriptor
 * and no memory leaks, the function comes to an end, it returns an error that
 * libhtab.h lists or the one that was injected, and the VM has what libhtab.h
 * says.
 *
 * Four errors are a kernel's answer to a question of the library, and where a
 * fault injects one the answer is wrong: EINVAL (the table ends here), ENOMEM
 * (there is no table, or nothing is prepared), ENOTTY and ENOSYS (an older
 * kernel). After these the VM is not looked at, and hazards do not count: a
 * kernel that says ENOMEM has ended its work, and the library relies on that.
 */
#include "functions.h"

static const int errors[] = {
	EINTR,	EAGAIN, EBUSY, EMFILE, ENFILE, EIO,    EPERM,  EACCES, EFAULT,
	ENOSPC, ENODEV, ENXIO, EPROTO, EINVAL, ENOMEM, ENOTTY, ENOSYS,
};

static bool is_an_answer(int error)
{
	return error == EINVAL || error == ENOMEM || error == ENOTTY ||
	       error == ENOSYS;
}

/* A function that comes to an end makes fewer calls. */
enum { MOST_CALLS = 200 };

struct counter {
	unsigned int calls;
	bool inside;
};

/* Counts, and lets a resize be ready after a millisecond. */
static bool count(void *data, const struct htab_sim_event *event, long *result)
{
	struct counter *counter = data;

	assert_true(++counter->calls < MOST_CALLS);
	if (event->call != HTAB_SIM_RESIZE_PREPARE || counter->inside)
		return false;
	counter->inside = true;
	*result = htab_sim_ioctl(event->fd, event->request, event->arg);
	counter->inside = false;
	if (*result > 0)
		*result = 1;
	return true;
}

static bool is_listed(const struct function *function, int result)
{
	for (int i = 0; function->errors[i]; i++)
		if (result == -function->errors[i])
			return true;
	return result >= 0;
}

static void check_vm(const struct function *function, const struct test_vm *vm,
		     int result, const struct contents *before)
{
	const struct contents now = contents_of(vm->fd);
	const bool same = memcmp(&now, before, sizeof(now)) == 0;

	if (result >= 0 || same || result == -EPROTO)
		return;
	if (function->after == UNCHANGED)
		fail_msg("%s: %d has changed the VM", function->name, result);
	if (function->after == UNCHANGED_OR_EMPTY)
		assert_int_equal(now.valid, 0);
}

/* What was open, and what memory was free, before a function */
struct balance {
	int descriptors;
	struct free_memory memory;
};

static struct balance balance_of(struct htab_sim_host *host)
{
	return (struct balance){ open_descriptors(), free_memory(host) };
}

static void check_balance(const struct function *function,
			  const struct test_vm *vm, int result,
			  const struct balance *before)
{
	const struct balance now = balance_of(vm->host);

	assert_int_equal(now.descriptors - before->descriptors,
			 function->opens && result >= 0);
	if (result < 0 && function->after == UNCHANGED &&
	    !function->may_leave_prepared &&
	    memcmp(&now.memory, &before->memory, sizeof(now.memory)) != 0)
		fail_msg("%s: %d has left memory taken\n%s", function->name,
			 result, htab_sim_journal(vm->host));
}

/* Returns false if the function does not make so many calls. */
static bool with_fault(struct htab_sim_host *host,
		       const struct function *function, unsigned int n,
		       int error)
{
	struct counter counter = { 0 };
	struct contents contents;
	struct hazards hazards;
	struct balance balance;
	struct test_vm vm;
	bool reached;
	int r;

	set_up_function(&vm, function, host);
	contents = contents_of(vm.fd);
	balance = balance_of(host);
	watch_hazards(host, &hazards);
	htab_sim_journal_clear(host);
	htab_sim_intercept(host, count, &counter);
	htab_sim_fail_nth(host, n, -error);
	r = function->call(&vm);
	/* The fault has come, unless this call gets it. */
	reached = counter.calls + 1 >= n && capability(vm.fd, 0) != -error;
	htab_sim_fail_nth(host, 0, 0);
	htab_sim_intercept(host, NULL, NULL);

	if (!is_listed(function, r) && r != -error)
		fail_msg("%s: %d for %d at call %u", function->name, r, error,
			 n);
	htab_sim_on_hazard(host, NULL, NULL);
	if (!is_an_answer(error)) {
		assert_hazard(&hazards, 0);
		check_balance(function, &vm, r, &balance);
		check_vm(function, &vm, r, &contents);
		if (function->check && vm.htabfd >= 0)
			function->check(&vm);
	}
	if (function->opens && r >= 0)
		close(r);
	tear_down_function(&vm);
	return reached;
}

static void each_call_fails(void **state)
{
	struct htab_sim_host *host = a_host(*state);
	unsigned int faults = 0;

	for (const struct function *function = functions; function->name;
	     function++) {
		for (size_t i = 0; i < COUNT_OF(errors); i++) {
			unsigned int n = 1;

			while (with_fault(host, function, n, errors[i]))
				n++;
			faults += n - 1;
		}
	}
	assert_true(faults > COUNT_OF(errors));
	close_host(host);
}

/* --- counts that no kernel returns --- */

enum { ZERO, HALF_A_HEADER, TOO_MUCH, WRONG_COUNTS };

/* The n-th read or write of a host returns a wrong count, and moves nothing */
struct wrong_count {
	unsigned int calls, moves, n;
	int count;
	bool is_read;
};

static bool miscount(void *data, const struct htab_sim_event *event,
		     long *result)
{
	struct wrong_count *wrong = data;

	assert_true(++wrong->calls < MOST_CALLS);
	if (event->call != HTAB_SIM_READ && event->call != HTAB_SIM_WRITE)
		return false;
	if (++wrong->moves != wrong->n)
		return false;
	wrong->is_read = event->call == HTAB_SIM_READ;
	if (wrong->count == ZERO)
		*result = 0;
	else
		*result = wrong->count == TOO_MUCH ? (long)event->len + 8 : 4;
	return true;
}

/* Returns false if the function does not read or write so often. */
static bool with_wrong_count(struct htab_sim_host *host,
			     const struct function *function, unsigned int n,
			     int count)
{
	struct wrong_count wrong = { .n = n, .count = count };
	struct balance balance;
	struct test_vm vm;
	int r;

	set_up_function(&vm, function, host);
	balance = balance_of(host);
	htab_sim_intercept(host, miscount, &wrong);
	r = function->call(&vm);
	htab_sim_intercept(host, NULL, NULL);
	if (!is_listed(function, r))
		fail_msg("%s: %d for count %d of call %u", function->name, r,
			 count, n);
	/* A read that returns 0 once proves nothing, so the library reads
	 * again. */
	if (wrong.moves >= n && r >= 0)
		assert_true(count == ZERO && wrong.is_read);
	check_balance(function, &vm, r, &balance);
	if (function->check && vm.htabfd >= 0)
		function->check(&vm);
	if (function->opens && r >= 0)
		close(r);
	tear_down_function(&vm);
	return wrong.moves >= n;
}

static void a_wrong_count_of_a_read_or_write_is_noticed(void **state)
{
	struct htab_sim_host *host = a_host("page=64K ram=64K");
	unsigned int faults = 0;

	for (const struct function *function = functions; function->name;
	     function++) {
		for (int count = ZERO; count < WRONG_COUNTS; count++) {
			unsigned int n = 1;

			while (with_wrong_count(host, function, n, count))
				n++;
			faults += n - 1;
		}
	}
	assert_true(faults > WRONG_COUNTS);
	close_host(host);
}

/* The hosts, and the names of their tests */
static char hosts[][40] = {
	"linux=3.6 page=64K ram=64K",
	"linux=3.8 page=64K ram=64K",
	"linux=4.3 page=64K ram=64K",
	"linux=4.10 page=64K ram=64K",
	"linux=4.12 page=64K ram=64K",
	"linux=4.14 page=64K ram=64K",
	"page=64K ram=64K",
	"cpu=power9 mmu=radix page=64K ram=64K",
	"cpu=power9 mmu=hash page=64K ram=64K",
	"kvm=nested page=64K ram=64K",
};

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(hosts) + 1] = {
		SIM_TEST(a_wrong_count_of_a_read_or_write_is_noticed),
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++)
		tests[i + 1] = (struct CMUnitTest){
			.name = hosts[i],
			.test_func = each_call_fails,
			.teardown_func = free_left_hosts,
			.initial_state = hosts[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
