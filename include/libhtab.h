/* SPDX-License-Identifier: MIT */
#ifndef LIBHTAB_H
#define LIBHTAB_H

/*
 * libhtab: a PowerPC guest's hashed page table, through KVM
 * =========================================================
 *
 * What it is. A PowerPC hash guest finds its translations in a hashed page
 * table (HPT, "htab") that KVM HV keeps for it. A virtual machine monitor
 * (VMM) asks the kernel for that table before the guest runs and clears it
 * when the guest resets. The ioctl for it, KVM_PPC_ALLOCATE_HTAB, promised
 * once: a table of this order, or the largest that the host can give; the
 * kernel says which; never under a running vcpu; a table that exists is just
 * cleared. No kernel of today keeps all of that. libhtab does, on every kernel
 * from 3.6 on, and refuses the arguments with which kernels lose the table or
 * crash.
 *
 * What it is not. It creates no VM and runs no vcpu, it does not manage guest
 * memory, and it does not keep a table of its own: where KVM keeps none (PR
 * KVM, other architectures) it says so with -ENOTTY and the VMM must.
 *
 * Where it sits.
 *
 *	VMM  ->  libhtab  ->  KVM_* ioctls on a descriptor of the VMM
 *
 * The library makes its ioctls itself. A VMM that brackets its ioctls (QEMU's
 * accel_ioctl_begin() and accel_ioctl_end()) has to bracket the calls of this
 * library instead, and one that traces them has to trace the calls.
 *
 * It is stateless: no globals, no allocation that outlives a call, no locks,
 * no threads, no logging, no environment variables.
 *
 * Orders. The order of a table is the base-2 logarithm of its size in bytes:
 * 18 is 256 KiB, the smallest; 24 is 16 MiB, what the kernel makes by itself
 * when a vcpu first runs without a table; 46 is the largest. The order that
 * htab_alloc() answers belongs in the guest's "ibm,pft-size". The host pays
 * for the table twice: as much again goes to its reverse map.
 *
 * Real mode. A table has to be large enough for the guest's real mode, in which
 * a guest runs until it has set up translations of its own. KVM maps real mode
 * at the first KVM_RUN, with one page in each group of 8 entries (the VRMA).
 * So a table of order n maps 2^(n - 7) pages of the size that backs guest
 * address 0, and a guest that touches more hangs, without a message. A guest of
 * 512 MiB that uses all of it in real mode needs order 24 on a host with 4K
 * pages, though htab_order_for_ram() says 22, and order 20 with 64K pages.
 * Hence a VMM calls htab_alloc_at_least() with htab_order_for_vrma() as the
 * floor. How much a guest uses in real mode, its firmware and its kernel
 * decide: a Linux guest may use the first memory node of its device tree. A
 * VMM either asks for a table that covers this node, or it makes the node no
 * larger than htab_vrma_limit() of the table that it was given.
 *
 * Descriptors. vmfd is what KVM_CREATE_VM returned and kvmfd is an open
 * /dev/kvm. The library borrows them: it never closes or keeps them. Whatever
 * it opens itself is closed on return, on every path, and is set to close on
 * exec at once, because kernels before 3.12 open the htab fd without that. (On
 * those, a program that another thread starts in between inherits it.)
 *
 * Errors. Functions return 0 (or a value) or a negative errno; errno itself
 * is not part of the API. Outputs are written on success only, except where
 * said. The errors of each function are listed with it. These mean the same
 * everywhere:
 *
 *	-EBADF   not an open descriptor
 *	-EINVAL  a NULL pointer, or the descriptor is /dev/kvm or a vcpu where
 *	         a VM's is wanted (functions that return -EOPNOTSUPP look at
 *	         the host first: for /dev/kvm on a host that cannot run hash
 *	         guests they return that)
 *	-ENOTTY  this KVM keeps no hashed page table (PR, not PowerPC), or the
 *	         descriptor has nothing to do with KVM (also where the kernel
 *	         says ENOSYS). A VMM that keeps the table of its guest itself
 *	         then clears that one.
 *	-EIO     the VM was made by another process (a fork counts), or is dead
 *	-EPROTO  the kernel gave an answer that no known kernel gives; what the
 *	         VM has is unknown
 *	-EACCES, -EPERM
 *	         a security module (LSM) forbids the ioctl, on any function
 *
 * Any other error comes from a filter of system calls (seccomp) or a security
 * module, and is returned unchanged.
 *
 * vcpus. Take every vcpu out of KVM_RUN (a signal with
 * kvm_run->immediate_exit) and keep it out until the call returns. A thread
 * inside KVM_RUN gives -EBUSY, also if its guest is idle. The library cannot
 * see a vcpu that starts a moment later, and a kernel without a table makes
 * one by itself at the first KVM_RUN: allocate before. Success does not prove
 * that no vcpu is inside KVM_RUN: one may be waiting in the kernel for the
 * call to end.
 *
 * Threads. Any thread may call, but functions on one VM must not run
 * concurrently with each other, nor with a read of the VM's htab fd or of its
 * debugfs file: kernels from 4.11 on free the table without regard to readers.
 * For the same reason nothing may change the VM's memory slots or call
 * KVM_GET_DIRTY_LOG while a table is replaced by one of another order.
 * Different VMs are independent. An htab fd that is open for reading misses
 * what htab_alloc(), htab_reset() and htab_renew() clear: close it before, open
 * another after. Do not cancel a thread (pthread_cancel()) that may be inside a
 * call: write() and close() are cancellation points, and a call that ends in
 * one leaves a descriptor open.
 *
 * Signals and time. No call is restarted or cut short by a signal (but see
 * htab_largest()). The kernel may take seconds to move memory out of the way.
 * Each order that the host's reserved memory (CMA) cannot provide may leave a
 * line on the host's console: "cma: cma_alloc: kvm_cma: alloc failed". It is
 * harmless.
 *
 * Resetting a guest. These are the steps of a VMM:
 *
 *	1. Take all vcpus out of KVM_RUN, and keep them out.
 *	2. On each vcpu, complete what its last exit left pending. After an
 *	   exit for MMIO or for a hypercall the kernel writes the result into
 *	   the vcpu's registers at the next KVM_RUN, which would change them
 *	   after step 5. So call KVM_RUN with kvm_run->immediate_exit set
 *	   (before Linux 4.11, with a signal pending). It fails with EINTR and
 *	   runs no guest code. It is not a first run: it makes no table and no
 *	   entries in a table, so it may also come after step 3.
 *	3. Call htab_reset(), or htab_renew() if the size is to change.
 *	4. Load the firmware or kernel and the device tree into the guest's
 *	   memory again, with the order that htab_renew() returned.
 *	5. Set the registers of all vcpus, and go on. The next KVM_RUN maps real
 *	   mode again.
 *
 * Plugged memory. A guest that runs changes the size of its table itself, with
 * the hypercalls H_RESIZE_HPT_PREPARE and H_RESIZE_HPT_COMMIT, which the VMM
 * passes on to KVM_PPC_RESIZE_HPT_PREPARE and _COMMIT. The functions here are
 * not for that: they empty the table, which a guest survives only by a reset.
 * When a guest reboots after memory was plugged, or after it has resized its
 * table, htab_renew() gives it the size that the VMM wants, and htab_reset()
 * keeps the present one. On libhtab 0.1, which had no htab_renew(), a VMM calls
 * htab_reset() and then htab_alloc_at_least(), with the old order as the floor.
 *
 * Prepared resizes. A table that KVM_PPC_RESIZE_HPT_PREPARE has prepared
 * survives htab_alloc(), htab_reset() and htab_renew(): its memory stays taken,
 * and a later KVM_PPC_RESIZE_HPT_COMMIT puts it in the place of the table that
 * was allocated here, with the order that was prepared. A VMM that resets a
 * guest cancels it first (PREPARE of order 0, once PREPARE no longer says that
 * it is still working). The memory of a table that is still prepared when the
 * VM is closed is lost until the host reboots.
 *
 * Closing a VM. On Linux 4.11 to 4.14, to close a VM that has lost its table
 * corrupts the host: the kernel frees the reverse map of the lost table a
 * second time, and by then it may be another VM's. A VM loses its table if it
 * had one and htab_alloc(), htab_alloc_at_least() or htab_renew() then returned
 * -ENOMEM. Before you close such a VM, make one htab_alloc() succeed; order 18
 * is enough. These kernels cannot be told from later ones, so do it on all.
 *
 * Kernels, as they are without libhtab:
 *
 *	3.6-3.7    fall back to smaller tables, or to one of order 24 from the
 *	           boot pool; a table keeps its first size until the VM is
 *	           closed; no htab fd
 *	3.8-4.3    the same (boot pool up to 3.11), with htab fd
 *	4.4-4.10   the wanted size or ENOMEM, which may leave a dangling table
 *	4.11-4.14  another order frees the table first, then may fail
 *	4.15-      the same, and turns a radix guest into a hash guest
 *	5.10-      EOPNOTSUPP on a nested hypervisor (4.20-5.9: a crash later)
 *
 * Name. libiberty, which comes with binutils, has a hash table library with
 * the same prefix; its <hashtab.h> declares types named htab_alloc and
 * htab_free. Do not include it in the same file. Linking both is fine: no
 * symbol of libhtab is one of libiberty's.
 *
 * Stability. The soname is libhtab.so.0 and stays while the version is 0.x.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HTAB_VERSION_MAJOR 0
#define HTAB_VERSION_MINOR 2
#define HTAB_VERSION_PATCH 0
#define HTAB_VERSION	   "0.2.0"

/* True if the header is of version major.minor or later. Since: 0.1 */
#define HTAB_CHECK_VERSION(major, minor)  \
	(HTAB_VERSION_MAJOR > (major) ||  \
	 (HTAB_VERSION_MAJOR == (major) && \
	  HTAB_VERSION_MINOR >= (minor)))

