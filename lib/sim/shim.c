/* SPDX-License-Identifier: MIT */
/* Where system calls arrive: libhtab's shim, and what tests call */
#include "sim.h"
#include "shim.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* What a descriptor is, pinned; NULL: not the simulator's. 0, or -errno: it is
 * not open, or its host is switched off. */
static int arrive(int fd, struct descriptor **descriptor)
{
	int r = htab_sim_fd_find(fd, descriptor);

	if (r == 0 && *descriptor && !(*descriptor)->host) {
		htab_sim_fd_release(*descriptor);
		return -EIO;
	}
	return r;
}

static ssize_t leave(struct descriptor *descriptor,
		     const struct journal_entry *entry)
{
	htab_sim_journal_add(descriptor->host, entry);
	htab_sim_fd_release(descriptor);
	return entry->result;
}

/* The arguments, as they are before the call */
static struct journal_entry decode(enum htab_sim_call call, unsigned long request,
			   const void *arg)
{
	struct journal_entry entry = { .call = call, .request = request };

	if (call == HTAB_SIM_CHECK_EXTENSION) {
		entry.a = (uintptr_t)arg;
	} else if (call == HTAB_SIM_ALLOCATE_HTAB && arg) {
		entry.a = *(const uint32_t *)arg;
	} else if (call == HTAB_SIM_GET_HTAB_FD && arg) {
		const struct uapi_kvm_get_htab_fd *how = arg;

		entry.a = how->flags;
		entry.b = how->start_index;
	} else if ((call == HTAB_SIM_RESIZE_PREPARE ||
		    call == HTAB_SIM_RESIZE_COMMIT) && arg) {
		const struct uapi_kvm_ppc_resize_hpt *how = arg;

		entry.a = how->shift;
		entry.b = how->flags;
	}
	return entry;
}

/* True if the vcpu is inside; not if a test answers the call, whatever it
 * says. */
static bool enter(const struct descriptor *descriptor, int fd, int *r)
{
	const struct htab_sim_event event = { .call = HTAB_SIM_RUN, .fd = fd };
	struct journal_entry entry = { .call = HTAB_SIM_RUN };
	bool inside = false;

	if (!htab_sim_faults_answer(descriptor->host, &event, &entry.result)) {
		entry.result = htab_model_run_enter(descriptor->vm);
		inside = entry.result == 0;
	}
	htab_sim_journal_add(descriptor->host, &entry);
	*r = (int)entry.result;
	return inside;
}

/*
 * KVM_RUN of a vcpu: inside until a signal comes. As in the kernel, one that
 * comes between entry and the wait ends it too: it is held until ppoll().
 */
static int run_until_signal(const struct descriptor *vcpu, int fd)
{
	sigset_t all, mask;
	struct vm *vm;
	int r;

	if (!htab_model_vm_is_ours(vcpu->vm))
		return -EIO;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &mask);
	if (enter(vcpu, fd, &r)) {
		ppoll(NULL, 0, NULL, &mask);
		vm = htab_sim_fd_vm(vcpu);
		r = vm ? htab_model_run_leave(vm) : -EIO;
		if (r == 0)
			r = -EINTR;
	}
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return r;
}

static int arriving_ioctl(int fd, unsigned long request, void *arg,
			  bool by_library)
{
	const enum htab_sim_call call = htab_sim_call_of(request);
	const struct htab_sim_event event = { call, fd, request, arg, NULL, 0 };
	struct descriptor *descriptor;
	struct journal_entry entry;
	int r = arrive(fd, &descriptor);

	if (r < 0)
		return r;
	if (!descriptor)
		return htab_kernel_ioctl(fd, request, arg);
	if (call == HTAB_SIM_RUN && descriptor->kind == FD_VCPU) {
		r = run_until_signal(descriptor, fd);
		htab_sim_fd_release(descriptor);
		return r;
	}
	entry = decode(call, request, arg);
	if (!htab_sim_faults_answer(descriptor->host, &event, &entry.result))
		entry.result = htab_sim_dispatch(descriptor, call, arg,
						 by_library);
	if (call == HTAB_SIM_ALLOCATE_HTAB && arg)
		entry.order_after = *(const uint32_t *)arg;
	return (int)leave(descriptor, &entry);
}

HTAB_EXPORT int htab_sim_ioctl(int fd, unsigned long request, void *arg)
{
	return arriving_ioctl(fd, request, arg, false);
}

