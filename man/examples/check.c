/* SPDX-License-Identifier: MIT */
/*
 * Runs the examples of the man pages on the simulator.
 */
#include "examples.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void expect(int64_t value, int64_t expected)
{
	if (value == expected)
		return;
	fprintf(stderr, "%" PRId64 ", not %" PRId64 "\n", value, expected);
	exit(1);
}

/* A bolted entry of a page of 4K, at guest address 0x3000 */
static const struct htab_hpte entry = {
	.v = HTAB_V_VALID | HTAB_V_BOLTED,
	.r = 0x3000 | HTAB_R_COHERENT | HTAB_R_REFERENCED | HTAB_R_CHANGED,
};

static void guest(void)
{
	struct htab_sim_host *host = htab_sim_host_new(NULL);
	int vmfd = htab_sim_vm_new(host), kvmfd = htab_sim_kvmfd(host);
	uint32_t least;

	expect(keeps_table(kvmfd), 1);
	expect(start_order((uint64_t)8 << 30, 64 << 20, &least), 26);
	expect(least >= 18 && least <= 21, 1);
	expect(give_table(vmfd, 17), -ERANGE);
	expect(boot(vmfd, 22, 24), 24);
	expect(give_table(vmfd, 24), 0);
	expect(print_sizes(kvmfd, vmfd), 0);
	expect(print_versions() > 0, 1);
	close(vmfd);
	expect(htab_sim_host_free(host), 0);

	host = htab_sim_host_new("cpu=power9 mmu=radix");
	vmfd = htab_sim_vm_new(host);
	expect(make_radix(vmfd, UINT64_C(0x8000000000000005)), 0);
	close(vmfd);
	expect(htab_sim_host_free(host), 0);

	host = htab_sim_host_new("kvm=none");
	vmfd = htab_sim_vm_new(host);
	expect(keeps_table(htab_sim_kvmfd(host)), 0);
	expect(boot(vmfd, 22, 24), 0);
	close(vmfd);
	expect(htab_sim_host_free(host), 0);
}

static void records(const struct htab_hpte *hpte)
{
	unsigned char entries[16], buf[24];
	struct htab_record record = { .n_valid = 1, .entries = entries };

	for (int i = 0; i < 8; i++) {
		entries[i] = (unsigned char)(hpte->v >> (56 - 8 * i));
		entries[8 + i] = (unsigned char)(hpte->r >> (56 - 8 * i));
	}
	expect((int64_t)htab_record_put(buf, sizeof(buf), &record), 24);
	expect(htab_records_to_wire(buf, sizeof(buf)), 0);
	expect(bolted(buf, sizeof(buf), 18), 1);
	expect(bolted(buf, sizeof(buf) - 1, 18), -EBADMSG);
}

static void table(void)
{
	struct htab_sim_host *host = htab_sim_host_new(NULL);
	int vmfd = htab_sim_vm_new(host), other = htab_sim_vm_new(host);
	char path[] = "/tmp/libhtab-man-XXXXXX";
	struct htab_hpte hpte;
	uint32_t pft_size = 0;

	expect(print_entry(&entry) > 0, 1);
	records(&entry);
	expect(give_table(vmfd, 18), 0);
	expect(htab_put_hptes(vmfd, 8, &entry, 1), 0);
	close(mkstemp(path));
	expect(save_to(vmfd, path), 0);
	expect(remove_entry(vmfd, 8), 0);
	expect(htab_get_hptes(vmfd, 8, &hpte, 1), 0);
	expect((int64_t)hpte.v, 0);
	expect(restore_from(other, path), 0);
	unlink(path);
	expect(htab_get_hptes(other, 8, &hpte, 1), 0);
	expect(memcmp(&hpte, &entry, sizeof(hpte)), 0);
	expect(htab_sim_vcpu_enter(vmfd), 0);
	expect(htab_sim_vcpu_leave(vmfd), 0);
	while (h_resize_hpt_prepare(vmfd, 19) != 0)
		usleep(1000);
	expect(h_resize_hpt_commit(vmfd, 19, &pft_size), 0);
	expect(pft_size, 19);
	close(vmfd);
	close(other);
	expect(htab_sim_host_free(host), 0);
}

int main(void)
{
	guest();
	table();
	short_host_gives_a_smaller_table();
	reset_of_a_running_guest_is_refused();
	old_kernel_is_asked_at_dev_kvm();
	failed_reset_leaves_no_descriptor();
	unknown_request_is_named();
	reset_makes_these_calls();
	closing_a_vm_that_lost_its_table();
	return 0;
}
