/* SPDX-License-Identifier: MIT */
#ifndef LIBHTAB_SIM_H
#define LIBHTAB_SIM_H

/**
 * DOC: libhtab-sim: the kernel's side of libhtab, simulated
 *
 * What it is
 * ----------
 *
 * libhtab-sim has the functions of libhtab.h over a model of what every kernel
 * from 3.6 on does with a guest's hashed page table, instead of a kernel. A
 * VMM's unit tests link libhtab-sim where the VMM links libhtab, make a host
 * and VMs with the functions below, and need neither KVM nor a POWER machine::
 *
 *	struct htab_sim_host *host = htab_sim_host_new(NULL);
 *	int vmfd = htab_sim_vm_new(host);
 *	htab_sim_vcpu_enter(vmfd);
 *	assert(my_reset(vmfd) == -EBUSY);
 *	htab_sim_host_free(host);
 *
 * What it is not
 * --------------
 *
 * It runs no guest, and knows of KVM what concerns the page table, and what a
 * VMM needs around it. It answers what the kernel answers. A request that it
 * does not know fails as one that the kernel does not know, and
 * htab_sim_on_unknown() names it.
 *
 * Linking
 * -------
 *
 * Link libhtab-sim instead of libhtab, not beside it: both define the functions
 * of libhtab.h. With -lhtab -lhtab-sim and shared libraries a program runs
 * those of libhtab, which know no simulated descriptors; then
 * htab_sim_host_new() says so on stderr and fails with ELIBBAD. With -lhtab-sim
 * first the program works, and with archives the linker reports that htab_alloc
 * is defined twice, or takes libhtab-sim alone if that is first.
 *
 * Descriptors
 * -----------
 *
 * Descriptors are real: what htab_sim_vm_new() returns is a descriptor of the
 * process like any other. close() gives it up, dup() copies it, and the VM is
 * gone when the last copy and the last of its htab fds and vcpus are closed.
 * The simulator need not be told of close(): it notices at the next call that
 * could show it. Calls on descriptors that are not the simulator's go to the
 * real kernel.
 *
 * Programs as they are
 * --------------------
 *
 * Programs that know nothing of it, because they are linked with libhtab.so or
 * make the ioctls themselves, run on the simulator with ::
 *
 *	HTAB_SIM='linux=4.3 cma=64M' LD_PRELOAD=libhtab-sim-preload.so program
 *
 * which opens /dev/kvm as that of the host so described. HTAB_SIM_JOURNAL names
 * a file to which the journal is appended. HTAB_SIM_EXITS names a file with the
 * exits of the first vcpu of a VM, which otherwise stays inside KVM_RUN until a
 * signal comes. Its lines are "hcall NUMBER [ARGUMENT...]" for a hypercall, and
 * "exit REASON" for an exit without data. A request of KVM that the simulator
 * does not know is reported on stderr, once.
 *
 * The preload library replaces what a program calls of the C library to open
 * /dev/kvm and to use what comes from it. It cannot replace system calls that
 * do not go through these functions: those of a program that is linked
 * statically, of Go programs, of syscall(), and of io_uring. A program that a
 * simulated host's program starts by exec() has a host of its own, and does not
 * know the descriptors that it inherits.
 *
 * Linking a VMM
 * -------------
 *
 * The VMM's own ioctl() and mmap(), KVM_RUN among them, reach the simulator
 * without the preload library if the test is linked with
 * -Wl,--wrap=ioctl,--wrap=mmap and has these two functions::
 *
 *	int __wrap_ioctl(int fd, unsigned long request, ...)
 *	{
 *		va_list arguments;
 *		int r;
 *
 *		va_start(arguments, request);
 *		r = htab_sim_ioctl(fd, request, va_arg(arguments, void *));
 *		va_end(arguments);
 *		errno = r < 0 ? -r : errno;
 *		return r < 0 ? -1 : r;
 *	}
 *
 *	void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
 *			  off_t offset)
 *	{
 *		return htab_sim_mmap(addr, len, prot, flags, fd, offset);
 *	}
 *
 * Both pass calls on other descriptors on to the kernel, and do so by system
 * calls, which --wrap does not replace. So this works with libhtab-sim.a too.
 * The linker replaces the calls of the objects and archives that it links, not
 * those of shared libraries. With _FILE_OFFSET_BITS=64, which Meson sets, the
 * name of mmap() is mmap64(), which has to be wrapped then. With musl the
 * request of ioctl() is an int.
 *
 * Hazards
 * -------
 *
 * What would harm a real host (crash it, or corrupt its memory) is not
 * simulated but reported: enum htab_sim_hazard lists the hazards and says what
 * each of them does. The default is to print the calls so far and a sentence
 * about the hazard, and to abort(): a test that steps on one fails.
 *
 * Threads
 * -------
 *
 * All functions may be called from any thread, except that no other thread may
 * be in a call on a host that htab_sim_host_free() switches off (KVM_RUN, in
 * which a vcpu waits, is allowed). vcpus enter and leave from threads of their
 * own, as in a VMM. As in a kernel, one thread at a time has a vcpu: requests
 * on it, a second KVM_RUN among them, wait until KVM_RUN has returned in the
 * other thread. Only a signal that kills the process ends that wait. A second
 * KVM_RUN that a signal came for meanwhile returns -EINTR when its turn comes.
 *
 * Signals
 * -------
 *
 * While a vcpu waits in KVM_RUN, the handler of a signal runs before the vcpu
 * has left. The handler may make requests on the vcpu, but it must not leave by
 * longjmp(): the vcpu would stay inside. Signal handlers must not call the
 * simulator at other times, because they would wait for its locks forever.
 *
 * Callbacks
 * ---------
 *
 * A hazard handler, a handler of unknown requests and an interceptor are called
 * while the simulator holds no lock and no descriptor. They may call any
 * function of the simulator but htab_sim_host_free() of that host, and they may
 * leave by longjmp(), as the fail() of a test framework does. If a handler
 * leaves htab_sim_host_free() that way, the host stays switched off, and its
 * memory is not freed.
 *
 * fork()
 * ------
 *
 * A child has the hosts of its parent as they are at that moment, with the
 * memory that is free then, and each process goes on with its own: what one of
 * them allocates does not matter to the other. VMs belong to the process that
 * made them. In the child every call on a descriptor that its parent opened on
 * a VM, a vcpu or an htab fd is -EIO; the child makes VMs of its own with
 * htab_sim_vm_new(). A VM whose descriptors the parent has closed lives on
 * while a child has a copy of them, as it does in a kernel. A descriptor that
 * was made in one process and is passed to another one, through SCM_RIGHTS for
 * instance, is not known there: calls on it go to the real kernel, which
 * answers -ENOTTY.
 *
 * Pointers
 * --------
 *
 * An argument or a buffer that the process cannot read or write is -EFAULT
 * where a kernel looks at it, and has the effects that it has there: up to
 * Linux 4.10 an order that cannot be written back is -EFAULT although the table
 * has been made. Where the real kernel has no process_vm_readv(), as under
 * qemu-user, the buffers of read() and write() are not checked, but for NULL.
 *
 * Errors
 * ------
 *
 * int functions return >= 0 or a negative errno, as libhtab.h. Where the
 * process itself has no memory left, any call may be -ENOMEM, with the effect
 * that this error has in a kernel; the same call may succeed later.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct htab_sim_host;

/*
 * Hosts
 * =====
 */