#if defined(__GNUC__)
#define HTAB_MUST_CHECK __attribute__((warn_unused_result))
#else
#define HTAB_MUST_CHECK
#endif

/*
 * htab_version() - The version of the library that runs, as "0.2.0".
 *
 * Return: a static string. Compare with HTAB_VERSION, that of the header.
 * Since: 0.1
 */
const char *htab_version(void);

/* The smallest and the largest order, and the order of the table that a kernel
 * makes by itself. Since: 0.1 */
#define HTAB_ORDER_MIN	   18
#define HTAB_ORDER_MAX	   46
#define HTAB_ORDER_DEFAULT 24

/*
 * Allocation
 * ==========
 *
 * A VMM calls htab_alloc_at_least() once, before the first vcpu runs, and puts
 * the order that it returns into the device tree; then htab_reset() or
 * htab_renew() each time the guest resets. To change the size of a table in
 * use, call htab_renew(). It does what htab_alloc() leaves out: it clears the
 * table first, so that the kernel holds no reference into it when it frees it.
 *
 * From Linux 4.11 on, asking for another order than the VM has frees the table
 * first. If the host cannot even provide a smaller one, the VM has no table.
 */

/*
 * htab_alloc() - Give a VM a table of the wanted order, or the largest below
 * it that the host can give.
 * @vmfd: the VM
 * @order: in, the order wanted, 18 to 46; out, the order of the table that the
 *	VM has now, which is empty
 *
 * The largest order that the host can give may be too small for the guest's
 * real mode: see "Real mode" above, and htab_alloc_at_least().
 *
 * Up to 4.3 the kernel negotiates by itself, and up to 4.10 a table that exists
 * keeps its size: the order of the table may then be *larger* than the one
 * wanted (24 from the boot pool, or the table that was there).
 *
 * A VM that is a radix guest (Linux 4.15) becomes a hash guest, and the kernel
 * forgets its process table: call KVM_PPC_CONFIGURE_V3_MMU after this, not
 * before. It is no radix guest any more also if there is no memory (-ENOMEM).
 *
 * Ioctl: KVM_PPC_ALLOCATE_HTAB (Linux 3.6), one call and one more for each
 * order that the host cannot provide; at most two KVM_CHECK_EXTENSION. Where
 * memory is short there may be a third one, and before 4.11 htab_order() for
 * each refusal.
 *
 * Return: 0, or
 *	-EBADF, -EINVAL, -ENOTTY, -EIO, -EPROTO: see "Errors" above. On all of
 *		these except -EPROTO the VM is unchanged. (If one comes only
 *		when a smaller order is tried, the VM is as with -ENOMEM.)
 *	-ERANGE: *order is not 18 to 46. No system call was made.
 *	-EOPNOTSUPP: a hash guest cannot run on this host: nested hypervisor,
 *		early POWER9 or kernel before 4.15 with radix. Nothing changed.
 *	-EBUSY: a thread is inside KVM_RUN. Nothing changed. (If a vcpu starts
 *		while smaller orders are being tried, the table is the one that
 *		the kernel made for it.)
 *	-ENOMEM: the host can provide no order from *order down to 18. The VM
 *		has no table: do not run it until an htab_alloc() succeeds, or
 *		the kernel silently makes one of its own, and kernels from 4.11
 *		on may run on stale translations. See also "Closing a VM" above.
 *		htab_alloc() also returns this, without trying a smaller order,
 *		if it cannot find out what the failure has left behind: which
 *		generation the kernel is of, or before Linux 4.11 whether the
 *		table was lost. Do not try again on such a VM before 4.11
 *		unless htab_order() says -ENOENT.
 *	-ENOTRECOVERABLE: before 4.11 only: the kernel freed the table and goes
 *		on using its memory. Destroy the VM; do not call again.
 *
 * Precondition: all vcpus out of KVM_RUN; no concurrent call on this VM.
 * Since: 0.1
 */
