/* SPDX-License-Identifier: MIT */
#ifndef LIBHTAB_H
#define LIBHTAB_H

/**
 * DOC: libhtab: a PowerPC guest's hashed page table, through KVM
 *
 * What it is
 * ----------
 *
 * A PowerPC hash guest finds its translations in a hashed page table (HPT,
 * "htab") that KVM HV keeps for it. A virtual machine monitor (VMM) asks the
 * kernel for that table before the guest runs, and clears it when the guest
 * resets. One ioctl does both, KVM_PPC_ALLOCATE_HTAB. It once promised that
 *
 * * the kernel makes a table of the order that the VMM asks for, or the largest
 *   one that the host can give, and says which;
 * * no table changes under a running vcpu;
 * * a table that exists is only cleared.
 *
 * No kernel of today keeps all of these promises. libhtab keeps them on every
 * kernel from Linux 3.6 on, and refuses the arguments with which kernels lose
 * the table or crash.
 *
 * What it is not
 * --------------
 *
 * libhtab creates no VM, runs no vcpu and manages no guest memory. It does not
 * keep a table of its own either. Where KVM keeps none (KVM PR, other
 * architectures), its functions return -ENOTTY, and the VMM has to keep the
 * table.
 *
 * Example
 * -------
 *
 * This is what a VMM does with the table during the life of a guest. real_mode
 * is how much memory the guest uses in real mode, and page_shift says how large
 * the pages are that back guest address 0 (see "Real mode" below). pft_size is
 * the order of the table, which the VMM puts into the property "ibm,pft-size"
 * of the guest's device tree. guest_stop_vcpus() is a function of the VMM that
 * takes all vcpus out of KVM_RUN and keeps them out.
 *
 * guest_boot() comes before the first vcpu runs. The guest gets the table that
 * suits its RAM, or a smaller one if the host is short of memory, but never one
 * that is too small for its real mode. guest_reset() empties the table when the
 * guest resets. guest_reboot() takes its place if the guest's RAM has changed
 * since, or if the guest may have resized its table. guest_close() closes the
 * VM, after a precaution that "Closing a VM" below explains. ::
 *
 *	#include <errno.h>
 *	#include <stdio.h>
 *	#include <unistd.h>
 *	#include <libhtab.h>
 *
 *	struct guest {
 *		int vmfd;
 *		uint64_t ram;
 *		uint64_t real_mode;
 *		unsigned int page_shift;
 *		uint32_t pft_size;
 *		int lost_table;
 *	};
 *
 *	void guest_stop_vcpus(struct guest *guest);
 *
 *	static int report(const char *step, int r)
 *	{
 *		if (r < 0)
 *			fprintf(stderr, "%s: %s\n", step, htab_strerror(r));
 *		return r;
 *	}
 *
 *	static uint32_t least_order(const struct guest *guest)
 *	{
 *		return htab_order_for_vrma(guest->real_mode,
 *					   guest->page_shift);
 *	}
 *
 *	static uint32_t wanted_order(const struct guest *guest)
 *	{
 *		uint32_t least = least_order(guest);
 *		uint32_t order = htab_order_for_ram(guest->ram);
 *
 *		return order < least ? least : order;
 *	}
 *
 *	int guest_boot(struct guest *guest)
 *	{
 *		uint32_t order = wanted_order(guest);
 *		int r = htab_alloc_at_least(guest->vmfd, &order,
 *					    least_order(guest));
 *
 *		if (r == 0)
 *			guest->pft_size = order;
 *		return report("boot", r);
 *	}
 *
 *	int guest_reset(struct guest *guest)
 *	{
 *		guest_stop_vcpus(guest);
 *		return report("reset", htab_reset(guest->vmfd));
 *	}
 *
 *	int guest_reboot(struct guest *guest)
 *	{
 *		uint32_t order = wanted_order(guest);
 *		int r;
 *
 *		guest_stop_vcpus(guest);
 *		r = htab_renew(guest->vmfd, &order, least_order(guest));
 *		if (r == 0)
 *			guest->pft_size = order;
 *		guest->lost_table = r == -ENOMEM;
 *		return report("reboot", r);
 *	}
 *
 *	void guest_close(struct guest *guest)
 *	{
 *		uint32_t order = HTAB_ORDER_MIN;
 *
 *		if (guest->lost_table)
 *			report("close", htab_alloc(guest->vmfd, &order));
 *		close(guest->vmfd);
 *	}
 *
 * A guest must not run after one of these functions has failed. Most errors are
 * final for the guest. The exceptions are -EBUSY (a vcpu is still inside
 * KVM_RUN: stop it and call again) and, from guest_boot(), -ENOTTY: a VMM that
 * can keep the table itself does so then.
 *
 * Where it sits
 * -------------
 *
 * ::
 *
 *	VMM  ->  libhtab  ->  KVM_* ioctls on a descriptor of the VMM
 *
 * The library makes its ioctls itself. A VMM that brackets its ioctls (QEMU's
 * accel_ioctl_begin() and accel_ioctl_end()) has to bracket the calls of this
 * library instead, and one that traces them has to trace the calls.
 *
 * The library is stateless. It has no globals, no allocation that outlives a
 * call, no locks, no threads and no logging, and it reads no environment
 * variables.
 *
 * Orders
 * ------
 *
 * The order of a table is the base-2 logarithm of its size in bytes. The
 * smallest is 18 (256 KiB) and the largest is 46. Order 24 (16 MiB) is what the
 * kernel makes by itself when a vcpu first runs without a table. The VMM puts
 * the order that htab_alloc() returns into the guest's "ibm,pft-size". The host
 * pays for the table twice, because the kernel's reverse map of the table takes
 * as much memory again.
 *
 * Real mode
 * ---------
 *
 * A guest runs in real mode until it has set up translations of its own, and
 * its table has to be large enough for that. KVM maps real mode at the first
 * KVM_RUN, with one page in each group of 8 entries of the table (the virtual
 * real mode area, VRMA). So a table of order n maps 2^(n - 7) pages of the size
 * that backs guest address 0, and a guest that touches more hangs, without a
 * message. A guest of 512 MiB that uses all of it in real mode needs order 24
 * on a host with 4K pages, though htab_order_for_ram() returns 22, and order 20
 * with 64K pages. Hence a VMM calls htab_alloc_at_least() with the order of
 * htab_order_for_vrma() as the floor.
 *
 * The guest's firmware and kernel decide how much it uses in real mode. A Linux
 * guest may use the first memory node of its device tree. A VMM either asks for
 * a table that covers this node, or it makes the node no larger than
 * htab_vrma_limit() of the table that it was given.
 *
 * Descriptors
 * -----------
 *
 * vmfd is what KVM_CREATE_VM returned and kvmfd is an open /dev/kvm. The
 * library borrows them: it never closes or keeps them. It closes whatever it
 * opens itself before it returns, on every path. It also sets that to close on
 * exec at once, because kernels before Linux 3.12 open the htab fd without
 * close-on-exec. (On those, a program that another thread starts in between
 * inherits the descriptor.)
 *
 * Errors
 * ------
 *
 * Functions return 0 (or a value) on success and a negative errno otherwise;
 * errno itself is not part of the API. They write outputs on success only,
 * except where their description says otherwise. The description of each
 * function lists its errors. These mean the same everywhere:
 *
 * * -EBADF: not an open descriptor.
 * * -EINVAL: a NULL pointer, or the descriptor is /dev/kvm or a vcpu where a
 *   VM's is wanted. (Functions that return -EOPNOTSUPP look at the host first:
 *   for /dev/kvm on a host that cannot run hash guests they return that.)
 * * -ENOTTY: this KVM keeps no hashed page table (KVM PR, or not a PowerPC), or
 *   the descriptor has nothing to do with KVM. The library also returns this
 *   where the kernel returns ENOSYS. A VMM that keeps the table of its guest
 *   itself then clears that one.
 * * -EIO: another process made the VM (a fork counts as another process), or
 *   the VM is dead.
 * * -EPROTO: the kernel gave an answer that no known kernel gives. What the VM
 *   has is unknown.
 * * -EACCES, -EPERM: a security module (LSM) forbids the ioctl. Any function
 *   can return these.
 *
 * Any other error comes from a filter of system calls (seccomp) or a security
 * module, and is returned unchanged.
 *
 * vcpus
 * -----
 *
 * Take every vcpu out of KVM_RUN (a signal with kvm_run->immediate_exit) and
 * keep it out until the call returns. While a thread is inside KVM_RUN the
 * functions return -EBUSY, even if its guest is idle. The library cannot see a
 * vcpu that starts a moment later. A kernel makes a table by itself at the
 * first KVM_RUN of a VM without one, so allocate before that. Success does not
 * prove that no vcpu is inside KVM_RUN: one may be waiting in the kernel for
 * the call to end.
 *
 * Threads
 * -------
 *
 * Any thread may call, and different VMs are independent. Functions on one VM
 * must not run concurrently with each other, nor with a read of the VM's htab
 * fd or of its debugfs file, because Linux 4.11 and later free the table
 * without regard to readers. For the same reason nothing may change the VM's
 * memory slots or call KVM_GET_DIRTY_LOG while a table is replaced by one of
 * another order.
 *
 * A reader of an htab fd misses what htab_alloc(), htab_reset() and
 * htab_renew() clear: close the htab fd before the call, and open another one
 * after it.
 *
 * Do not cancel a thread (pthread_cancel()) that may be inside a call. read(),
 * write() and close() are cancellation points, and a call that ends in one
 * leaves a descriptor open.
 *
 * Signals and time
 * ----------------
 *
 * A signal neither restarts a call nor cuts it short (but see htab_largest()).
 * The kernel may take seconds to move memory out of the way. Each order that
 * the host's reserved memory (CMA) cannot provide may leave a line on the
 * host's console, "cma: cma_alloc: kvm_cma: alloc failed". It is harmless.
 *
 * Resetting a guest
 * -----------------
 *
 * These are the steps of a VMM:
 *
 * 1. Take all vcpus out of KVM_RUN, and keep them out.
 * 2. On each vcpu, complete what its last exit left pending. After an exit for
 *    MMIO or for a hypercall, the kernel writes the result into the vcpu's
 *    registers at the next KVM_RUN, which would change them after step 5. So
 *    call KVM_RUN with kvm_run->immediate_exit set (before Linux 4.11, with a
 *    signal pending). It fails with EINTR and runs no guest code. It is not a
 *    first run: it makes no table and no entries in a table, so it may also
 *    come after step 3.
 * 3. Call htab_reset(), or htab_renew() if the size is to change.
 * 4. Load the firmware or kernel and the device tree into the guest's memory
 *    again, with the order that htab_renew() returned.
 * 5. Set the registers of all vcpus, and go on. The next KVM_RUN maps real mode
 *    again.
 *
 * Plugged memory
 * --------------
 *
 * A running guest changes the size of its table itself, with the hypercalls
 * H_RESIZE_HPT_PREPARE and H_RESIZE_HPT_COMMIT. The VMM passes them on to
 * htab_resize_prepare() and htab_resize_commit(), and htab_papr_status() gives
 * it the results for the guest. htab_alloc(), htab_reset() and htab_renew() are
 * not for that: they empty the table, which a guest survives only by a reset.
 *
 * When a guest reboots after memory was plugged, or after it has resized its
 * table, htab_renew() gives it the size that the VMM wants, and htab_reset()
 * keeps the present one. On libhtab 0.1, which had no htab_renew(), a VMM calls
 * htab_reset() and then htab_alloc_at_least(), with the old order as the
 * floor.
 *
 * Prepared resizes
 * ----------------
 *
 * A table that htab_resize_prepare() has prepared survives htab_alloc(),
 * htab_reset(), htab_renew() and htab_restore(). Its memory stays taken, and a
 * later htab_resize_commit() puts it, with the order that was prepared, in the
 * place of the table that was allocated here. A VMM that resets a guest, makes
 * it a radix guest, or closes the VM calls htab_resize_cancel() first. If the
 * VM is closed while a table is still prepared, the memory of that table is
 * lost until the host reboots.
 *
 * Moving a guest
 * --------------
 *
 * A VMM that saves a guest which is stopped calls htab_save(), and
 * htab_restore() for the VM that goes on with it. One that migrates a guest
 * while it runs reads the table as a stream:
 *
 * 1. On the old host, open a reader with htab_open(), and send the order of the
 *    table and the records that htab_read() returns, with a framing of the
 *    VMM's own. htab_records_to_wire() makes them the same on every host.
 * 2. While the vcpus run, 0 from htab_read() means that the other host has
 *    caught up for the moment. Go on from time to time.
 * 3. Stop the vcpus, and read until htab_read() returns 0.
 * 4. On the new host, make a table of exactly that order, open it with
 *    HTAB_OPEN_WRITE, convert and check what arrives (htab_records_from_wire(),
 *    htab_records_check()), and write it, all before the first vcpu runs.
 *
 * If the guest resets or resizes its table in between, close the reader, open
 * another one, and begin again: a change of the whole table sets no marks.
 *
 * A table moves from kernel to kernel, and between POWER8 and POWER10, with two
 * known exceptions. A host with 4K pages refuses the entries that a host with
 * 64K pages has made for real mode (-EIO). On Linux 4.14 with a POWER9 the guest
 * does not run on the table that it is given.
 *
 * Single entries, for a debugger, are what htab_get_hptes() returns. The
 * functions htab_hpte_*() decode them.
 *
 * Closing a VM
 * ------------
 *
 * On Linux 4.11 to 4.14, to close a VM that has lost its table corrupts the
 * host: the kernel frees the reverse map of the lost table a second time, and
 * by then it may be another VM's. A VM loses its table if it had one and
 * htab_alloc(), htab_alloc_at_least() or htab_renew() then returned -ENOMEM.
 * Before you close such a VM, make one htab_alloc() succeed; order 18 is
 * enough. A VMM cannot tell these kernels from later ones, so do it on all.
 *
 * Kernels
 * -------
 *
 * This is what kernels do without libhtab::
 *
 *	3.6-3.7    fall back to smaller tables, or to one of order 24 from the
 *	           boot pool; a table keeps its first size until the VM is
 *	           closed; there is no htab fd
 *	3.8-4.3    the same (boot pool up to 3.11), with an htab fd
 *	4.4-4.10   give the order that was asked for, or ENOMEM, which may leave
 *	           the VM with a table whose memory was freed
 *	4.11-4.14  free the table first if another order is asked for, and then
 *	           may fail
 *	4.15-      do the same, and turn a radix guest into a hash guest
 *	5.10-      give EOPNOTSUPP on a nested hypervisor (4.20-5.9: succeed,
 *	           and crash later)
 *
 * Name
 * ----
 *
 * libiberty, which comes with binutils, has a hash table library with the same
 * prefix. Its <hashtab.h> declares types named htab_alloc and htab_free, so do
 * not include it in the same file. A program can link both: no symbol of
 * libhtab is one of libiberty's.
 *
 * Stability
 * ---------
 *
 * The soname is libhtab.so.0, and stays while the version is 0.x.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The compiler warns about a call whose result is ignored. */