/**
 * htab_sim_host_new() - Switch on a host.
 * @description: what it is, as words of the form "name=value" with blanks or
 *	commas between; NULL or "" for a current kernel on a POWER8 with room.
 *	The list below has the default of each word.
 *
 * These are the words::
 *
 *	linux=6.12	the kernel, from 3.6 on; it decides the behaviour
 *	kvm=hv		hv, pr, nested (the host is a guest itself; from Linux
 *			4.20 on, and only with mmu=radix), or none (not a
 *			PowerPC)
 *	cpu=power8	power7; power8, from Linux 3.14 on; power9 or
 *			power9-dd2.0 (the first POWER9, which cannot run hash
 *			guests on a radix host), from 4.11 on; power10, from
 *			5.10 on. The default is power7 before Linux 3.14, and
 *			power9 with kvm=nested.
 *	mmu=hash	hash or radix. power7 and power8 have hash only; the
 *			default of the others is radix.
 *	page=4K		the size of the host's pages, 4K or 64K
 *	cma=208M	the area for tables, which the boot parameter
 *			kvm_cma_resv_ratio sets, in granules of 256K; from Linux
 *			3.12 on. The default is that of a host with 4 GiB of
 *			RAM: up to 3.19 it is 256M.
 *	memory=3G	what the page allocator has: for tables of at most
 *			"block", and for the reverse map of every table
 *	block=16M	the largest contiguous piece of it
 *	pool=0		how many tables of order 24 are reserved at boot; up to
 *			Linux 3.11
 *	ram=16M		the memory of each VM, at guest address 0; 0 for none.
 *			It counts until the VM has had a memory slot there.
 *	polls=1		how often RESIZE_HPT_PREPARE says "not yet"; at least 1
 *	reverse=zero	zero or random: the marks in the reverse map of a new
 *			table. Kernels do not initialise this memory, so that an
 *			htab fd may report entries as invalid that have never
 *			been there, except in its first pass. With random, some
 *			entries of each new table have a mark.
 *	other=refuse	refuse or accept: with accept, requests of KVM that the
 *			simulator does not know return 0 and do nothing
 *
 * What is random is the same each time: a host begins anew with the same
 * numbers, so that a test that fails can be repeated.
 *
 * cma=, memory=, block= and ram= are sizes in bytes, or in K, M, G or T. pool=
 * and polls= are plain numbers. No word may be there twice, and a description
 * of what no machine is (a POWER10 with Linux 3.6, pool= with 6.12) is refused.
 *
 * Since: 0.1
 *
 * Return: the host, or NULL with errno:
 * * EINVAL: no such host can be. A line on stderr says what is wrong with the
 *   description.
 * * ELIBBAD: the program runs the functions of libhtab: see "Linking" above.
 * * ENOMEM, EMFILE, ENFILE: there is no memory or no descriptor for the host.
 */