int htab_alloc(int vmfd, uint32_t *order) HTAB_MUST_CHECK;

/*
 * htab_alloc_at_least() - htab_alloc() with a floor.
 * @vmfd: the VM
 * @order: as in htab_alloc(); also set with -ENOSPC
 * @min_order: the smallest order to accept, 18 to *order; *order means exactly
 *	that (or larger, where the kernel says so)
 *
 * Ioctl: as htab_alloc().
 *
 * Return: 0, or what htab_alloc() returns, and
 *	-ERANGE: also if min_order is not 18 to *order. No system call was made.
 *	-ENOMEM: the host can provide no order from *order down to min_order.
 *		To ask for less does not help, since the guest needs min_order:
 *		give the guest less memory, or the host more contiguous memory
 *		(kernel parameter kvm_cma_resv_ratio). What the VM is like: see
 *		htab_alloc().
 *	-ENOSPC: the kernel itself gave less than min_order (up to 4.3, or a
 *		table that existed, up to 4.10). The VM has that table, it is
 *		empty, and *order is its order.
 *
 * Precondition: as htab_alloc(). Since: 0.1
 */
int htab_alloc_at_least(int vmfd, uint32_t *order,
			uint32_t min_order) HTAB_MUST_CHECK;

/*
 * htab_largest() - The largest order up to a ceiling that this host gives now.
 * @kvmfd: /dev/kvm
 * @order: in, the ceiling, 18 to 46; out, the order found
 *
 * Tries each size on a VM of its own that is gone on return. (None of them had
 * a table when an attempt failed, so it is safe to close them: see "Closing a
 * VM" above.) The answer is a snapshot: another VM may take the memory. Up to
 * 4.3, where a kernel asked for too much may answer with much less than it has,
 * a VMM that wants the most asks here first.
 *
 * Ioctl: KVM_CREATE_VM with the default type, then as htab_alloc(), for each
 * size that is tried.
 *
 * Return: 0, or
 *	-EBADF: see "Errors" above
 *	-EINVAL: order is NULL, or the descriptor is a vcpu
 *	-ENOTTY: this KVM keeps no table, or kvmfd is not /dev/kvm
 *	-EIO, -EPROTO: see "Errors" above
 *	-ERANGE: *order is not 18 to 46. No system call was made.
 *	-EOPNOTSUPP: a hash guest cannot run on this host
 *	-ENOMEM: the host can provide no order from 18 to *order; or the VM
 *		could not be made. (Up to 3.11 a host may still have a table of
 *		order 24, from the boot pool, which is above a lower ceiling:
 *		htab_alloc() then gives that.)
 *	-EINTR, -EMFILE, -ENFILE: as KVM_CREATE_VM says (EINTR: a signal came
 *		while the VM was being made; call again), or whatever else it
 *		says
 *
 * The VMs of the caller are not touched. Precondition: none. Since: 0.1
 */
