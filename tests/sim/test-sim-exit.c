/* SPDX-License-Identifier: MIT */
/* Exits that a test plans, and the mapped struct kvm_run */
#include "forked.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

static struct uapi_kvm_run *kvm_run;

static int set_up(void **state)
{
	set_up_parent(state);
	assert_result(enable_papr(vcpufd), 0);
	kvm_run = map_run(vcpufd);
	return 0;
}

static int tear_down(void **state)
{
	unmap_run(kvm_run);
	tear_down_parent(state);
	return free_left_hosts(state);
}

#define EXIT_TEST(function)                                                    \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static int run_vcpu(int fd)
{
	return htab_sim_ioctl(fd, UAPI_KVM_RUN, NULL);
}

/* --- exits --- */

static int hypercall(int fd, uint64_t number)
{
	const uint64_t hcall[] = { number, 0, 1, 2, 3, 4 };

	return htab_sim_vcpu_exit(fd, UAPI_KVM_EXIT_PAPR_HCALL, hcall,
				  sizeof(hcall));
}

static void exits_come_in_their_order(void **state)
{
	for (uint64_t number = 0; number < 100; number++)
		assert_result(hypercall(vcpufd, number), 0);
	assert_result(htab_sim_vcpu_exit(vcpufd, 8, NULL, 0), 0);
	for (uint64_t number = 0; number < 100; number++) {
		assert_result(run_vcpu(vcpufd), 0);
		assert_int_equal(kvm_run->exit_reason,
				 UAPI_KVM_EXIT_PAPR_HCALL);
		assert_int_equal(kvm_run->exit.papr_hcall.nr, number);
		assert_int_equal(kvm_run->exit.papr_hcall.ret, 0);
		assert_int_equal(kvm_run->exit.papr_hcall.args[3], 4);
		kvm_run->exit.papr_hcall.ret = 77;
	}
	assert_result(run_vcpu(vcpufd), 0);
	assert_int_equal(kvm_run->exit_reason, 8);
	/* What the VMM wrote stays. */
	assert_int_equal(kvm_run->exit.papr_hcall.ret, 77);
	/* The vcpu has left. */
	assert_result(htab_reset(vmfd), 0);
}

static void an_exit_has_at_most_256_bytes(void **state)
{
	unsigned char data[257];

	memset(data, 0x5a, sizeof(data));
	assert_result(htab_sim_vcpu_exit(vcpufd, 8, data, 257), -EINVAL);
	assert_result(htab_sim_vcpu_exit(vcpufd, 8, data, 256), 0);
	assert_result(run_vcpu(vcpufd), 0);
	assert_memory_equal(kvm_run->exit.bytes, data, 256);
}

static void only_a_vcpu_has_exits(void **state)
{
	int pipes[2];

	assert_result(htab_sim_vcpu_exit(vmfd, 8, NULL, 0), -ENOTTY);
	assert_result(htab_sim_vcpu_exit(htabfd, 8, NULL, 0), -ENOTTY);
	assert_result(htab_sim_vcpu_exit(htab_sim_kvmfd(host), 8, NULL, 0),
		      -ENOTTY);
	assert_int_equal(pipe(pipes), 0);
	assert_result(htab_sim_vcpu_exit(pipes[0], 8, NULL, 0), -ENOTTY);
	close(pipes[0]);
	close(pipes[1]);
	assert_result(htab_sim_vcpu_exit(pipes[0], 8, NULL, 0), -EBADF);
}

static void an_exit_wakes_a_vcpu_that_is_inside(void **state)
{
	struct runner runner = { .vcpufd = vcpufd };

	for (uint64_t i = 0; i < 200; i++) {
		start_run(&runner, host);
		assert_result(htab_reset(vmfd), -EBUSY);
		assert_result(hypercall(vcpufd, i), 0);
		pthread_join(runner.thread, NULL);
		assert_result(runner.result, 0);
		assert_int_equal(kvm_run->exit.papr_hcall.nr, i);
		assert_result(htab_reset(vmfd), 0);
	}
}

/* --- several vcpus, and exits for all of them --- */

enum { VCPUS = 4, EXITS = 500 };

struct guest {
	pthread_t thread;
	int vcpufd;
	struct uapi_kvm_run *run;
	uint64_t expected; /* the next hypercall */
	bool failed;
};