struct htab_sim_host *htab_sim_host_new(const char *description);

/**
 * htab_sim_host_free() - Switch a host off.
 * @host: the host; NULL is allowed
 *
 * Its VMs are destroyed, and hazards that this brings (a resize that is
 * pending) are reported before it returns. Calls on descriptors that are still
 * open are -EIO from then on, until the descriptors are closed; a later
 * htab_sim_host_new() or htab_sim_host_free() frees what was kept for them. A
 * vcpu that is inside KVM_RUN stays there until a signal comes, and the answer
 * is -EIO then. No other thread may be in another call of the host's.
 *
 * Since: 0.1
 *
 * Return: how many of the host's VM, vcpu and htab descriptors were still open,
 * plus how many vcpus were still inside KVM_RUN, those of a VM whose
 * descriptors are all closed included. Copies of one descriptor count once, and
 * one that only a child of this process still has counts as open. 0 unless the
 * code under test leaks (or the test did not close its own).
 */
int htab_sim_host_free(struct htab_sim_host *host);

/**
 * htab_sim_kvmfd() - Get the host's /dev/kvm.
 * @host: the host
 *
 * Since: 0.1
 *
 * Return: a descriptor that belongs to the host; do not close it.
 */
int htab_sim_kvmfd(const struct htab_sim_host *host);

/* Where a host's memory is. Since: 0.1 */
enum htab_sim_memory {
	HTAB_SIM_CMA,	/* bytes */
	HTAB_SIM_PAGES, /* bytes of the page allocator */
	HTAB_SIM_POOL	/* tables reserved at boot */
};

/**
 * htab_sim_free_memory() - Ask what is free just now.
 * @host: the host
 * @memory: where
 *
 * All is free again when all VMs are closed, except for what a VM takes with it
 * that is closed with a resize pending (HTAB_SIM_HAZARD_CLOSED_PENDING).
 *
 * Since: 0.1
 *
 * Return: how much is free, in the unit that enum htab_sim_memory says.
 */
uint64_t htab_sim_free_memory(struct htab_sim_host *host,
			      enum htab_sim_memory memory);

/*
 * VMs and vcpus
 * =============
 */

/**
 * htab_sim_vm_new() - Make a VM: KVM_CREATE_VM on htab_sim_kvmfd().
 * @host: the host
 *
 * Linux 4.7 to 4.18 name a VM by the number of its descriptor, and refuse a
 * second VM of that name with -ENOMEM: so it is here while an older VM that had
 * the number lives on, through an htab fd that is still open for instance.
 *
 * Since: 0.1
 *
 * Return:
 * * 0 or more: the VM's descriptor.
 * * -EMFILE, -ENFILE: there is no descriptor.
 * * -ENOMEM: there is no memory, or a VM of that name lives on.
 */
int htab_sim_vm_new(struct htab_sim_host *host);

