/* SPDX-License-Identifier: MIT */
#include "conformance.h"

void assert_table(int vmfd, uint32_t order, uint64_t valid)
{
	assert_order(vmfd, order);
	assert_int_equal(contents_of(vmfd).valid, valid);
}

void run_for_a_moment(struct vcpu *vcpu)
{
	vcpu_start(vcpu);
	vcpu_stop(vcpu);
}

uint64_t vrma_entries(void)
{
	return host.ram / host.page_size;
}

int a_filled_vm(void)
{
	static const uint32_t indices[FILLED_ENTRIES] = {
		0, 1, 2, 9, 700, SMALL_ENTRIES - 1
	};
	int vmfd = a_vm_with_table(SMALL);

	for (size_t i = 0; i < FILLED_ENTRIES; i++)
		write_entry_of(vmfd, indices[i], (enum guest_page)(i % 3));
	return vmfd;
}
