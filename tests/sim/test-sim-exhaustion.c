/* SPDX-License-Identifier: MIT */
/*
 * Runs one scenario again and again. In the n-th run the n-th call of one kind
 * (an allocation, socket() or another call that opens a descriptor, epoll or
 * fstat()) fails, alone or with all later
 * ones; n grows until no call fails. This program is linked with the
 * simulator's objects, and the linker's --wrap puts the functions of wrap.c
 * between them and the C library.
 */
#include "model.h"
#include "wrap.h"

#include <signal.h>
#include <sys/socket.h>

/* Makes a call that may fail. If only the n-th call fails, and not all later
 * ones, a second attempt must succeed. */
static long checked(long (*call)(void *arg), void *arg)
{
	long result = call(arg);

	if (result < 0)
		assert_true(wrap_is_documented((int)-result));
	if (result < 0 && !wrap_plan.all) {
		/* The failed call has changed nothing. */
		result = call(arg);
		assert_true(result >= 0);
	}
	return result;
}

static struct htab_sim_host *host;

static long make_host(void *arg)
{
	errno = 0;
	host = htab_sim_host_new(arg);
	return host ? 0 : -errno;
}

static long make_vm(void *arg)
{
	(void)arg;
	return htab_sim_vm_new(host);
}

static long make_vcpu(void *arg)
{
	return htab_sim_ioctl(*(int *)arg, UAPI_KVM_CREATE_VCPU, (void *)5);
}

static long allocate_20(void *arg)
{
	return allocate_order(*(int *)arg, 20);
}

static long enter(void *arg)
{
	return htab_sim_vcpu_enter(*(int *)arg);
}

static long leave(void *arg)
{
	return htab_sim_vcpu_leave(*(int *)arg);
}

static long open_to_write(void *arg)
{
	return open_htab_from(*(int *)arg, UAPI_KVM_GET_HTAB_WRITE, 0);
}

static long open_to_read(void *arg)
{
	return open_htab_from(*(int *)arg, 0, 0);
}

static long write_entry(void *arg)
{
	return write_hpte(*(int *)arg, 8, A_HPTE_V, A_HPTE_R);
}

static long read_all(void *arg)
{
	static __attribute__((aligned(8))) unsigned char buf[1 << 16];
	ssize_t n = htab_sim_read(*(int *)arg, buf, sizeof(buf));

	/* These are the entries of the VRMA and the one that was written. */
	if (n >= 0 && !wrap_plan.all)
		assert_int_equal(count_valid_in(buf, n), 17);
	return n;
}

static long order_of(void *arg)
{
	uint32_t order = 0;
	int r = htab_order(*(int *)arg, &order);

	return r < 0 ? r : (long)order;
}

/* A failed COMMIT discards what PREPARE has made, so begin with PREPARE. */
static long resize_to_22(void *arg)
{
	return resize(*(int *)arg, 22);
}

static long reset(void *arg)
{
	return htab_reset(*(int *)arg);
}

static long allow_to_run(void *arg)
{
	return enable_papr(*(int *)arg);
}

static long set_registers(void *arg)
{
	struct {
		char bytes[256];
	} regs = { { 0 } };

	return htab_sim_ioctl(*(int *)arg, _IOW(UAPI_KVM_TYPE, 0x82, regs),
			      &regs);
}

static long set_one_register(void *arg)
{
	uint64_t value = 5;
	struct uapi_kvm_one_reg reg = {
		.id = UAPI_KVM_REG_PPC | UINT64_C(3) << UAPI_KVM_REG_SIZE_SHIFT,
		.addr = (uintptr_t)&value,
	};

	return htab_sim_ioctl(*(int *)arg, UAPI_KVM_SET_ONE_REG, &reg);
}

static long plan_exit(void *arg)
{
	return htab_sim_vcpu_exit(*(int *)arg, 3, NULL, 0);
}

/* The mask lets a signal through that this thread blocks, for which KVM_RUN
 * needs a descriptor. */
static long run_to_exit(void *arg)
{
	struct {
		uint32_t len;
		unsigned char sigset[8];
	} mask = { .len = 8 };
	sigset_t blocked;
	long r;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &blocked, NULL);
	r = htab_sim_ioctl(*(int *)arg, UAPI_KVM_SET_SIGNAL_MASK, &mask);
	if (r == 0)
		r = htab_sim_ioctl(*(int *)arg, UAPI_KVM_RUN, NULL);
	pthread_sigmask(SIG_UNBLOCK, &blocked, NULL);
	return r;
}

static void use_vcpu(int vcpufd)
{
	checked(allow_to_run, &vcpufd);
	checked(set_registers, &vcpufd);
	checked(set_one_register, &vcpufd);
	/* Without a planned exit KVM_RUN would not return. */
	if (checked(plan_exit, &vcpufd) == 0)
		checked(run_to_exit, &vcpufd);
	close(vcpufd);
}

/* Opens an htab fd, uses it, and closes it. */
static void with_htab_fd(int vmfd, long (*open_it)(void *), long (*use)(void *))
{
	int htabfd = (int)checked(open_it, &vmfd);

	if (htabfd < 0)
		return;
	checked(use, &htabfd);
	close(htabfd);
}

