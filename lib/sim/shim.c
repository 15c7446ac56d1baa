/* SPDX-License-Identifier: MIT */
/* System calls enter the simulator here, from libhtab (its shim) and from
 * tests. */
#include "host.h"
#include "shim.h"

static int arriving_ioctl(int fd, unsigned long request, void *arg,
			  bool trusted)
{
	struct call call = htab_sim_call_on(htab_sim_call_of(request), fd);
	struct descriptor *descriptor;
	bool done;
	int r;

	call.event.request = call.entry.request = request;
	call.event.arg = arg;
	call.trusted = trusted;
	r = htab_sim_arrive_with(&call, &descriptor, &done);
	if (r < 0)
		return r;
	if (done)
		return (int)call.entry.result;
	if (!descriptor)
		return htab_kernel_ioctl(fd, request, arg);
	if (call.event.call == HTAB_SIM_RUN && descriptor->kind == FD_VCPU)
		return htab_sim_run(&call, descriptor);
	htab_sim_reap_before(&call, descriptor);
	call.entry.result = htab_sim_dispatch(&call, descriptor);
	return (int)htab_sim_answer(&call, descriptor);
}

HTAB_EXPORT int htab_sim_ioctl(int fd, unsigned long request, void *arg)
{
	return arriving_ioctl(fd, request, arg, false);
}

HTAB_EXPORT ssize_t htab_sim_read(int fd, void *buf, size_t len)
{
	struct call call = htab_sim_call_on(HTAB_SIM_READ, fd);
	struct descriptor *descriptor;
	bool done;
	int r;

	call.event.len = len;
	call.entry.a = len;
	call.read_to = buf;
	r = htab_sim_arrive_with(&call, &descriptor, &done);
	if (r < 0)
		return r;
	if (done)
		return call.entry.result;
	if (!descriptor)
		return htab_kernel_read(fd, buf, len);
	if (descriptor->kind == FD_HTAB)
		call.usable = htab_sim_writable(buf, len);
	call.entry.result = htab_sim_dispatch(&call, descriptor);
	return htab_sim_answer(&call, descriptor);
}

static ssize_t arriving_write(int fd, const void *buf, size_t len,
			      size_t readable, bool trusted)
{
	struct call call = htab_sim_call_on(HTAB_SIM_WRITE, fd);
	struct descriptor *descriptor;
	bool done;
	int r;

	call.event.buf = buf;
	call.event.len = len;
	call.entry.a = len;
	call.trusted = trusted;
	/* readable may exceed len, because the kernel can read up to 8 bytes
	 * past the end (docs/kernels.md, "Misparsed records"). */
	call.usable = readable;
	r = htab_sim_arrive_with(&call, &descriptor, &done);
	if (r < 0)
		return r;
	if (done)
		return call.entry.result;
	if (!descriptor)
		return readable < len
			       ? htab_kernel_write_torn(fd, buf, readable,
							len - readable)
			       : htab_kernel_write(fd, buf, len);
	if (!trusted && descriptor->kind == FD_HTAB)
		call.usable = htab_sim_readable(buf, call.usable);
	htab_sim_reap_before(&call, descriptor);
	call.entry.result = htab_sim_dispatch(&call, descriptor);
	return htab_sim_answer(&call, descriptor);
}

HTAB_EXPORT ssize_t htab_sim_write(int fd, const void *buf, size_t len,
				   size_t readable)
{
	return arriving_write(fd, buf, len, readable, false);
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

/* --- libhtab's shim --- */

int htab_shim_ioctl(int fd, unsigned long request, void *arg)
{
	return arriving_ioctl(fd, request, arg, true);
}

ssize_t htab_shim_read(int fd, void *buf, size_t len)
{
	return htab_sim_read(fd, buf, len);
}

ssize_t htab_shim_write(int fd, const void *buf, size_t len)
{
	return arriving_write(fd, buf, len, len, true);
}

ssize_t htab_shim_write_torn(int fd, const void *buf, size_t len,
			     size_t missing)
{
	return arriving_write(fd, buf, len + missing, len, true);
}

/* A simulated descriptor is a real socket, so the flag is set on that. */
int htab_shim_cloexec(int fd)
{
	return htab_kernel_cloexec(fd);
}

int htab_shim_close(int fd)
{
	struct call call = htab_sim_call_on(HTAB_SIM_CLOSE, fd);
	struct descriptor *descriptor;
	struct htab_sim_host *host;
	int r = htab_sim_arrive(fd, &descriptor);

	if (r <= 0)
		return r == -EBADF ? r : htab_kernel_close(fd);
	host = descriptor->host;
	htab_sim_fd_release(descriptor);
	/* A fault changes only the answer. The descriptor is closed all the
	 * same, as by close(). */
	call.entry.result = htab_kernel_close(fd);
	if (atomic_load(&host->faults.armed) &&
	    htab_sim_is_answered(&call, host))
		return (int)call.entry.result;
	htab_sim_journal_add(&host->journal, &call.entry);
	return (int)call.entry.result;
}