/* Runs until the last exit. A signal may end a KVM_RUN before that. */
static void *run_guest(void *arg)
{
	struct guest *guest = arg;

	while (guest->expected < EXITS && !guest->failed) {
		const int r = run_vcpu(guest->vcpufd);

		if (r == -EINTR)
			continue;
		guest->failed = r != 0 || guest->run->exit.papr_hcall.nr !=
						  guest->expected;
		guest->expected++;
	}
	return NULL;
}

static void ignore(int signal)
{
}

/* No exit is lost and none goes to another vcpu, also where signals end waits
 * meanwhile. */
static void each_vcpu_gets_its_own(void **state)
{
	const struct sigaction action = { .sa_handler = ignore };
	struct guest guests[VCPUS] = { { 0 } };

	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < VCPUS; i++) {
		guests[i].vcpufd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU,
						  (void *)(uintptr_t)(i + 1));
		assert_result(enable_papr(guests[i].vcpufd), 0);
		guests[i].run = map_run(guests[i].vcpufd);
		assert_int_equal(pthread_create(&guests[i].thread, NULL,
						run_guest, &guests[i]),
				 0);
	}
	for (uint64_t number = 0; number < EXITS; number++) {
		for (int i = 0; i < VCPUS; i++) {
			/* Before the last exit the thread cannot have ended. */
			if (number % 3 == 0)
				pthread_kill(guests[i].thread, SIGUSR1);
			assert_result(hypercall(guests[i].vcpufd, number), 0);
		}
	}
	for (int i = 0; i < VCPUS; i++) {
		pthread_join(guests[i].thread, NULL);
		assert_false(guests[i].failed);
		assert_int_equal(guests[i].expected, EXITS);
		unmap_run(guests[i].run);
		close(guests[i].vcpufd);
	}
}

/* --- the mapping --- */

static int map_errno(int fd, size_t len, int prot, int flags, off_t offset)
{
	void *map = htab_sim_mmap(NULL, len, prot, flags, fd, offset);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, len);
	return 0;
}

static void only_a_vcpu_can_be_mapped(void **state)
{
	const int rw = PROT_READ | PROT_WRITE;

	assert_result(map_errno(vmfd, 4096, rw, MAP_SHARED, 0), -ENODEV);
	assert_result(map_errno(htab_sim_kvmfd(host), 4096, rw, MAP_SHARED, 0),
		      -ENODEV);
	/* An htab fd is open for reading or for writing only. */
	assert_result(map_errno(htabfd, 4096, rw, MAP_SHARED, 0), -EACCES);
	assert_result(map_errno(htabfd, 4096, rw, MAP_PRIVATE, 0), -ENODEV);
	assert_result(map_errno(htabfd, 4096, PROT_READ, MAP_SHARED, 0),
		      -ENODEV);
	assert_result(map_errno(writefd, 4096, PROT_READ, MAP_SHARED, 0),
		      -EACCES);
}

/* The host has pages of 64K. */
static void a_vcpus_mapping_ends_with_its_struct(void **state)
{
	const int rw = PROT_READ | PROT_WRITE;

	assert_result(map_errno(vcpufd, 65536, rw, MAP_SHARED, 0), 0);
	assert_result(map_errno(vcpufd, 65537, rw, MAP_SHARED, 0), -EINVAL);
	assert_result(map_errno(vcpufd, 1, rw, MAP_SHARED, 65536), -EINVAL);
	assert_result(map_errno(vcpufd, 4096, rw, MAP_SHARED, -4096), -EINVAL);
}

static void a_mapping_outlives_the_descriptor(void **state)
{
	int other = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, (void *)1);
	struct uapi_kvm_run *run = map_run(other), *same = map_run(other);
	int next;

	run->cr8 = 5;
	close(other);
	next = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, (void *)2);
	assert_int_equal(same->cr8, 5);
	unmap_run(same);
	same = map_run(next);
	same->cr8 = 6;
	assert_int_equal(run->cr8, 5);
	unmap_run(same);
	unmap_run(run);
	close(next);
}