int htab_largest(int kvmfd, uint32_t *order) HTAB_MUST_CHECK;

/*
 * Reset and size
 * ==============
 */

/*
 * htab_reset() - Clear the VM's table and keep its size.
 * @vmfd: the VM
 *
 * Asks for the size as htab_order() does, so it is right even after somebody
 * else resized the table, and allocates that order again, which every kernel
 * takes as "clear". The next KVM_RUN maps real mode again. On 3.6 and 3.7,
 * which cannot be asked and only clear, a VM without a table gets one of order
 * 24.
 *
 * Like htab_order(), this is for a VM that is expected to have a table.
 *
 * Ioctl: those of htab_order(), and one KVM_PPC_ALLOCATE_HTAB (Linux 3.6).
 *
 * Return: 0, or
 *	-EBADF, -EINVAL, -ENOTTY, -EIO, -EPROTO: see "Errors" above
 *	-ENOENT: the VM has no table: none yet, or it is a radix guest
 *	-EBUSY: a thread is inside KVM_RUN. Nothing changed, not even the dirty
 *		marks that a reader of the htab fd waits for.
 *	-EOVERFLOW: the table has 2^37 bytes or more, too large for its size to
 *		be told. Clear it with htab_alloc_at_least() and its order, which
 *		the VMM knows, as both *order and min_order.
 *	-EMFILE, -ENFILE, -ENOMEM: no descriptor or memory to look at the table
 *		with
 * On all of these except -EPROTO the VM is unchanged. (-ENOMEM also comes, and
 * the table is lost, if somebody resized it between the two steps.)
 *
 * Precondition: all vcpus out of KVM_RUN; no concurrent call on this VM.
 * Since: 0.1
 */
