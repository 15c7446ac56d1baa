/* SPDX-License-Identifier: MIT */
/* fork(): parent and child have VMs of their own, while both are alive */
#include "forked.h"

static void open_use_and_close(void)
{
	int fd[3];

	EXPECT(htab_sim_free_memory(host, HTAB_SIM_CMA) == free_cma);
	for (uint32_t i = 0; i < COUNT_OF(fd); i++)
		fd[i] = childs_vm(20 + i);
	give_turn();
	wait_for_turn();
	/* The parent's calls have not changed the memory that the child
	 * sees. */
	EXPECT(htab_sim_free_memory(host, HTAB_SIM_CMA) ==
	       free_cma - (7 << 20));
	EXPECT(htab_reset(fd[1]) == 0);
	EXPECT(close(fd[0]) == 0);
	EXPECT(htab_sim_free_memory(host, HTAB_SIM_CMA) ==
	       free_cma - (6 << 20));
	give_turn();
	wait_for_turn();
	EXPECT(close(fd[1]) == 0);
	EXPECT(close(fd[2]) == 0);
	EXPECT(htab_sim_free_memory(host, HTAB_SIM_CMA) == free_cma);
	EXPECT(htab_sim_free_memory(host, HTAB_SIM_PAGES) == free_pages);
	give_turn();
	wait_for_turn();
}

static void a_childs_vms_are_its_own_while_both_are_alive(void **state)
{
	pid_t pid = start_child(open_use_and_close);

	for (int i = 0; i < 3; i++) {
		wait_for_turn();
		assert_parent_is_well();
		give_turn();
	}
	end_child(pid);
	assert_parent_is_well();
}

/* --- the parent's VMs, in the child --- */

static void call_all(void)
{
	struct uapi_kvm_ppc_resize_hpt how = { .shift = 20 };
	struct uapi_kvm_get_htab_fd get = { 0 };
	uint32_t order = 22;
	char bytes[64] = { 0 };

	EXPECT(htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, NULL) == -EIO);
	EXPECT(capability(vmfd, UAPI_KVM_CAP_PPC_ALLOC_HTAB) == -EIO);
	EXPECT(allocate(vmfd, &order) == -EIO);
	EXPECT(htab_sim_ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &get) == -EIO);
	EXPECT(htab_sim_ioctl(vmfd, UAPI_KVM_PPC_RESIZE_HPT_PREPARE, &how) ==
	       -EIO);
	EXPECT(htab_sim_ioctl(vmfd, UAPI_KVM_PPC_RESIZE_HPT_COMMIT, &how) ==
	       -EIO);
	/* The process is checked before the request, so an unknown request is
	 * EIO as well. */
	EXPECT(htab_sim_ioctl(vmfd, 0xae99, NULL) == -EIO);
	EXPECT(htab_sim_ioctl(vcpufd, 0xae99, NULL) == -EIO);
	EXPECT(htab_sim_ioctl(vcpufd, UAPI_KVM_RUN, NULL) == -EIO);
	EXPECT(htab_sim_vcpu_enter(vmfd) == -EIO);
	EXPECT(htab_sim_vcpu_leave(vmfd) == -EIO);
	EXPECT(htab_sim_read(htabfd, bytes, sizeof(bytes)) == -EIO);
	EXPECT(htab_sim_write(writefd, bytes, 8, 8) == -EIO);
	EXPECT(htab_order(vmfd, &order) == -EIO);
	EXPECT(htab_reset(vmfd) == -EIO);
	EXPECT(htab_sim_owns(vmfd) && htab_sim_owns(htabfd));
	/* The child may use the host's /dev/kvm. */
	EXPECT(capability(htab_sim_kvmfd(host), UAPI_KVM_CAP_PPC_ALLOC_HTAB) ==
	       1);
	close(childs_vm(20));
}

static void a_parents_descriptors_are_eio_in_the_child(void **state)
{
	end_child(start_child(call_all));
	assert_parent_is_well();
}

static void a_grandchild_is_a_child_of_its_own(void)
{
	int own = childs_vm(20), status;
	pid_t pid = fork();

	EXPECT(pid >= 0);
	if (pid == 0) {
		uint32_t order;

		EXPECT(htab_order(own, &order) == -EIO);
		call_all();
		_exit(0);
	}
	EXPECT(waitpid(pid, &status, 0) == pid && status == 0);
	EXPECT(htab_reset(own) == 0);
}

static void a_grandchild_knows_neither_ones_vms(void **state)
{
	end_child(start_child(a_grandchild_is_a_child_of_its_own));
	assert_parent_is_well();
}

static void live_for_a_turn(void)
{
	wait_for_turn();
}

/* As in a kernel, a VM exists as long as any process has a descriptor of it. */
static void a_vm_lives_on_while_a_child_has_a_copy(void **state)
{
	int shared = a_vm_with_table(host, 20);
	pid_t pid = start_child(live_for_a_turn);

	close(shared);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA),
			 free_cma - (1 << 20));
	give_turn();
	end_child(pid);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), free_cma);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, set_up_parent, tear_down_parent)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_childs_vms_are_its_own_while_both_are_alive),
		TEST(a_parents_descriptors_are_eio_in_the_child),
		TEST(a_grandchild_knows_neither_ones_vms),
		TEST(a_vm_lives_on_while_a_child_has_a_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