HTAB_EXPORT ssize_t htab_sim_read(int fd, void *buf, size_t len)
{
	const struct htab_sim_event event = { HTAB_SIM_READ, fd, 0,
					      NULL, NULL, len };
	struct journal_entry entry = { .call = HTAB_SIM_READ, .a = len };
	struct descriptor *descriptor;
	int r = arrive(fd, &descriptor);
	ssize_t n;

	if (r < 0)
		return r;
	if (!descriptor) {
		n = read(fd, buf, len);
		return n < 0 ? -errno : n;
	}
	if (!htab_sim_faults_answer(descriptor->host, &event, &entry.result))
		entry.result = descriptor->kind == FD_HTAB
				       ? htab_model_htabfd_read(
						 descriptor->htabfd, buf, len)
				       : -EINVAL;
	return leave(descriptor, &entry);
}

HTAB_EXPORT ssize_t htab_sim_write(int fd, const void *buf, size_t len,
				   size_t readable)
{
	const struct htab_sim_event event = { HTAB_SIM_WRITE, fd, 0,
					      NULL, buf, len };
	struct journal_entry entry = { .call = HTAB_SIM_WRITE, .a = len };
	struct descriptor *descriptor;
	int r = arrive(fd, &descriptor);

	if (r < 0)
		return r;
	if (!descriptor)
		return readable < len ? htab_kernel_write_torn(fd, buf, readable,
							       len - readable)
				      : htab_kernel_write(fd, buf, len);
	if (buf && len >= sizeof(entry.header) &&
	    readable >= sizeof(entry.header))
		memcpy(&entry.header, buf, sizeof(entry.header));
	if (!htab_sim_faults_answer(descriptor->host, &event, &entry.result))
		entry.result = descriptor->kind == FD_HTAB
				       ? htab_model_htabfd_write(
						 descriptor->htabfd, buf, len,
						 readable)
				       : -EINVAL;
	return leave(descriptor, &entry);
}

HTAB_EXPORT bool htab_sim_owns(int fd)
{
	struct descriptor *descriptor;

	if (htab_sim_fd_find(fd, &descriptor) < 0 || !descriptor)
		return false;
	htab_sim_fd_release(descriptor);
	return true;
}

HTAB_EXPORT int htab_sim_vm_new(struct htab_sim_host *host)
{
	return htab_sim_ioctl(host->kvmfd, UAPI_KVM_CREATE_VM, NULL);
}

/* A VM's or vcpu's descriptor, pinned, or -errno */
static int find_vm(int fd, struct descriptor **descriptor)
{
	int r = arrive(fd, descriptor);

	if (r < 0)
		return r;
	if (!*descriptor)
		return -ENOTTY;
	r = (*descriptor)->kind != FD_VM && (*descriptor)->kind != FD_VCPU
		    ? -ENOTTY
	    : !htab_model_vm_is_ours((*descriptor)->vm) ? -EIO
							: 0;
	if (r < 0)
		htab_sim_fd_release(*descriptor);
	return r;
}

HTAB_EXPORT int htab_sim_vcpu_enter(int fd)
{
	struct descriptor *descriptor;
	int r = find_vm(fd, &descriptor);

	if (r < 0)
		return r;
	enter(descriptor, fd, &r);
	htab_sim_fd_release(descriptor);
	return r;
}

HTAB_EXPORT int htab_sim_vcpu_leave(int fd)
{
	struct descriptor *descriptor;
	int r = find_vm(fd, &descriptor);

	if (r < 0)
		return r;
	r = htab_model_run_leave(descriptor->vm);
	htab_sim_fd_release(descriptor);
	return r;
}

/* --- libhtab's shim --- */

int htab_shim_ioctl(int fd, unsigned long request, void *arg)
{
	return arriving_ioctl(fd, request, arg, true);
}

ssize_t htab_shim_write(int fd, const void *buf, size_t len)
{
	return htab_sim_write(fd, buf, len, len);
}

ssize_t htab_shim_write_torn(int fd, const void *buf, size_t len,
			     size_t missing)
{
	return htab_sim_write(fd, buf, len + missing, len);
}

int htab_shim_close(int fd)
{
	const struct htab_sim_event event = { .call = HTAB_SIM_CLOSE,
					      .fd = fd };
	struct journal_entry entry = { .call = HTAB_SIM_CLOSE };
	struct descriptor *descriptor;
	int r = arrive(fd, &descriptor);

	if (r < 0)
		return r;
	if (!descriptor)
		return htab_kernel_close(fd);
	/* It is closed, whatever is said of it. */
	entry.result = htab_kernel_close(fd);
	htab_sim_fd_take_back(descriptor);
	htab_sim_faults_answer(descriptor->host, &event, &entry.result);
	return (int)leave(descriptor, &entry);
}