int htab_reset(int vmfd) HTAB_MUST_CHECK;

/*
 * htab_renew() - Give a VM an empty table of the wanted order, whatever it has.
 * @vmfd: the VM
 * @order: in, the order wanted, 18 to 46; out, the order of the table that the
 *	VM has now, which is empty; also set with -ENOSPC
 * @min_order: the smallest order to accept, 18 to *order
 *
 * What a VMM calls at each reset if it wants a certain size and not only the
 * present one: the guest may have resized its table, or memory was plugged.
 *
 * If the VM has a table of the wanted order, htab_renew() only clears it, and
 * nothing can fail for want of memory. If it has a table of another order,
 * Linux 4.11 and later replace it: htab_renew() clears it at its present size,
 * so that the kernel holds no reference into it, and then allocates the wanted
 * order, or the largest below it down to min_order. The memory of the old table
 * is free for the new one, so the old order is among those that can be given.
 * Up to 4.10 a table keeps its size, and htab_renew() clears it. If the VM has
 * no table, htab_renew() is htab_alloc_at_least(). But it asks for the present
 * size, which htab_order() says is not for a VM without a table: before the
 * first run call htab_alloc_at_least().
 *
 * A VMM that was given less than it wanted passes what it was given, and keeps
 * it at every reset; one that wants to try again for more passes that.
 *
 * A table of 2^37 bytes or more is too large for its size to be told. If *order
 * is not its order, kernels from 4.11 on replace it without the clearing.
 *
 * Ioctl: those of htab_order(), KVM_PPC_ALLOCATE_HTAB (Linux 3.6) once, or once
 * more than htab_alloc() if the size changes, and the KVM_CHECK_EXTENSION of
 * htab_alloc(); if the size changes there may be two more of them.
 *
 * Return: 0, or
 *	-EBADF, -EINVAL, -ENOTTY, -EIO, -EPROTO: see "Errors" above; except with
 *		-EPROTO the VM is unchanged. -ENOTTY also if a filter of system
 *		calls hides the htab fd of Linux 4.11 or later.
 *	-ERANGE: *order or min_order is out of range. No system call was made.
 *	-EOPNOTSUPP: a hash guest cannot run on this host. Nothing changed.
 *	-EBUSY: a thread is inside KVM_RUN. Nothing changed. (If a vcpu starts
 *		while the call runs, the table is empty at its present size,
 *		or it is what the kernel made for that vcpu.)
 *	-EMFILE, -ENFILE: no descriptor to look at the table with. Nothing
 *		changed.
 *	-ENOMEM: the host can give no order from *order down to min_order, and
 *		the VM has no table: see htab_alloc(). Or there is no memory
 *		to look at the table with, and nothing changed. In both cases
 *		do not run the VM before a call succeeds.
 *	-ENOSPC: up to 4.10: the table is smaller than min_order. The VM has
 *		that table, it is empty, and *order is its order.
 *	-ENOTRECOVERABLE: see htab_alloc()
 *
 * Precondition: all vcpus out of KVM_RUN; no concurrent call on this VM.
 * Since: 0.2
 */