#if defined(__GNUC__)
#define HTAB_MUST_CHECK __attribute__((warn_unused_result))
#else
#define HTAB_MUST_CHECK
#endif

/*
 * Capabilities
 * ============
 */

/**
 * define HTAB_CAP_ALLOC - Hash guests can run, and KVM keeps their table.
 *
 * htab_alloc() can work here. (On the first POWER9, DD2.0, with a radix host,
 * Linux 4.15 to 5.11 also report hash guests and give them a table, but each
 * KVM_RUN of one fails with EBUSY. Nothing tells this before the first run.)
 * Since: 0.1
 */
#define HTAB_CAP_ALLOC 0x1

/**
 * define HTAB_CAP_STREAM - The table has a descriptor.
 *
 * htab_order() works here. Since: 0.1
 */
#define HTAB_CAP_STREAM 0x2

/**
 * define HTAB_CAP_RESIZE - A hash guest can resize its table as it runs.
 *
 * It does so through hypercalls that the VMM passes on (Linux 4.11, on POWER9
 * Linux 4.16). This is stricter than KVM's own KVM_CAP_SPAPR_RESIZE_HPT, which
 * nested hypervisors and early POWER9 also report, though no hash guest can run
 * there. Since: 0.1
 */
#define HTAB_CAP_RESIZE 0x4

/**
 * define HTAB_CAP_PR - Hash guests can run, but KVM keeps no table (KVM PR).
 *
 * The VMM keeps the table in its own memory. This bit is never set together
 * with another. KVM on embedded PowerPC (Book E) cannot be told apart from
 * KVM PR. Since: 0.2
 */
#define HTAB_CAP_PR 0x8

/**
 * define HTAB_CAP_RADIX - Radix guests can run.
 *
 * htab_configure_mmu() works here. If HTAB_CAP_ALLOC is not set, only radix
 * guests can run: the host is a nested hypervisor, an early POWER9, or a kernel
 * before Linux 4.15. Since: 0.2
 */
#define HTAB_CAP_RADIX 0x10

/**
 * htab_caps() - Ask what a host can do.
 * @fd: /dev/kvm, or a VM (since Linux 3.17). If both KVM HV and KVM PR are
 *	loaded, /dev/kvm answers for HV, and a VM for its own kind.
 *
 * The function corrects two false positives: KVM PR (up to Linux 4.10) and
 * nested hypervisors report KVM_CAP_PPC_ALLOC_HTAB although the ioctl cannot be
 * used there.
 *
 * Ioctls: KVM_CHECK_EXTENSION, at most five times, and twice on a host that
 * runs no hash guests at all, such as x86.
 *
 * Since: 0.1
 *
 * Return:
 * * 0 or more: a set of HTAB_CAP_* bits, empty on a host without any of them.
 * * -EBADF, -EIO: see "Errors" above.
 * * -EINVAL: the descriptor is a vcpu.
 * * -ENOTTY: the descriptor is not KVM's, or it is a VM before Linux 3.17,
 *   where only /dev/kvm can be asked.
 */
int htab_caps(int fd) HTAB_MUST_CHECK;

/*
 * Orders and real mode
 * ====================
 */