static void other_mappings_are_the_kernels(void **state)
{
	FILE *file = tmpfile();
	char *map;

	map = htab_sim_mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	munmap(map, 4096);
	/* The kernel ignores the descriptor of an anonymous mapping. */
	assert_result(map_errno(vmfd, 4096, PROT_READ,
				MAP_PRIVATE | MAP_ANONYMOUS, 0),
		      0);
	assert_result(map_errno(-1, 4096, PROT_READ, MAP_SHARED, 0), -EBADF);

	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), 2 * 65536), 0);
	assert_int_equal(pwrite(fileno(file), "x", 1, 65536), 1);
	map = htab_sim_mmap(NULL, 65536, PROT_READ, MAP_PRIVATE, fileno(file),
			    65536);
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(*map, 'x');
	munmap(map, 65536);
	assert_result(map_errno(fileno(file), 1, PROT_READ, MAP_PRIVATE, 1),
		      -EINVAL);
	fclose(file);
}

/* --- fork() --- */

static void in_child(void)
{
	int vm = childs_vm(20), vcpu;
	struct uapi_kvm_run *run;

	EXPECT(htab_sim_vcpu_exit(vcpufd, 8, NULL, 0) == -EIO);
	EXPECT(map_errno(vcpufd, 4096, PROT_READ, MAP_SHARED, 0) == -EIO);
	vcpu = htab_sim_ioctl(vm, UAPI_KVM_CREATE_VCPU, NULL);
	EXPECT(vcpu >= 0 && enable_papr(vcpu) == 0);
	EXPECT(htab_sim_vcpu_exit(vcpu, 9, NULL, 0) == 0);
	EXPECT(run_vcpu(vcpu) == 0);
	run = map_run(vcpu);
	EXPECT(run->exit_reason == 9);
	/* It is not that of the parent. */
	EXPECT(kvm_run->exit_reason != 9);
	close(vcpu);
	close(vm);
}

static void a_child_has_areas_of_its_own(void **state)
{
	pid_t pid;

	assert_result(htab_sim_vcpu_exit(vcpufd, 8, NULL, 0), 0);
	assert_result(run_vcpu(vcpufd), 0);
	pid = start_child(in_child);
	end_child(pid);
	assert_int_equal(kvm_run->exit_reason, 8);
	assert_result(htab_sim_vcpu_exit(vcpufd, 7, NULL, 0), 0);
	assert_result(run_vcpu(vcpufd), 0);
	assert_int_equal(kvm_run->exit_reason, 7);
}

/* The child does not have the thread that is inside. It must neither wait for
 * it nor take its wake. */
static void a_child_leaves_vcpus_inside_alone(void **state)
{
	struct runner runner = { .vcpufd = vcpufd };
	pid_t pid;

	start_run(&runner, host);
	pid = start_child(in_child);
	end_child(pid);
	assert_result(htab_reset(vmfd), -EBUSY);
	assert_result(htab_sim_vcpu_exit(vcpufd, 7, NULL, 0), 0);
	pthread_join(runner.thread, NULL);
	assert_result(runner.result, 0);
	assert_int_equal(kvm_run->exit_reason, 7);
}

/* Its host is off, and the mapping is still there. */
static void a_mapping_outlives_the_host(void **state)
{
	struct htab_sim_host *other = htab_sim_host_new(NULL);
	int vm = a_vm(other), vcpu = a_vcpu(vm);
	struct uapi_kvm_run *run = map_run(vcpu);

	assert_int_equal(free_host(other), 2);
	assert_result(htab_sim_vcpu_exit(vcpu, 8, NULL, 0), -EIO);
	assert_result(map_errno(vcpu, 4096, PROT_READ, MAP_SHARED, 0), -EIO);
	run->cr8 = 5;
	close(vcpu);
	close(vm);
	assert_int_equal(free_host(htab_sim_host_new(NULL)), 0);
	assert_int_equal(run->cr8, 5);
	unmap_run(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EXIT_TEST(exits_come_in_their_order),
		EXIT_TEST(an_exit_has_at_most_256_bytes),
		EXIT_TEST(only_a_vcpu_has_exits),
		EXIT_TEST(an_exit_wakes_a_vcpu_that_is_inside),
		EXIT_TEST(each_vcpu_gets_its_own),
		EXIT_TEST(only_a_vcpu_can_be_mapped),
		EXIT_TEST(a_vcpus_mapping_ends_with_its_struct),
		EXIT_TEST(a_mapping_outlives_the_descriptor),
		EXIT_TEST(other_mappings_are_the_kernels),
		EXIT_TEST(a_child_has_areas_of_its_own),
		EXIT_TEST(a_child_leaves_vcpus_inside_alone),
		SIM_TEST(a_mapping_outlives_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