int htab_renew(int vmfd, uint32_t *order, uint32_t min_order) HTAB_MUST_CHECK;

/*
 * htab_order() - How large is the VM's table?
 * @vmfd: the VM
 * @order: out, the order, 18 to 36
 *
 * No kernel interface says. This writes records without entries to an htab fd,
 * which change nothing and are refused beyond the table's end. Call it for a VM
 * that is expected to have a table: about a hash guest without one, a kernel
 * built with UBSAN logs a report, once per boot, which panics a host that has
 * panic_on_warn set. The same holds for htab_reset() and htab_renew().
 *
 * Ioctl: KVM_PPC_GET_HTAB_FD (Linux 3.8), then fcntl for close-on-exec, at most
 * five writes, and close; from 2^36 bytes on also three calls that map and
 * unmap memory.
 *
 * Return: 0, or
 *	-EBADF, -EINVAL, -ENOTTY, -EIO, -EPROTO: see "Errors" above; -ENOTTY
 *		also on Linux 3.6 and 3.7
 *	-ENOENT: the VM has no table: none yet, or it is a radix guest
 *	-EBUSY: a thread is inside KVM_RUN
 *	-EOVERFLOW: 2^37 bytes or more, too large for its size to be told
 *	-EMFILE, -ENFILE, -ENOMEM: no descriptor or memory for the htab fd
 * The table is never changed.
 *
 * Precondition: all vcpus out of KVM_RUN; no concurrent call on this VM.
 * Since: 0.1
 */
int htab_order(int vmfd, uint32_t *order) HTAB_MUST_CHECK;

/*
 * htab_order_for_ram() - The order that suits a guest with that much memory.
 * @bytes: the guest's RAM, at most what it can grow to
 *
 * 1/128 of it, rounded up to a power of two: QEMU's rule, so that both agree
 * about a guest that migrates. The table can still be too small for the guest's
 * real mode: see htab_order_for_vrma(). No system call.
 *
 * Return: 18 to 46. Since: 0.1
 */