/**
 * define HTAB_ORDER_MIN - The smallest order of a table.
 *
 * The table has 256 KiB. Since: 0.1
 */
#define HTAB_ORDER_MIN 18

/**
 * define HTAB_ORDER_MAX - The largest order of a table.
 *
 * The table has 64 TiB. Since: 0.1
 */
#define HTAB_ORDER_MAX 46

/**
 * define HTAB_ORDER_DEFAULT - The order that a kernel chooses by itself.
 *
 * A kernel makes a table of this order, 16 MiB, when a vcpu first runs without
 * one. Since: 0.1
 */
#define HTAB_ORDER_DEFAULT 24

/**
 * htab_order_for_ram() - Compute the order that suits a guest's RAM.
 * @bytes: the guest's RAM in bytes: what it has, or at most what it can grow to
 *
 * The table takes 1/128 of the RAM, rounded up to a power of two. This is
 * QEMU's rule, so that both agree about a guest that migrates. The table can
 * still be too small for the guest's real mode: see htab_order_for_vrma(). The
 * function makes no system call.
 *
 * Since: 0.1
 *
 * Return: an order, 18 to 46.
 */
uint32_t htab_order_for_ram(uint64_t bytes);

/**
 * htab_order_for_vrma() - Compute the smallest order that covers real mode.
 * @bytes: how much memory, from guest address 0 on, the guest uses before it
 *	has translations of its own
 * @page_shift: the base-2 logarithm of the size of the pages that back guest
 *	address 0: see htab_vrma_limit()
 *
 * Use this order as the floor for htab_alloc_at_least() and htab_renew(), which
 * refuse 0 with -ERANGE. The function makes no system call.
 *
 * Since: 0.2
 *
 * Return: an order, 18 to 46, or 0 if no table covers so much (more than 1 TiB)
 * or @page_shift is out of its range.
 */
uint32_t htab_order_for_vrma(uint64_t bytes, unsigned int page_shift);

/**
 * htab_vrma_limit() - Compute how much real mode a table covers.
 * @order: the order of the table, 18 to 46
 * @page_shift: the base-2 logarithm of the size of the pages that back guest
 *	address 0, 12 to 63. This is the size that the host's kernel uses for
 *	the mapping: sysconf(_SC_PAGESIZE), or the size of huge pages if the
 *	memory comes from hugetlbfs. Transparent huge pages do not count.
 *
 * KVM rounds the page size down to 4K, 64K or 16M, maps one page in each of the
 * 2^(order - 7) groups of the table, and maps 1 TiB at most. The function makes
 * no system call.
 *
 * Since: 0.2
 *
 * Return: how many bytes are covered, from guest address 0 on, or 0 if an
 * argument is out of its range.
 */
uint64_t htab_vrma_limit(uint32_t order, unsigned int page_shift);

/*
 * Allocation
 * ==========
 *
 * A VMM calls htab_alloc_at_least() once, before the first vcpu runs, and puts
 * the order that it returns into the device tree. Then it calls htab_reset() or
 * htab_renew() each time the guest resets. To change the size of a table in
 * use, call htab_renew(). It does what htab_alloc() leaves out: it clears the
 * table first, so that the kernel holds no reference into it when it frees it.
 *
 * If a VM has a table and asks for another order, Linux 4.11 and later free the
 * table first. If the host then cannot provide even a smaller one, the VM has
 * no table.
 */

/**
 * htab_alloc() - Give a VM a table of the wanted order, or a smaller one.
 * @vmfd: the VM
 * @order: in, the order wanted, 18 to 46; out, the order of the table that the
 *	VM has now, which is empty
 *
 * The table has the wanted order, or the largest order below it that the host
 * can give. That order may be too small for the guest's real mode: see "Real
 * mode" above, and htab_alloc_at_least().
 *
 * A table that is prepared stays prepared: see "Prepared resizes" above.
 *
 * Up to Linux 4.3 the kernel chooses a smaller order by itself, and up to Linux
 * 4.10 a table that exists keeps its size. On these kernels the VM may
 * therefore get a *larger* table than the one wanted: one of order 24 from the
 * boot pool, or the table that was there.
 *
 * A VM that is a radix guest (Linux 4.15 and later) becomes a hash guest, and
 * the kernel forgets its process table: call htab_configure_mmu() after
 * htab_alloc(), not before. The VM is no longer a radix guest even if
 * htab_alloc() returns -ENOMEM.
 *
 * Ioctls: KVM_PPC_ALLOCATE_HTAB (Linux 3.6), once and once more for each order
 * that the host cannot provide, and KVM_CHECK_EXTENSION, at most twice. If
 * memory is short there may be a third KVM_CHECK_EXTENSION, and before Linux
 * 4.11 those of htab_order() for each refusal.
 *
 * Since: 0.1
 *
 * Context: All vcpus are out of KVM_RUN. No other call on this VM runs.
 *
 * Return:
 * * 0: success.
 * * -EBADF, -EINVAL, -ENOTTY, -EIO, -EPROTO: see "Errors" above. On all of
 *   these except -EPROTO the VM is unchanged. (If one comes only when a smaller
 *   order is tried, the VM is as with -ENOMEM.)
 * * -ERANGE: *@order is not 18 to 46. No system call was made.
 * * -EOPNOTSUPP: a hash guest cannot run on this host, which is a nested
 *   hypervisor, an early POWER9, or a kernel before Linux 4.15 with radix.
 *   Nothing changed.
 * * -EBUSY: a thread is inside KVM_RUN. Nothing changed. (If a vcpu starts
 *   while smaller orders are being tried, the table is the one that the kernel
 *   made for it.)
 * * -ENOMEM: the host can provide no order from *@order down to 18. The VM has
 *   no table. Do not run it until an htab_alloc() succeeds: otherwise the
 *   kernel silently makes a table of its own, and Linux 4.11 and later may run
 *   on stale translations. See also "Closing a VM" above. htab_alloc() also
 *   returns this, without trying a smaller order, if it cannot find out what
 *   the failure has left behind: which generation the kernel is of, or before
 *   Linux 4.11 whether the table was lost. Do not try again on such a VM before
 *   Linux 4.11 unless htab_order() returns -ENOENT.
 * * -ENOTRECOVERABLE: before Linux 4.11 only: the kernel freed the table and
 *   goes on using its memory. Destroy the VM, and do not call again.
 */
int htab_alloc(int vmfd, uint32_t *order) HTAB_MUST_CHECK;

/**
 * htab_alloc_at_least() - Do what htab_alloc() does, with a floor.
 * @vmfd: the VM
 * @order: as in htab_alloc(); also written with -ENOSPC
 * @min_order: the smallest order to accept, 18 to *@order. If it is *@order,
 *	the VM gets exactly that order, or a larger one where htab_alloc() says
 *	so.
 *
 * Ioctls: those of htab_alloc().
 *
 * Since: 0.1
 *
 * Context: All vcpus are out of KVM_RUN. No other call on this VM runs.
 *
 * Return:
 * * 0 or an error of htab_alloc(), with these differences:
 * * -ERANGE: also if @min_order is not 18 to *@order. No system call was made.
 * * -ENOMEM: the host can provide no order from *@order down to @min_order. To
 *   ask for less does not help, since the guest needs @min_order: give the
 *   guest less memory, or the host more contiguous memory (kernel parameter
 *   kvm_cma_resv_ratio). See htab_alloc() for what the VM then has.
 * * -ENOSPC: the VM has a table, but the kernel made or kept one that is
 *   smaller than @min_order. Up to Linux 4.3 a kernel makes such a table; up to
 *   Linux 4.10 it keeps one that existed. The table is empty, and *@order is
 *   its order.
 */
int htab_alloc_at_least(int vmfd, uint32_t *order,
			uint32_t min_order) HTAB_MUST_CHECK;

/*
 * Reset
 * =====
 */

/**
 * htab_reset() - Clear the VM's table and keep its size.
 * @vmfd: the VM
 *
 * The function asks for the size as htab_order() does, so it is right even
 * after the guest or another program has resized the table. Then it allocates
 * that order again, which every kernel takes as "clear". The next KVM_RUN maps
 * real mode again. Linux 3.6 and 3.7 cannot be asked for the size and can only
 * clear; on these, a VM without a table gets one of order 24.
 *
 * Like htab_order(), this is for a VM that is expected to have a table. What is
 * prepared stays prepared: see "Prepared resizes" above.
 *
 * If the function fails, the VM is unchanged, except with -EPROTO. (There is
 * one more exception: if the table is resized between the two steps, allocating
 * it again can fail with -ENOMEM, and the table is then lost.)
 *
 * Ioctls: those of htab_order(), and one KVM_PPC_ALLOCATE_HTAB (Linux 3.6).
 *
 * Since: 0.1
 *
 * Context: All vcpus are out of KVM_RUN. No other call on this VM runs.
 *
 * Return:
 * * 0: success.
 * * -EBADF, -EINVAL, -ENOTTY, -EIO, -EPROTO: see "Errors" above.
 * * -ENOENT: the VM has no table. It has not got one yet, or it is a radix
 *   guest.
 * * -EBUSY: a thread is inside KVM_RUN. Nothing changed, not even the dirty
 *   marks that a reader of the htab fd waits for.
 * * -EOVERFLOW: the table has 2^37 bytes or more, so that libhtab cannot
 *   measure it. Clear it with htab_alloc_at_least() and its order, which the
 *   VMM knows, as both the order wanted and the floor.
 * * -EMFILE, -ENFILE, -ENOMEM: there is no descriptor or memory to look at the
 *   table with.
 */