/**
 * htab_sim_vcpu_enter() - Let a vcpu of a VM enter KVM_RUN and stay.
 * @fd: the VM, or any vcpu of it
 *
 * This is a tool for tests, and needs none of what KVM_RUN needs of a vcpu,
 * such as KVM_CAP_PPC_PAPR. The first entry makes a table if there is none and
 * sets up the VRMA. If another thread holds the VM's lock, the function waits
 * for it. After an error the vcpu is outside.
 *
 * Since: 0.1
 *
 * Return:
 * * 0: the vcpu is inside.
 * * -ENOMEM: KVM_RUN failed, because no table could be made.
 * * -EINVAL: KVM_RUN failed, because there is no memory at guest address 0.
 * * -EBUSY: KVM_RUN failed for a hash guest on a radix host of the first
 *   POWER9, Linux 4.15 to 5.11. The table is there then.
 * * -EBADF: not an open descriptor.
 * * -EIO: the VM is another process's, or its host is off.
 * * -ENOTTY: not a VM or vcpu of the simulator.
 */
int htab_sim_vcpu_enter(int fd);

/**
 * htab_sim_vcpu_leave() - Let a vcpu of a VM leave KVM_RUN.
 * @fd: the VM, or any vcpu of it
 *
 * Since: 0.1
 *
 * Return:
 * * 0: the vcpu is outside.
 * * -EINVAL: no vcpu of the VM is inside.
 * * -EBADF, -EIO, -ENOTTY: as htab_sim_vcpu_enter().
 */
int htab_sim_vcpu_leave(int fd);

/*
 * System calls
 * ============
 *
 * What the VMM, or somebody else, does without libhtab. Requests are those of
 * <linux/kvm.h> on the target.
 */

/**
 * htab_sim_ioctl() - Make an ioctl, which the simulated kernel answers.
 * @fd: a /dev/kvm, VM, vcpu or htab fd of the simulator
 * @request: the request, as <linux/kvm.h> has it on the target
 * @arg: its argument, a pointer or a number
 *
 * Known are, on a /dev/kvm: KVM_CHECK_EXTENSION, KVM_CREATE_VM,
 * KVM_GET_API_VERSION and KVM_GET_VCPU_MMAP_SIZE; on a VM:
 * KVM_CHECK_EXTENSION, KVM_CREATE_VCPU, KVM_SET_USER_MEMORY_REGION,
 * KVM_ENABLE_CAP, KVM_PPC_GET_SMMU_INFO, KVM_PPC_CONFIGURE_V3_MMU,
 * KVM_PPC_ALLOCATE_HTAB, KVM_PPC_GET_HTAB_FD, KVM_PPC_RESIZE_HPT_PREPARE and
 * KVM_PPC_RESIZE_HPT_COMMIT; on a vcpu: KVM_RUN, KVM_ENABLE_CAP,
 * KVM_SET_SIGNAL_MASK, and KVM_GET and KVM_SET of REGS, SREGS and ONE_REG. A
 * request that the descriptor does not know is refused before the kernel looks
 * at its argument: -EINVAL on a /dev/kvm and on a vcpu, -ENOTTY on a VM and on
 * an htab fd. other=accept changes that for requests that no descriptor of the
 * simulator knows (htab_sim_on_unknown()).
 *
 * KVM_CREATE_VCPU: an id above the largest one (2047) is -EINVAL, and one that
 * the VM has used is -EEXIST, or -EINVAL on a POWER9 or later from Linux 4.19
 * on. A VM keeps its vcpus to its end, so that an id is used up even when the
 * vcpu's descriptor has been closed.
 *
 * KVM_CHECK_EXTENSION: a capability is 0 if it stands for what the simulator
 * does not have, also where kernels have it. The host has one CPU with one
 * thread (KVM_CAP_NR_VCPUS, KVM_CAP_PPC_SMT).
 *
 * KVM_SET_USER_MEMORY_REGION: a slot says which guest addresses have memory.
 * The one at guest address 0 replaces the ram= of the host: a VM that has had
 * one there, and has deleted it, has no memory there. The first run of a vcpu
 * maps the slot as real mode, and looks at what the process has mapped at its
 * userspace_addr. Nothing, or memory of a device, is -EINVAL. Pages of
 * hugetlbfs count as 16M or 64K if they are at least as large, and other pages
 * have the size that page= says. Where /proc is not mounted, all memory counts
 * as such. The contents of the memory are never used. Every address below 4P is
 * one that a process may have; kernels with 4K pages refuse those from 64T on.
 *
 * KVM_PPC_CONFIGURE_V3_MMU: a call that changes the mode of a VM is -EBUSY
 * while a vcpu is inside KVM_RUN, and frees the table if the VM becomes radix.
 *
 * KVM_RUN executes no guest. It stays inside until a signal comes, or leaves
 * with an exit that htab_sim_vcpu_exit() plans:
 *
 * * 0, or 2 before Linux 5.18: an exit was planned. exit_reason and the union
 *   of struct kvm_run are the exit's.
 * * -EINTR: immediate_exit is set (from Linux 4.11 on; struct kvm_run does not
 *   change), or a signal came (exit_reason is KVM_EXIT_INTR). If the signal was
 *   pending before, KVM_RUN is no first run, nor is it with immediate_exit.
 * * -EINVAL: the argument is not 0; or there is no memory at guest address 0;
 *   or the host is kvm=hv or kvm=nested and KVM_CAP_PPC_PAPR is not enabled
 *   (exit_reason is KVM_EXIT_INTERNAL_ERROR).
 * * -ENOMEM, -EBUSY: as htab_sim_vcpu_enter().
 * * -EMFILE, -ENFILE: there is no descriptor. This needs one while
 *   KVM_SET_SIGNAL_MASK lets a signal through that the thread blocks.
 *
 * KVM_SET_SIGNAL_MASK: as in a kernel, a signal that the thread blocks and the
 * mask lets through ends KVM_RUN, is pending afterwards, and its handler does
 * not run.
 *
 * KVM_ENABLE_CAP on a vcpu: KVM_CAP_PPC_PAPR is the only capability. All others
 * are -EINVAL, and so is a flag. On a VM (from Linux 3.17 on) all of them are
 * -EINVAL: what a kernel has there, such as KVM_CAP_PPC_ENABLE_HCALL, does not
 * concern the table.
 *
 * Registers are kept and given back, and are 0 until they are set. The structs
 * of REGS and SREGS may be those of any architecture, of up to 4096 bytes. For
 * ONE_REG any id of PowerPC (KVM_REG_PPC) with up to 16 bytes is a register,
 * where a kernel knows a list of them; other ids are -EINVAL.
 *
 * Since: 0.1
 *
 * Return: what the kernel returns, with errors as negative errno.
 */
