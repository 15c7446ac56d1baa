/* SPDX-License-Identifier: MIT */
/*
 * The functions that the man pages show as examples. check.c calls each of them
 * on the simulator.
 */
#ifndef HTAB_MAN_EXAMPLES_H
#define HTAB_MAN_EXAMPLES_H

#include <libhtab-sim.h>
#include <libhtab.h>

/* guest.c: what a VMM does */
int keeps_table(int kvmfd);
int boot(int vmfd, uint32_t order, uint32_t least);
int start_order(uint64_t ram, uint64_t real_mode, uint32_t *least);
int print_sizes(int kvmfd, int vmfd);
int print_versions(void);
int give_table(int vmfd, uint32_t order);
int make_radix(int vmfd, uint64_t process_table);

/* table.c: what is in a table, and moves with it */
int print_entry(const struct htab_hpte *hpte);
int bolted(void *buf, size_t len, uint32_t order);
int remove_entry(int vmfd, uint32_t index);
int save_to(int vmfd, const char *path);
int restore_from(int vmfd, const char *path);
long h_resize_hpt_prepare(int vmfd, uint32_t order);
long h_resize_hpt_commit(int vmfd, uint32_t order, uint32_t *pft_size);

/* simulated.c: what a VMM's tests do */
void short_host_gives_a_smaller_table(void);
void reset_of_a_running_guest_is_refused(void);
void old_kernel_is_asked_at_dev_kvm(void);
void failed_reset_leaves_no_descriptor(void);
void unknown_request_is_named(void);
void reset_makes_these_calls(void);
void closing_a_vm_that_lost_its_table(void);

/* Ends the program if a function has not returned what is expected. */
void expect(int64_t value, int64_t expected);

#endif