int htab_reset(int vmfd) HTAB_MUST_CHECK;

/**
 * htab_renew() - Give a VM an empty table of the wanted order, whatever it has.
 * @vmfd: the VM
 * @order: in, the order wanted, 18 to 46; out, the order of the table that the
 *	VM has now, which is empty; also written with -ENOSPC
 * @min_order: the smallest order to accept, 18 to *@order
 *
 * A VMM calls this at each reset if it wants a certain size and not only the
 * present one, because the guest may have resized its table, or because memory
 * was plugged.
 *
 * * If the VM has a table of the wanted order, htab_renew() only clears it, and
 *   nothing can fail for want of memory.
 * * If the VM has a table of another order, Linux 4.11 and later replace it.
 *   htab_renew() clears it at its present size, so that the kernel holds no
 *   reference into it, and then allocates the wanted order, or the largest
 *   below it down to @min_order. The memory of the old table is free for the
 *   new one, so the old order is among those that can be given.
 * * Up to Linux 4.10 a table keeps its size, and htab_renew() only clears it.
 * * If the VM has no table, htab_renew() does what htab_alloc_at_least() does.
 *   But it asks for the present size, which htab_order() says is not for a VM
 *   without a table: before the first run call htab_alloc_at_least().
 *
 * A VMM that was given a smaller table than it wanted can pass the order that
 * it was given at every reset, to keep it, or the order that it wanted, to try
 * again for more.
 *
 * A radix guest becomes a hash guest, as in htab_alloc(). What is prepared stays
 * prepared: see "Prepared resizes" above.
 *
 * libhtab cannot measure a table of 2^37 bytes or more. If *@order is not its
 * order, Linux 4.11 and later replace it without the clearing.
 *
 * Ioctls: those of htab_order(). Then KVM_PPC_ALLOCATE_HTAB (Linux 3.6), once
 * if htab_renew() only clears the table, and otherwise as often as htab_alloc(),
 * and once more if it replaces a table. KVM_CHECK_EXTENSION as often as
 * htab_alloc(), and up to twice more if the wanted order is not the present one.
 *
 * Since: 0.2
 *
 * Context: All vcpus are out of KVM_RUN. No other call on this VM runs.
 *
 * Return:
 * * 0: success.
 * * -EBADF, -EINVAL, -ENOTTY, -EIO, -EPROTO: see "Errors" above. On all of
 *   these except -EPROTO the VM is unchanged. (But if the VM dies while the
 *   call runs, which is -EIO, the table may be empty already.) -ENOTTY is also
 *   returned if a filter of system calls hides the htab fd of Linux 4.11 or
 *   later.
 * * -ERANGE: *@order or @min_order is out of range. No system call was made.
 * * -EOPNOTSUPP: a hash guest cannot run on this host. Nothing changed.
 * * -EBUSY: a thread is inside KVM_RUN. Nothing changed. (If a vcpu starts
 *   while the call runs, the table is empty at its present size, or it is what
 *   the kernel made for that vcpu.)
 * * -EMFILE, -ENFILE: there is no descriptor to look at the table with. Nothing
 *   changed.
 * * -ENOMEM: either the host can give no order from *@order down to @min_order,
 *   and the VM has no table (see htab_alloc()), or there is no memory to look
 *   at the table with, and nothing changed. In both cases do not run the VM
 *   before a call succeeds.
 * * -ENOSPC: up to Linux 4.10: the table is smaller than @min_order. The VM has
 *   that table, it is empty, and *@order is its order.
 * * -ENOTRECOVERABLE: see htab_alloc().
 */
int htab_renew(int vmfd, uint32_t *order, uint32_t min_order) HTAB_MUST_CHECK;

/*
 * Sizes
 * =====
 */

/**
 * htab_largest() - Find the largest order, up to a ceiling, that a host gives.
 * @kvmfd: /dev/kvm
 * @order: in, the ceiling, 18 to 46; out, the order found
 *
 * The function tries each size on a new VM of its own, which is gone when it
 * returns, and does not touch the VMs of the caller. (None of its VMs had a
 * table when an attempt failed, so it is safe to close them: see "Closing a VM"
 * above.) The answer is a snapshot, because another VM may take the memory. Up
 * to Linux 4.3, where a kernel that is asked for too much may answer with much
 * less than the host has, a VMM that wants the most calls this first.
 *
 * If KVM_CREATE_VM fails with an error that is not listed, the function returns
 * it unchanged.
 *
 * Ioctls: KVM_CREATE_VM with the default type, then those of htab_alloc(), for
 * each size that is tried.
 *
 * Since: 0.1
 *
 * Context: Any. The VMs of the caller may run.
 *
 * Return:
 * * 0: success.
 * * -EBADF, -EIO, -EPROTO: see "Errors" above.
 * * -EINVAL: @order is NULL, or the descriptor is a vcpu.
 * * -ENOTTY: this KVM keeps no table, or @kvmfd is not /dev/kvm.
 * * -ERANGE: *@order is not 18 to 46. No system call was made.
 * * -EOPNOTSUPP: a hash guest cannot run on this host.
 * * -ENOMEM: the host can provide no order from 18 to *@order, or the kernel
 *   could not make the VM. (Up to Linux 3.11 a host may still have a table of
 *   order 24 in the boot pool, which is above a lower ceiling: htab_alloc()
 *   then gives that.)
 * * -EINTR: a signal came while the kernel made the VM. Call again.
 * * -EMFILE, -ENFILE: there is no descriptor for the VM.
 */
int htab_largest(int kvmfd, uint32_t *order) HTAB_MUST_CHECK;

/**
 * htab_order() - Measure the VM's table.
 * @vmfd: the VM
 * @order: out, the order, 18 to 36
 *
 * No kernel interface tells the size. The function writes records without
 * entries to an htab fd. They change nothing, and the kernel refuses those that
 * lie beyond the table's end. The table is never changed.
 *
 * Call it for a VM that is expected to have a table. If a hash guest has none,
 * a kernel built with UBSAN logs a report, once per boot, which panics a host
 * that has panic_on_warn set. The same holds for htab_reset() and htab_renew().
 *
 * Ioctls: KVM_PPC_GET_HTAB_FD (Linux 3.8). The other system calls are fcntl()
 * for close-on-exec, at most five write(), and close(); from 2^36 bytes on also
 * three that map and unmap memory.
 *
 * Since: 0.1
 *
 * Context: All vcpus are out of KVM_RUN. No other call on this VM runs.
 *
 * Return:
 * * 0: success.
 * * -EBADF, -EINVAL, -ENOTTY, -EIO, -EPROTO: see "Errors" above. -ENOTTY is
 *   also returned on Linux 3.6 and 3.7.
 * * -ENOENT: the VM has no table. It has not got one yet, or it is a radix
 *   guest.
 * * -EBUSY: a thread is inside KVM_RUN.
 * * -EOVERFLOW: the table has 2^37 bytes or more, so that libhtab cannot
 *   measure it.
 * * -EMFILE, -ENFILE, -ENOMEM: there is no descriptor or memory for the htab
 *   fd.
 */
int htab_order(int vmfd, uint32_t *order) HTAB_MUST_CHECK;

/*
 * Entries
 * =======
 *
 * An entry has two doublewords. On every processor they have the layout from
 * before ISA 3.0, since KVM converts on POWER9 and later. Dword 1 is the
 * guest's view: it has guest real addresses. These functions make no system
 * call.
 *
 * The abbreviated virtual page number (AVPN) is in dword 0 at 0x3fffffffffffff80
 * and the real page number in dword 1 at 0x0ffffffffffff000.
 */

/* Dword 0 */
#define HTAB_V_VALID	 UINT64_C(0x0000000000000001)
/* The entry is in the group of the inverted hash. */
#define HTAB_V_SECONDARY UINT64_C(0x0000000000000002)
/* The page is larger than 4K: see htab_hpte_page_shift(). */
#define HTAB_V_LARGE	 UINT64_C(0x0000000000000004)
/* For the guest's software. A resize keeps bolted entries only. */
#define HTAB_V_BOLTED	 UINT64_C(0x0000000000000010)
/* The segment has 1 TiB, not 256 MiB: see htab_hpte_segment_shift(). */
#define HTAB_V_1TB	 UINT64_C(0x4000000000000000)

/* Dword 1: protection, with HTAB_R_PP0 above HTAB_R_PP; no execution;
 * guarded, coherent, cache-inhibited, write-through; changed, referenced;
 * the key */