uint32_t htab_order_for_ram(uint64_t bytes);

/*
 * htab_vrma_limit() - How much real mode does a table cover?
 * @order: the order of the table, 18 to 46
 * @page_shift: the base-2 logarithm of the size of the pages that back guest
 *	address 0, 12 to 63. This is the size that the host's kernel uses for
 *	the mapping: sysconf(_SC_PAGESIZE), or the size of huge pages if the
 *	memory comes from hugetlbfs. Transparent huge pages do not count.
 *
 * KVM rounds the page size down to 4K, 64K or 16M, maps one page in each of the
 * 2^(order - 7) groups of the table, and maps 1 TiB at most. No system call.
 *
 * Return: bytes from guest address 0 on; or 0, if an argument is out of its
 * range. Since: 0.2
 */
uint64_t htab_vrma_limit(uint32_t order, unsigned int page_shift);

/*
 * htab_order_for_vrma() - The smallest order that covers so much real mode.
 * @bytes: what the guest uses before it has translations of its own
 * @page_shift: as in htab_vrma_limit()
 *
 * The floor for htab_alloc_at_least() and htab_renew(). No system call.
 *
 * Return: 18 to 46; or 0, which those functions refuse with -ERANGE: no table
 * covers more than 1 TiB, or page_shift is out of its range. Since: 0.2
 */
uint32_t htab_order_for_vrma(uint64_t bytes, unsigned int page_shift);

/*
 * Capabilities
 * ============
 */

/* A hash guest can run here and KVM keeps its table: htab_alloc() can work.
 * Since: 0.1 */
#define HTAB_CAP_ALLOC	0x1
/* The table has a descriptor: htab_order() works. Since: 0.1 */
#define HTAB_CAP_STREAM 0x2
/* A hash guest can change its table's size as it runs, through hypercalls that
 * the VMM passes on (Linux 4.11, on POWER9 4.16). This is stricter than KVM's
 * own KVM_CAP_SPAPR_RESIZE_HPT, which nested hypervisors and early POWER9 also
 * report, though no hash guest can run there. Since: 0.1 */
#define HTAB_CAP_RESIZE 0x4
/* KVM PR: hash guests can run here, but the VMM keeps their table in its own
 * memory, because KVM keeps none. Never set together with the others. KVM on
 * embedded PowerPC (Book E) cannot be told apart from it. Since: 0.2 */
#define HTAB_CAP_PR	0x8

/*
 * htab_caps() - What a host can do, truthfully.
 * @fd: /dev/kvm, or a VM (since Linux 3.17). Where both KVM HV and PR are
 *	loaded, /dev/kvm tells about HV and a VM about its own kind.
 *
 * Corrects two false positives: KVM PR (up to Linux 4.10) and nested
 * hypervisors report KVM_CAP_PPC_ALLOC_HTAB although the ioctl cannot be used
 * there.
 *
 * Ioctl: KVM_CHECK_EXTENSION, at most five; two on a host that runs no hash
 * guests at all, such as x86.
 *
 * Return: a set of HTAB_CAP_* bits, 0 on a host without any of them, or
 *	-EBADF, -EIO: see "Errors" above
 *	-EINVAL: the descriptor is a vcpu
 *	-ENOTTY: not a KVM descriptor, or a VM before Linux 3.17: ask /dev/kvm
 *
 * Precondition: none. Since: 0.1
 */
int htab_caps(int fd) HTAB_MUST_CHECK;

/*
 * htab_strerror() - What an error of this library means, and what to do.
 * @error: a value that a function returned, negative or positive
 *
 * Unlike strerror() it speaks of page tables, and is safe in any thread.
 *
 * Return: a static string; "unexpected error" for what is not listed above.
 * Since: 0.1
 */
const char *htab_strerror(int error);

#ifdef __cplusplus
}
#endif

#endif
