/* SPDX-License-Identifier: MIT */
/*
 * The struct kvm_run that a vcpu and the VMM share: an area of a file in
 * memory. The simulator reads and writes it by system calls and maps nothing,
 * so that the VMM may do with its mappings what it likes.
 *
 * An area is never used again, because the VMM may keep a mapping after the
 * vcpu is gone.
 */
#include "host.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { USED = 4096 }; /* bytes of an area, of which the rest stays zero */

/* A mapping begins at a page of this machine, whatever the simulated one
 * has. */
static off_t area_size(const struct htab_sim_host *host)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t size = htab_model_vcpu_mmap_size(&host->kernel.config);

	return (off_t)((size + page - 1) / page * page);
}

int htab_sim_areas_open(struct areas *areas)
{
	areas->memfd = memfd_create("libhtab-sim-kvm_run", MFD_CLOEXEC);
	if (areas->memfd < 0)
		return -errno;
	areas->wakefd = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	if (areas->wakefd < 0) {
		const int r = -errno;

		close(areas->memfd);
		return r;
	}
	areas->open = true;
	return 0;
}

/* Caller holds areas->lock. The memory is taken now, so that a later write
 * cannot fail. */
static int add_area(struct areas *areas, off_t size)
{
	const off_t at = (off_t)areas->count * size;

	/* They could not be opened after fork(), for lack of a descriptor. */
	if (!areas->open)
		return -EMFILE;
	if (ftruncate(areas->memfd, at + size) < 0 ||
	    fallocate(areas->memfd, 0, at, USED) < 0)
		return -ENOMEM;
	areas->count++;
	return 0;
}

int htab_sim_area_make(struct htab_sim_host *host, struct vcpu *vcpu)
{
	struct areas *areas = &host->areas;
	int r;

	pthread_mutex_lock(&areas->lock);
	vcpu->area = areas->count;
	r = add_area(areas, area_size(host));
	pthread_mutex_unlock(&areas->lock);
	return r;
}

void htab_sim_areas_close(struct areas *areas)
{
	if (areas->open) {
		close(areas->memfd);
		close(areas->wakefd);
	}
	areas->open = false;
	areas->count = 0;
}

static off_t offset_of(const struct htab_sim_host *host,
		       const struct vcpu *vcpu, size_t at)
{
	return (off_t)vcpu->area * area_size(host) + (off_t)at;
}

void htab_sim_area_wake(const struct areas *areas)
{
	const uint64_t one = 1;

	(void)!htab_kernel_write(areas->wakefd, &one, sizeof(one));
}

/* Waits until the thread that plans the exit has written the wake. */
void htab_sim_area_take_wake(const struct areas *areas)
{
	uint64_t one;

	(void)!htab_kernel_read(areas->wakefd, &one, sizeof(one));
}

bool htab_sim_area_says_exit(const struct htab_sim_host *host,
			     const struct vcpu *vcpu)
{
	const off_t at = offset_of(
		host, vcpu, offsetof(struct uapi_kvm_run, immediate_exit));
	uint8_t flag = 0;

	return pread(host->areas.memfd, &flag, 1, at) == 1 && flag;
}

void htab_sim_area_exit(const struct htab_sim_host *host,
			const struct vcpu *vcpu, uint32_t reason,
			const void *data, size_t len)
{
	const int fd = host->areas.memfd;
	const off_t reason_at = offset_of(
		host, vcpu, offsetof(struct uapi_kvm_run, exit_reason));
	const off_t data_at =
		offset_of(host, vcpu, offsetof(struct uapi_kvm_run, exit));

	if (len && pwrite(fd, data, len, data_at) < 0)
		return;
	(void)!pwrite(fd, &reason, sizeof(reason), reason_at);
}

/* Returns the error that mmap() has in the kernel for a descriptor that cannot
 * be mapped. */
static int refusal(const struct descriptor *descriptor, int prot, int flags)
{
	const bool shared_writing = prot & PROT_WRITE &&
				    (flags & MAP_TYPE) != MAP_PRIVATE;

	if (!descriptor->watch && descriptor->kind != FD_KVM)
		return -EIO;
	if (descriptor->kind != FD_HTAB)
		return -ENODEV;
	/* An htab fd is open either for reading or for writing. */
	return shared_writing || descriptor->htabfd->flags &
					 UAPI_KVM_GET_HTAB_WRITE
		       ? -EACCES
		       : -ENODEV;
}

static void *map_area(const struct descriptor *descriptor, void *addr,
		      size_t len, int prot, int flags, int64_t offset)
{
	const struct htab_sim_host *host = descriptor->host;
	const off_t size = area_size(host);

	/* What follows is another vcpu's. */
	if (offset < 0 || offset > size || len > (size_t)(size - offset)) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	return htab_kernel_mmap(
		addr, len, prot, flags, host->areas.memfd,
		offset_of(host, descriptor->vcpu, (size_t)offset));
}

HTAB_EXPORT void *htab_sim_mmap(void *addr, size_t len, int prot, int flags,
				int fd, int64_t offset)
{
	struct descriptor *descriptor = NULL;
	void *map = MAP_FAILED;
	int r;

	/* No error here is the kernel's: of an anonymous mapping it ignores the
	 * descriptor, and it checks the other arguments first. */
	if (!(flags & MAP_ANONYMOUS)) {
		r = htab_sim_arrive(fd, &descriptor);
		if (r == -EIO) {
			errno = EIO;
			return map;
		}
		if (r <= 0)
			descriptor = NULL;
	}
	if (!descriptor)
		return htab_kernel_mmap(addr, len, prot, flags, fd,
					(off_t)offset);
	if (descriptor->kind == FD_VCPU && descriptor->watch)
		map = map_area(descriptor, addr, len, prot, flags, offset);
	else
		errno = -refusal(descriptor, prot, flags);
	htab_sim_fd_release(descriptor);
	return map;
}