#define HTAB_R_PP	    UINT64_C(0x0000000000000003)
#define HTAB_R_NO_EXECUTE   UINT64_C(0x0000000000000004)
#define HTAB_R_GUARDED	    UINT64_C(0x0000000000000008)
#define HTAB_R_COHERENT	    UINT64_C(0x0000000000000010)
#define HTAB_R_INHIBITED    UINT64_C(0x0000000000000020)
#define HTAB_R_WRITETHROUGH UINT64_C(0x0000000000000040)
#define HTAB_R_WIMG	    UINT64_C(0x0000000000000078)
#define HTAB_R_CHANGED	    UINT64_C(0x0000000000000080)
#define HTAB_R_REFERENCED   UINT64_C(0x0000000000000100)
#define HTAB_R_KEY_LOW	    UINT64_C(0x0000000000000e00)
#define HTAB_R_KEY_HIGH	    UINT64_C(0x3000000000000000)
#define HTAB_R_PP0	    UINT64_C(0x8000000000000000)

/**
 * struct htab_hpte - An entry, in host byte order.
 * @v: dword 0, a set of HTAB_V_* bits and more
 * @r: dword 1, a set of HTAB_R_* bits and more
 *
 * Since: 0.2
 */
struct htab_hpte {
	uint64_t v;
	uint64_t r;
};

/**
 * htab_hpte_base_shift() - Say the size of the segment's pages.
 * @hpte: an entry
 *
 * The base page size decides which group of the table an entry is in. It may be
 * smaller than the page.
 *
 * Since: 0.2
 *
 * Return: the base-2 logarithm of the base page size, 12, 16, 24 or 34, or 0 if
 * the kernel knows no such encoding or @hpte is NULL.
 */
unsigned int htab_hpte_base_shift(const struct htab_hpte *hpte);

/**
 * htab_hpte_page_shift() - Say the size of the page.
 * @hpte: an entry
 *
 * Since: 0.2
 *
 * Return: the base-2 logarithm of the page's size, 12, 16, 24 or 34, or 0 if
 * the kernel knows no such encoding or @hpte is NULL.
 */
unsigned int htab_hpte_page_shift(const struct htab_hpte *hpte);

/**
 * htab_hpte_segment_shift() - Say the size of the segment.
 * @hpte: an entry
 *
 * Since: 0.2
 *
 * Return: the base-2 logarithm of the segment's size, 28 or 40, or 0 if the
 * size is a reserved one or @hpte is NULL.
 */
unsigned int htab_hpte_segment_shift(const struct htab_hpte *hpte);

/**
 * htab_hpte_real() - Say where the page is in the guest's real memory.
 * @hpte: an entry
 * @real: out, the guest real address at which the page begins
 *
 * Since: 0.2
 *
 * Return:
 * * 0: success.
 * * -EINVAL: a NULL pointer, or the kernel knows no such page size.
 */
int htab_hpte_real(const struct htab_hpte *hpte,
		   uint64_t *real) HTAB_MUST_CHECK;

/**
 * htab_hpte_avpn() - Say which virtual page it is, as far as the entry has it.
 * @hpte: an entry
 * @avpn: out, the abbreviated virtual page number: the 78-bit virtual address
 *	without its low 23 bits
 *
 * The number of the segment is the AVPN without 5 bits (256 MiB) or 17 bits
 * (1 TiB). The address bits between the page and bit 23 are not in the entry;
 * they are part of the hash that chose the group. POWER9 and later keep only
 * the low 52 bits of dword 0, so the AVPN has 45 bits there.
 *
 * Since: 0.2
 *
 * Return:
 * * 0: success.
 * * -EINVAL: a NULL pointer, or the kernel knows no such page size.
 */
int htab_hpte_avpn(const struct htab_hpte *hpte,
		   uint64_t *avpn) HTAB_MUST_CHECK;

/*
 * Records
 * =======
 *
 * The kernel's htab fd, htab_read() and htab_write() speak of a table in
 * records. A record is a header of 8 bytes in host byte order (a 32-bit index,
 * and 16-bit numbers of valid and of invalid entries), and then 16 bytes for
 * each valid entry, in big-endian. The invalid entries follow the valid ones in
 * the table, and take no bytes. These functions make no system call. A buffer
 * may have any alignment.
 */

/**
 * struct htab_record - A record, and where its entries are.
 * @index: the index in the table of the first entry
 * @n_valid: how many valid entries there are from @index on
 * @n_invalid: how many invalid entries follow them
 * @entries: the valid entries, 16 bytes each, as in the stream
 *
 * Since: 0.2
 */
struct htab_record {
	uint32_t index;
	uint16_t n_valid;
	uint16_t n_invalid;
	const void *entries;
};

/**
 * htab_record_next() - Go to the next record in a buffer.
 * @buf: the records
 * @len: the length of @buf in bytes
 * @offset: in, where to look, 0 at first; out, where the next record begins
 * @record: out, the record; its entries are in @buf
 *
 * The function looks at no entry: for bytes that are not to be trusted, call
 * htab_records_check() first.
 *
 * Since: 0.2
 *
 * Return:
 * * 0 or more: 1 if there is a record, 0 if @offset is at the buffer's end.
 * * -EINVAL: a NULL pointer, or *@offset is greater than @len.
 * * -EBADMSG: the buffer ends inside a record.
 */
int htab_record_next(const void *buf, size_t len, size_t *offset,
		     struct htab_record *record) HTAB_MUST_CHECK;

/**
 * htab_record_hpte() - Take an entry out of a record.
 * @record: the record
 * @i: which entry, 0 for the one at the record's index
 * @hpte: out, the entry, without the bits that are the host's own (0x60 of
 *	dword 0); all 0 if it is one of the invalid ones
 *
 * Since: 0.2
 *
 * Return:
 * * 0: success.
 * * -EINVAL: a NULL pointer.
 * * -ERANGE: the record does not have so many entries.
 */
int htab_record_hpte(const struct htab_record *record, uint32_t i,
		     struct htab_hpte *hpte) HTAB_MUST_CHECK;

/**
 * htab_record_put() - Append a record to a buffer.
 * @buf: where it goes; must not overlap the entries
 * @room: how many bytes there are
 * @record: the record. One without entries, 8 bytes that are all 0, is the
 *	usual end of a stream that a VMM frames itself. Do not write that one to
 *	an htab fd.
 *
 * Since: 0.2
 *
 * Return:
 * * 0 or more: the length of the record in bytes.
 * * -EINVAL: a NULL pointer, or an entry that has no bit HTAB_V_VALID.
 * * -ENOSPC: @room is too small. Nothing was written.
 */
ssize_t htab_record_put(void *buf, size_t room,
			const struct htab_record *record) HTAB_MUST_CHECK;

/**
 * htab_records_check() - Check that a buffer holds records for a table.
 * @buf: the records, in host form: see htab_records_from_wire()
 * @len: the length of @buf in bytes
 * @order: the order of the table, 18 to 46
 *
 * A VMM checks whatever came from a network before it uses it. The kernel may
 * still refuse an entry: see htab_write().
 *
 * Since: 0.2
 *
 * Return:
 * * 0: there are whole records and nothing else, each entry has HTAB_V_VALID,
 *   and all lie inside the table.
 * * -EINVAL: @buf is NULL.
 * * -EBADMSG: the buffer ends inside a record, or an entry has no HTAB_V_VALID.
 * * -ERANGE: a record begins or ends beyond the table's end, or @order is not
 *   18 to 46.
 */
int htab_records_check(const void *buf, size_t len,
		       uint32_t order) HTAB_MUST_CHECK;

/**
 * htab_records_to_wire() - Make the headers big-endian, in place.
 * @buf: records in host form
 * @len: the length of @buf in bytes
 *
 * The entries are big-endian already. On a big-endian host the function only
 * checks.
 *
 * Since: 0.2
 *
 * Return:
 * * 0: success.
 * * -EINVAL: @buf is NULL.
 * * -EBADMSG: the buffer ends inside a record. It is unchanged.
 */
int htab_records_to_wire(void *buf, size_t len) HTAB_MUST_CHECK;

/**
 * htab_records_from_wire() - Make big-endian headers host-endian, in place.
 * @buf: records with big-endian headers
 * @len: the length of @buf in bytes
 *
 * This looks at the lengths only: call htab_records_check() after it.
 *
 * Since: 0.2
 *
 * Return:
 * * 0: success.
 * * -EINVAL: @buf is NULL.
 * * -EBADMSG: the buffer ends inside a record. It is unchanged.
 */
int htab_records_from_wire(void *buf, size_t len) HTAB_MUST_CHECK;

/*
 * The table's stream
 * ==================
 *
 * A VMM that migrates a guest opens the htab fd of the VM and reads records
 * until htab_read() returns 0, first with the vcpus running and at last with
 * all of them stopped. The other host writes them to a table of the same order,
 * before the first vcpu runs. htab_save() and htab_restore() do both for a VM
 * that is stopped.
 */

/**
 * define HTAB_OPEN_BOLTED - Read bolted entries only.
 *
 * All others are then reported as invalid: a table that is written from such a
 * stream loses them. Since: 0.2
 */
#define HTAB_OPEN_BOLTED 0x1

/**
 * define HTAB_OPEN_WRITE - Open for htab_write(), and not for htab_read().
 *
 * Since: 0.2
 */
#define HTAB_OPEN_WRITE 0x2

/**
 * define HTAB_READ_MIN - The smallest buffer for htab_read(), in bytes.
 *
 * Since: 0.2
 */