int htab_sim_ioctl(int fd, unsigned long request, void *arg);

/**
 * htab_sim_read() - Read an htab fd.
 * @fd: the htab fd
 * @buf: where the records go
 * @len: the size of @buf
 *
 * Since: 0.1
 *
 * Return: what the kernel returns, with errors as negative errno.
 */
ssize_t htab_sim_read(int fd, void *buf, size_t len);

/**
 * htab_sim_write() - Write to an htab fd.
 * @fd: the htab fd
 * @buf: the records
 * @len: how many bytes to write
 * @readable: how many bytes of @buf can be read
 *
 * What follows the first @readable bytes is EFAULT when the kernel gets there.
 * @readable may be more than @len, since the kernel can read past the end of a
 * record that is cut short.
 *
 * Since: 0.1
 *
 * Return: what the kernel returns, with errors as negative errno.
 */
ssize_t htab_sim_write(int fd, const void *buf, size_t len, size_t readable);

/**
 * htab_sim_mmap() - Map the struct kvm_run that a vcpu and the VMM share.
 * @addr: as for mmap()
 * @len: as for mmap(); up to what KVM_GET_VCPU_MMAP_SIZE says
 * @prot: as for mmap()
 * @flags: as for mmap()
 * @fd: the vcpu, or any other descriptor
 * @offset: as for mmap(); 0 is the beginning of struct kvm_run
 *
 * The simulator reads immediate_exit and writes exit_reason, at their places in
 * <linux/kvm.h>, and writes what htab_sim_vcpu_exit() gets. A mapping stays as
 * it is when the vcpu's descriptor is closed. It does not keep the VM alive,
 * as a mapping does in a kernel. A descriptor that is not the simulator's goes
 * to the real mmap().
 *
 * Since: 0.2
 *
 * Return: the address, or MAP_FAILED with errno:
 * * ENODEV: a /dev/kvm, a VM or an htab fd. An htab fd is EACCES as in a
 *   kernel, if it is open for writing or the mapping is shared and writable.
 * * EINVAL: more than the vcpu's struct kvm_run. A kernel maps it, and what
 *   touches the rest gets SIGBUS.
 * * EIO: the descriptor is another process's, or its host is off.
 * * Others are those of the real mmap().
 */