static void use_vm(int vmfd)
{
	int vcpufd = (int)checked(make_vcpu, &vmfd);
	bool has_run;

	checked(allocate_20, &vmfd);
	has_run = checked(enter, &vmfd) == 0;
	if (has_run)
		checked(leave, &vmfd);
	with_htab_fd(vmfd, open_to_write, write_entry);
	with_htab_fd(vmfd, open_to_read, read_all);
	/* COMMIT before a run is a hazard. */
	if (has_run)
		checked(resize_to_22, &vmfd);
	assert_true(checked(order_of, &vmfd) == 22 || wrap_plan.all);
	checked(reset, &vmfd);
	if (vcpufd >= 0)
		use_vcpu(vcpufd);
}

/* After a failure the steps that do not depend on it still run. */
static void scenario(void)
{
	struct free_memory at_first, at_last;
	int vmfd;

	if (checked(make_host, (void *)(uintptr_t) "page=64K ram=1M") < 0)
		return;
	at_first = free_memory(host);
	vmfd = (int)checked(make_vm, NULL);
	if (vmfd >= 0) {
		use_vm(vmfd);
		close(vmfd);
	}
	assert_non_null(htab_sim_journal(host));
	at_last = free_memory(host);
	if (!wrap_plan.waits)
		assert_memory_equal(&at_last, &at_first, sizeof(at_last));
	if (!wrap_plan.waits)
		assert_int_equal(htab_sim_host_free(host), 0);
	else
		htab_sim_host_free(host);
}

/* If epoll failed while a host was freed, the host's descriptors are released
 * with the next host. */
static void sweep(void)
{
	wrap_nothing_fails();
	assert_int_equal(htab_sim_host_free(htab_sim_host_new(NULL)), 0);
}

/* For each n the n-th call fails, and all later ones if `all` is set. */
static void each_fails(enum wrap_kind kind, bool all)
{
	unsigned int n = 0;
	long pointers;
	int descriptors;

	/* The first scenario makes what is kept until the program ends. */
	wrap_nothing_fails();
	scenario();
	pointers = wrap_live_pointers();
	descriptors = open_descriptors();
	do {
		wrap_fail(kind, ++n, all);
		scenario();
		sweep();
		assert_int_equal(wrap_live_pointers(), pointers);
		assert_int_equal(open_descriptors(), descriptors);
	} while (wrap_has_failed());
	print_message("# %u\n", n - 1);
	assert_true(n > 3);
}

static void without_memory_a_call_fails_and_leaks_nothing(void **state)
{
	each_fails(WRAP_MEMORY, false);
	each_fails(WRAP_MEMORY, true);
}

static void without_descriptors_a_call_fails_and_leaks_nothing(void **state)
{
	each_fails(WRAP_SOCKET, false);
	each_fails(WRAP_SOCKET, true);
}

/* A descriptor that epoll cannot watch must not be handed out, because the
 * simulator would not notice that it is closed. */
static void what_cannot_be_watched_is_not_handed_out(void **state)
{
	each_fails(WRAP_EPOLL, false);
	each_fails(WRAP_EPOLL, true);
}

static void what_cannot_be_looked_at_fails_and_leaks_nothing(void **state)
{
	each_fails(WRAP_FSTAT, false);
}

static void without_an_answer_of_epoll_nothing_is_closed(void **state)
{
	int kept, closed;
	uint64_t with_both;

	each_fails(WRAP_EPOLL_WAIT, false);
	each_fails(WRAP_EPOLL_WAIT, true);

	host = htab_sim_host_new(NULL);
	kept = a_vm_with_table(host, 20);
	closed = a_vm_with_table(host, 22);
	with_both = htab_sim_free_memory(host, HTAB_SIM_CMA);
	close(closed);
	wrap_fail(WRAP_EPOLL_WAIT, 1, true);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), with_both);
	assert_result(htab_reset(kept), 0);
	wrap_nothing_fails();
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA),
			 with_both + (4 << 20));
	assert_order(kept, 20);
	close(kept);
	assert_int_equal(htab_sim_host_free(host), 0);
}

/* Inode numbers are unique only within one device. */
static void the_same_inode_of_another_device_is_not_the_simulators(void **state)
{
	int vmfd, foreign = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	host = htab_sim_host_new(NULL);
	vmfd = a_vm(host);
	assert_true(htab_sim_owns(vmfd));
	assert_false(htab_sim_owns(foreign));
	wrap_same_inode(foreign, vmfd);
	assert_false(htab_sim_owns(foreign));
	assert_true(htab_sim_owns(vmfd));
	wrap_same_inode(-1, -1);
	close(foreign);
	close(vmfd);
	assert_int_equal(htab_sim_host_free(host), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_a_call_fails_and_leaks_nothing),
		cmocka_unit_test(
			without_descriptors_a_call_fails_and_leaks_nothing),
		cmocka_unit_test(what_cannot_be_watched_is_not_handed_out),
		cmocka_unit_test(
			what_cannot_be_looked_at_fails_and_leaks_nothing),
		cmocka_unit_test(without_an_answer_of_epoll_nothing_is_closed),
		cmocka_unit_test(
			the_same_inode_of_another_device_is_not_the_simulators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