#define HTAB_READ_MIN 4096

/**
 * htab_open() - Open the VM's table as a stream of records.
 * @vmfd: the VM
 * @flags: 0 to read, HTAB_OPEN_BOLTED to read bolted entries only, or
 *	HTAB_OPEN_WRITE
 *
 * The descriptor is closed on exec. The caller closes it with close(). Until
 * then it holds a reference to the VM, whose memory is not freed.
 *
 * Have one reader of a VM at a time, because the kernel has one dirty mark for
 * each entry, which all readers take. Close a reader before htab_alloc(),
 * htab_reset(), htab_renew(), htab_resize_commit(), htab_resize(),
 * htab_restore() and htab_configure_mmu(), and open another after it: the old
 * one would never report what these have cleared.
 *
 * Like htab_order(), this is for a VM that is expected to have a table.
 *
 * Ioctls: KVM_CHECK_EXTENSION, at most twice, and KVM_PPC_GET_HTAB_FD (Linux
 * 3.8), once to write and once more to read. The other system calls are
 * fcntl(), write() and close().
 *
 * Since: 0.2
 *
 * Context: No other call on this VM runs. vcpus may run.
 *
 * Return:
 * * 0 or more: a descriptor.
 * * -EBADF, -EIO, -ENOTTY, -EPROTO: see "Errors" above.
 * * -EINVAL: @flags has another value, or the descriptor is /dev/kvm or a vcpu.
 * * -ENOENT: the VM has no table. It has not got one yet, or it is a radix
 *   guest.
 * * -EOPNOTSUPP: a hash guest cannot run on this host.
 * * -EMFILE, -ENFILE, -ENOMEM: there is no descriptor or memory for the htab
 *   fd.
 */
int htab_open(int vmfd, unsigned int flags) HTAB_MUST_CHECK;

/**
 * htab_read() - Read records that were not reported yet.
 * @htabfd: a descriptor of htab_open() that reads
 * @buf: out, whole records in host form; undefined after an error
 * @len: the length of @buf in bytes, HTAB_READ_MIN or more
 *
 * The first pass over the table reports every entry. Afterwards those are
 * reported that have changed. The bits of dword 0 that are the host's own
 * (0x60) are cleared.
 *
 * System calls: read(), and once more if that returns 0.
 *
 * Since: 0.2
 *
 * Context: No function that changes the table runs. vcpus may run.
 *
 * Return:
 * * 0: nothing in the whole table has changed since it was reported. If no
 *   vcpu runs the reader has all of the table. Otherwise it has caught up for
 *   the moment.
 * * 0 or more: the length of the records in bytes.
 * * -EINVAL: @buf is NULL, or @len is less than HTAB_READ_MIN.
 * * -EFAULT: @buf is not writable. The kernel has forgotten what it was about
 *   to report: open another descriptor and begin again.
 * * -EBADF: not an open descriptor, or it is open for writing.
 * * -EPROTO: these are not whole records. Is it an htab fd?
 */
ssize_t htab_read(int htabfd, void *buf, size_t len) HTAB_MUST_CHECK;

/**
 * htab_write() - Write records to the table.
 * @htabfd: a descriptor of htab_open() that writes
 * @records: whole records in host form
 * @len: the length of @records in bytes
 * @done: out, in every case: how many bytes from the beginning are records that
 *	are in the table now; or NULL
 *
 * All records are checked before the first of them is written. Each replaces
 * the entries from its index on: by the valid ones, and then by so many invalid
 * ones.
 *
 * The kernel checks each entry when it writes it. After -EINVAL, -EIO and
 * -EFAULT entries of the record at *@done may be in the table, up to the one
 * that it refuses.
 *
 * A kernel before Linux 4.0 on a little-endian host takes entries in host byte
 * order, and so refuses these or damages them.
 *
 * System calls: one write() for each record.
 *
 * Since: 0.2
 *
 * Context: All vcpus are out of KVM_RUN. No other call on this VM runs. This is
 * the process that made the VM: before about Linux 5.19 the kernel would look
 * up the guest's pages in the memory of another one.
 *
 * Return:
 * * 0: all records are in the table.
 * * -EBADMSG: nothing was written: these are not whole records, or an entry has
 *   no HTAB_V_VALID.
 * * -EINVAL: @records is NULL; or the kernel refuses the record at *@done,
 *   because it is beyond the table's end, because the kernel knows no page size
 *   of an entry (Linux 4.15 and later), or because the VM has no table any more.
 * * -EBUSY: a thread is inside KVM_RUN.
 * * -EIO: the kernel cannot enter an entry. Its page is larger than the host's
 *   page behind it, it is not inside one memory slot, or its sizes are unknown.
 * * -EFAULT: @records is not readable.
 * * -EBADF: not an open descriptor, or it is open for reading.
 * * -EPROTO: the kernel did not take all of a record. Is it an htab fd?
 */
int htab_write(int htabfd, const void *records, size_t len,
	       size_t *done) HTAB_MUST_CHECK;

/**
 * htab_write_record() - Write one record, whose entries are anywhere.
 * @htabfd: a descriptor of htab_open() that writes
 * @record: the record; its entries are in big-endian, as in a stream
 *
 * This is for a loader that reads a stream record by record. The largest record
 * has 1 MiB, which neither the caller has to copy nor this function: it writes
 * pieces of 4 KiB at most. After an error the pieces before the one that the
 * kernel refuses are in the table.
 *
 * System calls: one write() for every 255 valid entries.
 *
 * Since: 0.2
 *
 * Context: that of htab_write().
 *
 * Return:
 * * 0: the record is in the table.
 * * -EBADMSG: nothing was written: an entry has no HTAB_V_VALID.
 * * -EINVAL: a NULL pointer; an entry would have an index of more than 32 bits;
 *   or as htab_write().
 * * -EBADF, -EBUSY, -EFAULT, -EIO, -EPROTO: as htab_write().
 */
int htab_write_record(int htabfd,
		      const struct htab_record *record) HTAB_MUST_CHECK;

/*
 * Whole tables
 * ============
 *
 * An image is a table in a file, or in a pipe or a socket. The documentation in
 * the sources describes its format. Both functions need 32 KiB of stack and no
 * other memory, whatever the size of the table.
 *
 * Bytes that come from another host are checked before the kernel sees them.
 * The sums in an image show accidents, not an attack. Linux up to the newest
 * stops the host if a guest resizes a table with entries in wrong groups, so
 * take images only from hosts that are trusted as far.
 */

/**
 * htab_save() - Write the VM's whole table to a descriptor.
 * @vmfd: the VM
 * @fd: where the image goes: any descriptor that blocks
 *
 * After an error @fd has got a part of the image, which htab_restore() refuses.
 *
 * The VM keeps its table. To the kernel the function is a reader of the htab
 * fd: see htab_open().
 *
 * Ioctls: those of htab_order(), and KVM_PPC_GET_HTAB_FD (Linux 3.8). The other
 * system calls are fcntl(), read() and close(), and write() to @fd.
 *
 * Since: 0.2
 *
 * Context: All vcpus are out of KVM_RUN. No other call on this VM runs.
 *
 * Return:
 * * 0: success.
 * * -EINVAL, -ENOTTY, -EIO, -EPROTO: see "Errors" above.
 * * -EBADF: @vmfd or @fd is not an open descriptor.
 * * -ENOENT: the VM has no table. It has not got one yet, or it is a radix
 *   guest.
 * * -EBUSY: a thread is inside KVM_RUN.
 * * -EOVERFLOW: the table has 2^37 bytes or more, so that libhtab cannot
 *   measure it.
 * * -EMFILE, -ENFILE, -ENOMEM: there is no descriptor or memory for the htab
 *   fd.
 * * -ENOSPC: there is no room for the image. Other errors of a write() to @fd
 *   are also returned unchanged, but for a signal (EINTR), after which the
 *   function goes on.
 */
int htab_save(int vmfd, int fd) HTAB_MUST_CHECK;