void *htab_sim_mmap(void *addr, size_t len, int prot, int flags, int fd,
		    int64_t offset);

/**
 * htab_sim_owns() - Ask whether a descriptor is the simulator's.
 * @fd: any descriptor
 *
 * A descriptor is the simulator's also if its host is switched off, or if the
 * process that forked this one opened it. This is for interposers such as the
 * preload library.
 *
 * Since: 0.1
 *
 * Return: true if it is.
 */
bool htab_sim_owns(int fd);

/**
 * htab_sim_made() - Get the number of descriptors that were made so far.
 *
 * htab_sim_owns() makes a system call. An interposer can remember for which
 * descriptors it returned false, as long as this number stays the same. The
 * number must be read before htab_sim_owns() is called. It does not count
 * copies: after a dup() of the simulator's descriptor the interposer must
 * forget what it remembered, as after anything else that copies descriptors.
 *
 * Since: 0.2
 *
 * Return: a number that only grows, and wraps around to 0.
 */
unsigned long htab_sim_made(void);

/*
 * Test tools
 * ==========
 */

/* System calls, by name. Since: 0.1 */
enum htab_sim_call {
	HTAB_SIM_CREATE_VM = 1,
	HTAB_SIM_CREATE_VCPU,
	HTAB_SIM_CHECK_EXTENSION,
	HTAB_SIM_ALLOCATE_HTAB,
	HTAB_SIM_GET_HTAB_FD,
	HTAB_SIM_RESIZE_PREPARE,
	HTAB_SIM_RESIZE_COMMIT,
	HTAB_SIM_OTHER_IOCTL,
	HTAB_SIM_READ,
	HTAB_SIM_WRITE,
	HTAB_SIM_CLOSE,
	HTAB_SIM_RUN /* or htab_sim_vcpu_enter() */
};

/**
 * htab_sim_fail_next() - Let the next calls of a kind fail.
 * @host: the host
 * @call: which kind
 * @count: how many; 0 cancels
 * @error: a negative errno; not looked at if @count is 0
 *
 * The calls fail whichever descriptor they are on, and have no other effect.
 *
 * A fault that cannot come would let a test pass for nothing. So an unknown
 * @call, or an @error that is no negative errno, prints a line and aborts.
 *
 * Since: 0.1
 */
void htab_sim_fail_next(struct htab_sim_host *host, enum htab_sim_call call,
			unsigned int count, int error);

/**
 * htab_sim_fail_nth() - Let the n-th system call from now on fail.
 * @host: the host
 * @n: 1 is the next call, 0 cancels
 * @error: a negative errno
 *
 * The call fails whatever it is. An @error that is no negative errno aborts, as
 * with htab_sim_fail_next().
 *
 * Since: 0.1
 */
void htab_sim_fail_nth(struct htab_sim_host *host, unsigned int n, int error);

/**
 * htab_sim_fail_reverse_map() - Let the next allocations of a table fail late.
 * @host: the host
 * @count: how many; 0 cancels
 *
 * They fail where the kernel asks for the table's reverse map: with -ENOMEM
 * and, before Linux 4.11, leaving a dangling table behind
 * (HTAB_SIM_HAZARD_DANGLING_TABLE).
 *
 * Since: 0.1
 */
void htab_sim_fail_reverse_map(struct htab_sim_host *host, unsigned int count);

/* A system call before the model sees it. Since: 0.1 */
struct htab_sim_event {
	enum htab_sim_call call;
	int fd;
	unsigned long request; /* of an ioctl */
	void *arg;	       /* of an ioctl; it may be written to */
	const void *buf;       /* of a write */
	size_t len;	       /* of a read or write */
};

/* Sees every call that arrives at a descriptor of the host, before the kernel
 * looks at the descriptor: also a request that this descriptor does not know,
 * and it may even close the descriptor. Returns true if it has answered the
 * call, in *result. See "Callbacks" above. */
typedef bool (*htab_sim_interceptor)(void *data,
				     const struct htab_sim_event *event,
				     long *result);

/**
 * htab_sim_intercept() - Let a function see and answer calls before the model.
 * @host: the host
 * @interceptor: the function, or NULL to take it away
 * @data: what the function gets as its own @data
 *
 * A call that a fault lets fail does not reach it.
 *
 * Since: 0.1
 */
