/* SPDX-License-Identifier: MIT */
/* Where system calls arrive: libhtab's shim, and what tests call */
#include "sim.h"
#include "shim.h"

#include <string.h>
#include <unistd.h>

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

HTAB_EXPORT int htab_sim_ioctl(int fd, unsigned long request, void *arg)
{
	const enum htab_sim_call call = htab_sim_call_of(request);
	const struct htab_sim_event event = { call, fd, request, arg, NULL, 0 };
	struct descriptor *descriptor;
	struct journal_entry entry;
	int r = htab_sim_fd_find(fd, &descriptor);

	if (r < 0)
		return r;
	if (!descriptor)
		return htab_kernel_ioctl(fd, request, arg);
	if (!descriptor->host) {
		htab_sim_fd_release(descriptor);
		return -EIO;
	}
	entry = decode(call, request, arg);
	if (!htab_sim_faults_answer(descriptor->host, &event, &entry.result))
		entry.result = htab_sim_dispatch(descriptor, call, arg);
	if (call == HTAB_SIM_ALLOCATE_HTAB && arg)
		entry.order_after = *(const uint32_t *)arg;
	htab_sim_journal_add(descriptor->host, &entry);
	htab_sim_fd_release(descriptor);
	return (int)entry.result;
}

HTAB_EXPORT ssize_t htab_sim_read(int fd, void *buf, size_t len)
{
	const struct htab_sim_event event = { HTAB_SIM_READ, fd, 0,
					      NULL, NULL, len };
	struct journal_entry entry = { .call = HTAB_SIM_READ, .a = len };
	struct descriptor *descriptor;
	int r = htab_sim_fd_find(fd, &descriptor);
	ssize_t n;

	if (r < 0)
		return r;
	if (!descriptor) {
		n = read(fd, buf, len);
		return n < 0 ? -errno : n;
	}
	if (!descriptor->host) {
		htab_sim_fd_release(descriptor);
		return -EIO;
	}
	if (!htab_sim_faults_answer(descriptor->host, &event, &entry.result))
		entry.result = descriptor->kind == FD_HTAB
				       ? htab_sim_htabfd_read(
						 descriptor->htabfd, buf, len)
				       : -EINVAL;
	htab_sim_journal_add(descriptor->host, &entry);
	htab_sim_fd_release(descriptor);
	return entry.result;
}

HTAB_EXPORT ssize_t htab_sim_write(int fd, const void *buf, size_t len,
				   size_t readable)
{
	const struct htab_sim_event event = { HTAB_SIM_WRITE, fd, 0,
					      NULL, buf, len };
	struct journal_entry entry = { .call = HTAB_SIM_WRITE, .a = len };
	struct descriptor *descriptor;
	int r = htab_sim_fd_find(fd, &descriptor);

	if (r < 0)
		return r;
	if (!descriptor)
		return readable < len ? htab_kernel_write_torn(fd, buf, readable,
							       len - readable)
				      : htab_kernel_write(fd, buf, len);
	if (!descriptor->host) {
		htab_sim_fd_release(descriptor);
		return -EIO;
	}
	if (buf && len >= sizeof(entry.header) &&
	    readable >= sizeof(entry.header))
		memcpy(&entry.header, buf, sizeof(entry.header));
	if (!htab_sim_faults_answer(descriptor->host, &event, &entry.result))
		entry.result = descriptor->kind == FD_HTAB
				       ? htab_sim_htabfd_write(
						 descriptor->htabfd, buf, len,
						 readable)
				       : -EINVAL;
	htab_sim_journal_add(descriptor->host, &entry);
	htab_sim_fd_release(descriptor);
	return entry.result;
}

HTAB_EXPORT int htab_sim_vm_new(struct htab_sim_host *host)
{
	return htab_sim_ioctl(host->kvmfd, UAPI_KVM_CREATE_VM, NULL);
}

/* The VM of a descriptor, pinned, or -errno */
static int find_vm(int vmfd, struct descriptor **descriptor)
{
	int r = htab_sim_fd_find(vmfd, descriptor);

	if (r < 0)
		return r;
	if (!*descriptor)
		return -ENOTTY;
	r = !(*descriptor)->host	       ? -EIO
	    : (*descriptor)->kind != FD_VM     ? -ENOTTY
	    : (*descriptor)->vm->owner != getpid() ? -EIO
						     : 0;
	if (r < 0)
		htab_sim_fd_release(*descriptor);
	return r;
}

HTAB_EXPORT int htab_sim_vcpu_enter(int vmfd)
{
	const struct htab_sim_event event = { .call = HTAB_SIM_RUN,
					      .fd = vmfd };
	struct journal_entry entry = { .call = HTAB_SIM_RUN };
	struct descriptor *descriptor;
	int r = find_vm(vmfd, &descriptor);

	if (r < 0)
		return r;
	if (!htab_sim_faults_answer(descriptor->host, &event, &entry.result))
		entry.result = htab_sim_run_enter(descriptor->vm);
	htab_sim_journal_add(descriptor->host, &entry);
	htab_sim_fd_release(descriptor);
	return (int)entry.result;
}

HTAB_EXPORT int htab_sim_vcpu_leave(int vmfd)
{
	struct descriptor *descriptor;
	int r = find_vm(vmfd, &descriptor);

	if (r < 0)
		return r;
	r = htab_sim_run_leave(descriptor->vm);
	htab_sim_fd_release(descriptor);
	return r;
}

/* --- libhtab's shim --- */

int htab_shim_ioctl(int fd, unsigned long request, void *arg)
{
	return htab_sim_ioctl(fd, request, arg);
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
	int r = htab_sim_fd_find(fd, &descriptor);

	if (r < 0)
		return r;
	if (!descriptor)
		return htab_kernel_close(fd);
	/* It is closed, whatever is said of it. */
	entry.result = htab_kernel_close(fd);
	if (descriptor->host) {
		htab_sim_faults_answer(descriptor->host, &event, &entry.result);
		htab_sim_journal_add(descriptor->host, &entry);
	}
	htab_sim_fd_release(descriptor);
	return (int)entry.result;
}