/**
 * htab_restore() - Give a VM the table of an image.
 * @vmfd: the VM
 * @fd: where the image comes from: any descriptor that blocks. Nothing is read
 *	beyond the end of the image.
 *
 * The VM gets a table of exactly the order of the image. Call it after the
 * guest's memory slots are there, with the guest's memory behind them, and
 * before the first vcpu runs. If vcpus have run on this VM, call htab_reset()
 * first, so that the kernel holds no reference into the table that is replaced.
 *
 * A kernel before Linux 4.0 on a little-endian host takes entries in host byte
 * order, and so refuses these or damages them.
 *
 * Ioctls: those of htab_alloc_at_least(), KVM_PPC_GET_HTAB_FD (Linux 3.8), and
 * after an error KVM_PPC_ALLOCATE_HTAB. The other system calls are fcntl(),
 * write() and close(), and read() from @fd.
 *
 * Since: 0.2
 *
 * Context: that of htab_write().
 *
 * Return:
 * * 0: success.
 * * -EBADF, -EINVAL, -ENOTTY, -EIO, -EPROTO: see "Errors" above, also for the
 *   read() from @fd. Linux 3.6 and 3.7 have no htab fd: there the VM has an
 *   empty table after -ENOTTY.
 * * -EBADMSG: the image is damaged or cut, or is none. If that shows in its
 *   header, the VM is unchanged. Otherwise the VM has an empty table of the
 *   order of the image.
 * * -EPROTONOSUPPORT: the image has another version. The VM is unchanged.
 * * -EOPNOTSUPP: a hash guest cannot run on this host. Nothing changed.
 * * -EBUSY: a thread is inside KVM_RUN. Nothing changed. (If a vcpu starts
 *   while the call runs, the table may have a part of the image, and the guest
 *   must not go on.)
 * * -ENOMEM: the host cannot provide a table of this order, and the VM has no
 *   table: see htab_alloc(). Or there is no memory for the htab fd, and the
 *   VM has an empty table.
 * * -ENOSPC: up to Linux 4.10: the VM has a table of another order, which is
 *   empty now.
 * * -ENOTRECOVERABLE: see htab_alloc().
 * * -EMFILE, -ENFILE: there is no descriptor for the htab fd. The VM has an
 *   empty table.
 *
 * If the kernel refuses an entry (-EINVAL, -EIO: see htab_write()), or if
 * reading from @fd fails after the header, the VM has an empty table of the
 * order of the image as well. If the header cannot be read, the VM is
 * unchanged. Other errors of a read() from @fd are returned unchanged, but for a
 * signal (EINTR), after which the function goes on.
 *
 * If the call that empties the table fails, its error is returned, and the VM
 * may have a part of the image. On no known kernel does it fail unless a vcpu
 * has started or a filter forbids the call.
 */
int htab_restore(int vmfd, int fd) HTAB_MUST_CHECK;

/*
 * Single entries
 * ==============
 */

/**
 * htab_get_hptes() - Read entries by their index.
 * @vmfd: the VM
 * @index: the index of the first entry
 * @hptes: out, the entries; those that are invalid are all 0. After an error
 *	some may have been written.
 * @n: how many, 1 or more
 *
 * To the kernel this is a reader of the htab fd: it clears the dirty marks of
 * the entries, and of the invalid ones that directly follow them. Another
 * reader, such as a migration that is under way, then misses their last change.
 * The file in debugfs does not do that.
 *
 * Like htab_order(), this is for a VM that is expected to have a table.
 *
 * Ioctls: KVM_CHECK_EXTENSION, at most twice, and KVM_PPC_GET_HTAB_FD (Linux
 * 3.8), twice. The other system calls are fcntl(), two write(), close(), and a
 * read() for every 255 entries, or for fewer between which there are invalid
 * ones.
 *
 * Since: 0.2
 *
 * Context: No other call on this VM runs. vcpus may run.
 *
 * Return:
 * * 0: success.
 * * -EBADF, -EIO, -ENOTTY, -EPROTO: see "Errors" above.
 * * -EINVAL: @hptes is NULL, @n is 0, or the descriptor is /dev/kvm or a vcpu.
 * * -ERANGE: the table ends before the last of the entries, or that has an
 *   index of more than 32 bits. (If a vcpu runs, this is noticed only while
 *   reading, and dirty marks elsewhere in the table may have been cleared.)
 * * -ENOENT: the VM has no table. It has not got one yet, or it is a radix
 *   guest.
 * * -EOPNOTSUPP: a hash guest cannot run on this host.
 * * -EMFILE, -ENFILE, -ENOMEM: there is no descriptor or memory for the htab
 *   fd.
 */
int htab_get_hptes(int vmfd, uint32_t index, struct htab_hpte *hptes,
		   size_t n) HTAB_MUST_CHECK;

/**
 * htab_put_hptes() - Write entries by their index.
 * @vmfd: the VM
 * @index: the index of the first entry
 * @hptes: the entries; one without HTAB_V_VALID is a hole: what the table has
 *	there is removed
 * @n: how many, 1 or more
 *
 * Ioctls: KVM_CHECK_EXTENSION, at most twice, and KVM_PPC_GET_HTAB_FD (Linux
 * 3.8). The other system calls are fcntl(), close(), and write(): twice, and
 * once for each record that the entries make.
 *
 * Since: 0.2
 *
 * Context: that of htab_write().
 *
 * Return:
 * * 0: success.
 * * -EBADF, -ENOTTY, -EPROTO: see "Errors" above.
 * * -EINVAL: @hptes is NULL, @n is 0, or the descriptor is /dev/kvm or a vcpu;
 *   or the kernel knows no page size of an entry (Linux 4.15 and later), and
 *   those before that entry are in the table.
 * * -EIO: the kernel cannot enter an entry: see htab_write(). Those before it
 *   are in the table. Or see "Errors" above.
 * * -ERANGE: the table ends before the last of the entries, or that has an
 *   index of more than 32 bits. Nothing changed.
 * * -EBUSY: a thread is inside KVM_RUN.
 * * -ENOENT: the VM has no table. It has not got one yet, or it is a radix
 *   guest.
 * * -EOPNOTSUPP: a hash guest cannot run on this host.
 * * -EMFILE, -ENFILE, -ENOMEM: there is no descriptor or memory for the htab
 *   fd.
 */
int htab_put_hptes(int vmfd, uint32_t index, const struct htab_hpte *hptes,
		   size_t n) HTAB_MUST_CHECK;

/*
 * Resizing
 * ========
 *
 * A guest changes the size of its table while it runs, with two hypercalls that
 * a VMM passes on to htab_resize_prepare() and htab_resize_commit(), whose
 * results htab_papr_status() turns into the hypercall's. To resize the table of
 * a guest without its request, see htab_resize(); the guest has to know.
 *
 * The kernel keeps at most one prepared table for a VM, beside the one in use.
 * It belongs to no guest after a reset, so a VMM cancels it then. If the VM is
 * closed while one is prepared, the memory of it is lost until the host
 * reboots, and a kernel that is still working on it writes to memory that it
 * has freed: call htab_resize_cancel() before.
 */

/**
 * htab_resize_prepare() - Have the kernel prepare a table of another order.
 * @vmfd: the VM
 * @order: the order wanted, 18 to 46; the present one is allowed
 * @wait_ms: out, when to ask again, in milliseconds; written with -EINPROGRESS
 *	only
 *
 * The guest goes on with its table. To find out whether the other one is there,
 * make the same call again. Before another order is prepared, cancel this one:
 * on Linux 4.11 to 4.13 the kernel would free what its worker uses.
 *
 * Ioctls: KVM_CHECK_EXTENSION, two to four times, and
 * KVM_PPC_RESIZE_HPT_PREPARE (Linux 4.11; POWER9 Linux 4.16).
 *
 * Since: 0.2
 *
 * Context: No other call on this VM runs. vcpus may run.
 *
 * Return:
 * * 0: the table is prepared.
 * * -EINPROGRESS: the kernel is still preparing it.
 * * -EBADF, -EIO, -EPROTO: see "Errors" above.
 * * -EINVAL: @wait_ms is NULL, the descriptor is /dev/kvm or a vcpu, or the VM
 *   is a radix guest.
 * * -ENOTTY: this KVM keeps no table, or the descriptor has nothing to do with
 *   KVM, or it is a VM before Linux 3.17, which cannot be asked.
 * * -EOPNOTSUPP: a hash guest cannot run on this host, or it cannot resize its
 *   table: htab_caps() has no HTAB_CAP_RESIZE.
 * * -ERANGE: @order is not 18 to 46. No system call was made.
 * * -ENOMEM: the host has no memory for a table of this order beside the
 *   present one. Nothing is prepared.
 */
int htab_resize_prepare(int vmfd, uint32_t order,
			unsigned int *wait_ms) HTAB_MUST_CHECK;

/**
 * htab_resize_commit() - Put the prepared table in the place of the present one.
 * @vmfd: the VM
 * @order: the order that is prepared
 *
 * Only bolted entries are carried over; the guest enters the others again.
 *
 * Call it only
 *
 * * after htab_resize_prepare() has returned 0 for this order. Linux 4.11 to
 *   4.13 crash if nothing is prepared.
 * * after a vcpu has run on the present table, that is, since htab_alloc(),
 *   htab_reset() or htab_renew(). Otherwise the kernel warns, which stops a host
 *   that has panic_on_warn set. No call tells whether a vcpu has run.
 * * on a table that the guest has filled, and not one from an untrusted source.
 *   Up to Linux 4.15 a bolted entry in a wrong group stops the host, and later
 *   kernels can still be stopped by two entries that collide.
 *
 * After an error the VM has the table that it had, with all its entries. The
 * prepared table is gone, unless it says "Nothing changed" below.
 *
 * Ioctls: KVM_CHECK_EXTENSION, two to four times, KVM_PPC_GET_HTAB_FD to see
 * that there is a table, and KVM_PPC_RESIZE_HPT_COMMIT (Linux 4.11; POWER9
 * Linux 4.16). The other system calls are fcntl(), write() and close().
 *
 * Since: 0.2
 *
 * Context: No other call on this VM runs. On Linux 4.15 and later vcpus may
 * run: the kernel stops them for the time that it takes. On Linux 4.11 to 4.14
 * take them out of KVM_RUN.
 *
 * Return:
 * * 0: the table has this order. No call reports it; the VMM keeps it.
 * * -ERANGE: @order is not 18 to 46. No system call was made.
 * * -EOPNOTSUPP, -ENOTTY: see htab_resize_prepare(). Nothing changed.
 * * -ENOENT: the VM has no table. It has not got one yet, or it is a radix
 *   guest. Nothing changed.
 * * -EMFILE, -ENFILE: there is no descriptor to look for the table with.
 *   Nothing changed.
 * * -EBADF, -EINVAL, -EPROTO: see "Errors" above.
 * * -ENXIO: nothing was prepared, or another order was.
 * * -EBUSY: the kernel was still preparing it.
 * * -ENOSPC: the bolted entries do not fit into a table of this order.
 * * -EIO: no vcpu has run, or the kernel cannot understand an entry of the
 *   table, or see "Errors" above.
 * * -ENOMEM: the preparation had failed, or there is no memory to look for the
 *   table with.
 */