void htab_sim_intercept(struct htab_sim_host *host,
			htab_sim_interceptor interceptor, void *data);

/**
 * htab_sim_vcpu_exit() - Let a vcpu leave KVM_RUN with an exit reason.
 * @vcpufd: the vcpu
 * @reason: the exit reason, such as KVM_EXIT_PAPR_HCALL
 * @data: what goes to the union of struct kvm_run, at offset 32; NULL if @len
 *	is 0
 * @len: how many bytes, at most 256
 *
 * KVM_RUN returns 0 (2 before Linux 5.18), as if the guest had caused the exit.
 * If the vcpu is inside KVM_RUN, in another thread, it leaves now. Otherwise
 * its next KVM_RUN enters as usual, a first run included, and leaves at once.
 * If a program plans several exits, each KVM_RUN takes the next one, in the
 * order of the calls. So one thread can plan all exits of a guest and then run
 * it::
 *
 *	struct { uint64_t nr, ret, args[9]; } hcall = { .nr = 0x58 };
 *	htab_sim_vcpu_exit(vcpufd, KVM_EXIT_PAPR_HCALL, &hcall, sizeof(hcall));
 *	my_run_loop(vcpufd);
 *
 * What the VMM writes to struct kvm_run, such as papr_hcall.ret, stays there
 * until an exit overwrites it. A KVM_RUN that a signal or immediate_exit ends
 * leaves the exits planned.
 *
 * Since: 0.2
 *
 * Return:
 * * 0: the exit is planned.
 * * -EINVAL: @len is more than 256.
 * * -ENOMEM: there is no memory.
 * * -EBADF: not an open descriptor.
 * * -EIO: the vcpu is another process's, or its host is off.
 * * -ENOTTY: not a vcpu of the simulator.
 */
int htab_sim_vcpu_exit(int vcpufd, uint32_t reason, const void *data,
		       size_t len);

/* Gets a request that the simulator does not know, before the call returns
 * @result. @name is the request's name, such as "KVM_CREATE_IRQCHIP", or NULL.
 * See "Callbacks" above. Since: 0.2 */
typedef void (*htab_sim_unknown_handler)(void *data,
					 const struct htab_sim_event *event,
					 const char *name, long result);

/**
 * htab_sim_on_unknown() - Call a handler at requests that are not known.
 * @host: the host
 * @handler: the handler, or NULL for none
 * @data: what the handler gets as its own @data
 *
 * A request of KVM that the simulator does not know fails as on a descriptor
 * that does not know it, or succeeds if the host's description says
 * other=accept. Either may differ from what a kernel does. Requests that are
 * none of KVM, and requests on a descriptor of the wrong kind, are not
 * reported.
 *
 * Since: 0.2
 */
void htab_sim_on_unknown(struct htab_sim_host *host,
			 htab_sim_unknown_handler handler, void *data);

/**
 * htab_sim_journal_to() - Also write each call to a descriptor.
 * @host: the host
 * @fd: the descriptor; -1 stops it
 *
 * Each call from now on is written as the line that htab_sim_journal() has for
 * it, when the call is answered. The descriptor stays the caller's, who keeps
 * it open. A line that cannot be written is lost. After fork() the child writes
 * its calls there, too.
 *
 * Since: 0.2
 */
void htab_sim_journal_to(struct htab_sim_host *host, int fd);

/**
 * htab_sim_journal() - Get the system calls so far.
 * @host: the host
 *
 * The journal has the last 1024 calls, one a line::
 *
 *	KVM_CHECK_EXTENSION(KVM_CAP_PPC_MMU_RADIX) = 0
 *	KVM_PPC_ALLOCATE_HTAB(order=26) = -ENOMEM
 *	KVM_PPC_ALLOCATE_HTAB(order=25) = 0
 *
 * If the kernel writes another order back, the line ends in "= 0 (order=24)".
 * The lines name no descriptors, so that journals can be compared.
 *
 * Since: 0.1
 *
 * Return: a string that is valid until the same thread calls htab_sim_journal()
 * again, of whichever host, or ends; "" if there is no memory.
 */
const char *htab_sim_journal(struct htab_sim_host *host);

/**
 * htab_sim_journal_clear() - Forget the calls so far.
 * @host: the host
 *
 * Since: 0.1
 */
void htab_sim_journal_clear(struct htab_sim_host *host);

