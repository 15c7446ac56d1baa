/* SPDX-License-Identifier: MIT */
/* The driver for the kernel that runs this program. */
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "shim.h"
#include "uapi.h"

/* On a PowerPC the caller says in HTAB_HOST what the host is: the truth that
 * libhtab has to find out by itself. */
static enum host_mmu find_mmu(void)
{
	static const struct {
		const char *name;
		enum host_mmu mmu;
	} known[] = {
		{ "hash", HOST_HASH },
		{ "radix", HOST_RADIX },
		{ "radix-nohash", HOST_RADIX_NO_HASH },
		{ "nested", HOST_RADIX_NO_HASH },
	};
	const char *said = getenv("HTAB_HOST");
	struct utsname machine;

	uname(&machine);
	if (strncmp(machine.machine, "ppc64", 5) != 0)
		return HOST_NO_POWERPC;
	for (size_t i = 0; said && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(said, known[i].name) == 0)
			return known[i].mmu;
	return HOST_UNKNOWN;
}

int host_open(struct host *host, const char **why)
{
	int r;

	host->mmu = find_mmu();
	host->page_size = (unsigned int)sysconf(_SC_PAGESIZE);
	host->kvmfd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (host->kvmfd < 0) {
		r = -errno;
		*why = r == -EACCES ? "no permission to open /dev/kvm"
				    : "this machine has no /dev/kvm";
		return r;
	}
	return 0;
}

void host_close(struct host *host)
{
	close(host->kvmfd);
}

int host_new_vm(const struct host *host)
{
	return htab_shim_ioctl(host->kvmfd, UAPI_KVM_CREATE_VM, NULL);
}

int host_ioctl(int fd, unsigned long request, void *arg)
{
	return htab_shim_ioctl(fd, request, arg);
}

ssize_t host_read(int fd, void *buf, size_t len)
{
	ssize_t n = read(fd, buf, len);

	return n < 0 ? -errno : n;
}

ssize_t host_write(int fd, const void *buf, size_t len)
{
	return htab_shim_write(fd, buf, len);
}

ssize_t host_write_torn(int fd, const void *buf, size_t len, size_t missing)
{
	return htab_shim_write_torn(fd, buf, len, missing);
}

int host_close_fd(int fd)
{
	return htab_shim_close(fd);
}