int htab_resize_commit(int vmfd, uint32_t order) HTAB_MUST_CHECK;

/**
 * htab_resize_cancel() - Drop the table that is prepared.
 * @vmfd: the VM
 * @order: the order that was last given to htab_resize_prepare()
 *
 * The function first waits until the kernel is done with the preparation, since
 * it must not be cancelled before: this can take seconds. If nothing is
 * prepared, the kernel has to begin in order to answer, so this is not for a
 * VM that may have no resize under way.
 *
 * Ioctls: KVM_CHECK_EXTENSION, two to four times, and
 * KVM_PPC_RESIZE_HPT_PREPARE until the kernel is done and once more.
 *
 * Since: 0.2
 *
 * Context: No other call on this VM runs. vcpus may run.
 *
 * Return:
 * * 0: nothing is prepared.
 * * -EBADF, -EIO, -EPROTO: see "Errors" above.
 * * -EINVAL: the descriptor is /dev/kvm or a vcpu, or the VM is a radix guest,
 *   where nothing can be cancelled any more.
 * * -ENOTTY, -EOPNOTSUPP, -ERANGE: see htab_resize_prepare().
 */
int htab_resize_cancel(int vmfd, uint32_t order) HTAB_MUST_CHECK;

/**
 * htab_resize() - Give the VM's table another order, with its bolted entries.
 * @vmfd: the VM
 * @order: the order wanted, 18 to 46
 * @timeout_ms: how long the preparation may take, in milliseconds, or -1 for as
 *	long as it takes
 *
 * This prepares a table, waits, and commits it. What htab_resize_commit() says
 * about its conditions holds here too, except that nothing must be prepared. If
 * the size can be measured (no vcpu runs) and is the wanted one already, nothing
 * is done, and a table that was prepared before stays.
 *
 * Otherwise nothing is prepared afterwards, also after an error, except those
 * errors of which the list below says that nothing changed, and unless the call
 * that cancels fails itself, as under a filter of system calls. After the
 * timeout this can take longer, because the kernel has to come to an end first.
 *
 * Ioctls: those of htab_resize_prepare(), htab_order(), htab_resize_commit() and
 * htab_resize_cancel().
 *
 * Since: 0.2
 *
 * Context: that of htab_resize_commit().
 *
 * Return:
 * * 0: the table has this order.
 * * -EBADF, -EPROTO: see "Errors" above.
 * * -EINVAL: @timeout_ms is less than -1, or see "Errors" above.
 * * -ENOENT, -ENOTTY, -EOPNOTSUPP, -ERANGE, -EMFILE, -ENFILE: see
 *   htab_resize_commit(). Nothing changed.
 * * -ENOMEM: the host has no memory for a table of this order beside the
 *   present one, or to look at the present one.
 * * -ETIMEDOUT: the table was not prepared in time.
 * * -ENOSPC, -EIO: see htab_resize_commit().
 * * -ENXIO, -EBUSY: another program has prepared a table for this VM meanwhile.
 */
int htab_resize(int vmfd, uint32_t order, int timeout_ms) HTAB_MUST_CHECK;

/**
 * htab_papr_status() - Say what a hypercall returns to the guest.
 * @result: what htab_resize_prepare() or htab_resize_commit() returned
 * @wait_ms: what htab_resize_prepare() set, if @result is -EINPROGRESS
 *
 * The guest's H_RESIZE_HPT_PREPARE and H_RESIZE_HPT_COMMIT return this, as PAPR
 * has it:
 *
 * * 0: H_SUCCESS
 * * -EINPROGRESS: H_LONG_BUSY_ORDER_1_MSEC to H_LONG_BUSY_ORDER_100_SEC, the
 *   longest that is not longer than @wait_ms
 * * -EPERM, -EACCES, -ENOTTY, -EOPNOTSUPP: H_AUTHORITY
 * * -EINVAL, -ERANGE: H_PARAMETER
 * * -ENXIO: H_CLOSED
 * * -ENOSPC: H_PTEG_FULL
 * * -EBUSY: H_BUSY
 * * -ENOMEM: H_NO_MEM
 * * all else: H_HARDWARE
 *
 * The function makes no system call.
 *
 * Since: 0.2
 *
 * Return: a status of PAPR.
 */
long htab_papr_status(int result, unsigned int wait_ms);

/*
 * Radix or hash
 * =============
 */

/**
 * define HTAB_MMU_RADIX - The VM is to be a radix guest.
 *
 * Since: 0.2
 */
#define HTAB_MMU_RADIX 0x1

/**
 * define HTAB_MMU_GTSE - The guest may invalidate translations by itself.
 *
 * Since: 0.2
 */
#define HTAB_MMU_GTSE 0x2

/**
 * htab_configure_mmu() - Make a VM a radix or a hash guest.
 * @vmfd: the VM
 * @flags: HTAB_MMU_RADIX for a radix guest, with or without HTAB_MMU_GTSE
 * @process_table: where the guest's process table is, as the guest gives it to
 *	the hypercall H_REGISTER_PROC_TBL; bit 63 is set for a radix guest, and
 *	the low 5 bits are at most 24
 *
 * On a POWER9 or later whose host has radix translation, each new VM is a radix
 * guest.
 *
 * * From hash to radix, the kernel frees the table and all that is in it. Cancel
 *   a resize before, since a radix guest cannot, and close the htab fds.
 * * From radix to hash, the VM has no table afterwards: htab_alloc() does this
 *   switch as well, and makes one. It forgets the process table, so call
 *   htab_configure_mmu() after it.
 * * Otherwise the process table and HTAB_MMU_GTSE are set. Then vcpus may run.
 *
 * Linux 4.11 to 4.14 cannot switch. If the function fails, the VM is unchanged,
 * except with -EPROTO.
 *
 * Ioctls: KVM_CHECK_EXTENSION, one or two, and KVM_PPC_CONFIGURE_V3_MMU (Linux
 * 4.11).
 *
 * Since: 0.2
 *
 * Context: All vcpus are out of KVM_RUN. No other call on this VM runs.
 *
 * Return:
 * * 0: success.
 * * -EBADF, -ENOTTY, -EIO, -EPROTO: see "Errors" above. -ENOTTY is also returned
 *   before Linux 4.11.
 * * -EINVAL: @flags has other bits, or bit 63 of @process_table does not agree
 *   with it, or the low bits are too large; or the kernel cannot switch (so it
 *   is with KVM PR since Linux 4.11); or the descriptor is /dev/kvm or a vcpu.
 * * -ENODEV: the processor is older than POWER9.
 * * -EOPNOTSUPP: such a guest cannot run on this host.
 * * -EBUSY: the VM would be switched, and a thread is inside KVM_RUN.
 * * -ENOMEM: there is no memory for a radix guest's tables.
 */
int htab_configure_mmu(int vmfd, unsigned int flags,
		       uint64_t process_table) HTAB_MUST_CHECK;

/*
 * Messages and versions
 * =====================
 */

/**
 * htab_strerror() - Say what an error of this library means, and what to do.
 * @error: a value that a function returned, negative or positive
 *
 * Unlike strerror() it speaks of page tables, and is safe in any thread.
 *
 * Since: 0.1
 *
 * Return: a static string, which is "unexpected error" for an error that no
 * function of this header lists.
 */
const char *htab_strerror(int error);

#define HTAB_VERSION_MAJOR 0
#define HTAB_VERSION_MINOR 2
#define HTAB_VERSION_PATCH 0
#define HTAB_VERSION	   "0.2.0"

/**
 * HTAB_CHECK_VERSION() - Compare the version of this header.
 * @major: a major version
 * @minor: a minor version
 *
 * The preprocessor can evaluate this.
 *
 * Since: 0.1
 *
 * Return: true if this header is of version @major.@minor or later.
 */
#define HTAB_CHECK_VERSION(major, minor)                                       \
	(HTAB_VERSION_MAJOR > (major) ||                                       \
	 (HTAB_VERSION_MAJOR == (major) && HTAB_VERSION_MINOR >= (minor)))

/**
 * htab_version() - Ask for the version of the library that runs.
 *
 * Compare it with HTAB_VERSION, which is the version of the header.
 *
 * Since: 0.1
 *
 * Return: a static string such as "0.2.0".
 */
const char *htab_version(void);

#ifdef __cplusplus
}
#endif

#endif