/*
 * Hazards: what would harm a real host. The numbers stay as they are; those
 * that are missing are not hazards of these calls. Since: 0.2
 */
enum htab_sim_hazard {
	/* KVM_PPC_ALLOCATE_HTAB of order 0 for a VM without a table. Linux 4.11
	 * and later write to address 0. */
	HTAB_SIM_HAZARD_ORDER_0 = 1,
	/* A VM is closed that lost its table to a failed ALLOCATE_HTAB, and was
	 * not given another one since. Linux 4.11 to 4.14 free its reverse map
	 * a second time, which may be another VM's by then. A successful
	 * ALLOCATE_HTAB or first run before the VM is closed avoids it, and a
	 * VM that never had a table is safe. */
	HTAB_SIM_HAZARD_STALE_REVERSE_MAP = 5,
	/* Use of a table that was freed because its reverse map could not be
	 * allocated. Linux up to 4.10 writes to freed memory. */
	HTAB_SIM_HAZARD_DANGLING_TABLE = 6,
	/* ALLOCATE_HTAB of an order above 47, which Linux up to 4.10 does not
	 * check: it crashes or hangs. */
	HTAB_SIM_HAZARD_HUGE_ORDER = 7,
	/* RESIZE_HPT_COMMIT before a vcpu has run since the table was made or
	 * cleared, or of a radix VM of Linux 4.11 to 4.14, which never counts
	 * as ready. The kernel warns, and a host with panic_on_warn stops. */
	HTAB_SIM_HAZARD_COMMIT_NOT_READY = 8,
	/* RESIZE_HPT_COMMIT with nothing pending. Linux 4.11 to 4.13 read
	 * address 0. */
	HTAB_SIM_HAZARD_COMMIT_NOTHING = 9,
	/* RESIZE_HPT_PREPARE replaced or cancelled while the kernel works on
	 * it. Linux 4.11 to 4.13 use freed memory. */
	HTAB_SIM_HAZARD_CANCEL_RACE = 10,
	/* A VM is closed with a resize pending. That memory is lost until the
	 * host boots again. */
	HTAB_SIM_HAZARD_CLOSED_PENDING = 11,
	/* RESIZE_HPT_COMMIT with a bolted entry that is not in the group of its
	 * hash, or in its secondary group. Linux 4.11 to 4.15 stop the host or
	 * write outside of the new table (4.14.y has the fix of 4.16). */
	HTAB_SIM_HAZARD_MISPLACED_BOLTED = 12,
	/* RESIZE_HPT_COMMIT to a table that is not smaller, with two bolted
	 * entries that collide in it, which those in right groups cannot. Linux
	 * 4.11 and later stop the host. */
	HTAB_SIM_HAZARD_COLLIDING_BOLTED = 13,
	/* The table is replaced while an htab fd is being read. Linux 4.11 and
	 * later read freed memory. */
	HTAB_SIM_HAZARD_READ_RACE = 14,
	/* A hash guest runs on a nested hypervisor, Linux 4.20 to 5.9: the host
	 * crashes. */
	HTAB_SIM_HAZARD_NESTED_RUN = 20,
	/* ALLOCATE_HTAB of an order in memory that cannot be written. Linux up
	 * to 4.10 fail with -EFAULT when the table has been made or cleared
	 * already, so that a guest loses its table to a call that failed. The
	 * call returns -EFAULT here, too. */
	HTAB_SIM_HAZARD_ORDER_NOT_WRITTEN = 24,
	/* None of a kernel: the simulator broke its own rule that no table
	 * changes under a running vcpu. */
	HTAB_SIM_HAZARD_UNDER_VCPU = 31
};

/* Gets the hazard and a sentence about it, before the call that met it returns.
 * A VM that was closed is noticed by a later call, which then reports the
 * hazard of that. See "Callbacks" above. If the handler returns, the call does
 * what harms nobody, and usually returns -EIO. Since: 0.2 */
typedef void (*htab_sim_hazard_handler)(void *data, enum htab_sim_hazard hazard,
					const char *sentence);

/**
 * htab_sim_on_hazard() - Call a handler at a hazard instead of abort().
 * @host: the host
 * @handler: the handler, or NULL for abort() again
 * @data: what the handler gets as its own @data
 *
 * Since: 0.1
 */
void htab_sim_on_hazard(struct htab_sim_host *host,
			htab_sim_hazard_handler handler, void *data);

#ifdef __cplusplus
}
#endif

#endif
