/* SPDX-License-Identifier: MIT */
/* host.h on the kernel that runs this program */
#include "host.h"
#include "host-mmu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "shim.h"
#include "sim/uapi-sim.h"

static unsigned int running_version(void)
{
	struct utsname machine;
	unsigned int major = 0, minor = 0;

	uname(&machine);
	sscanf(machine.release, "%u.%u", &major, &minor);
	return LINUX_VERSION(major, minor);
}

static bool is_powerpc(void)
{
	struct utsname machine;

	uname(&machine);
	return strncmp(machine.machine, "ppc64", 5) == 0;
}

/* The area for tables is the only one on the machines of the lab. */
static uint64_t bytes_of_cma(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "CmaTotal: %lu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return (uint64_t)kib << 10;
}

static const char *name_of_host(void)
{
	static char name[2 * sizeof(struct utsname)];
	struct utsname machine;

	uname(&machine);
	snprintf(name, sizeof(name), "Linux %s, %s", machine.release,
		 machine.machine);
	return name;
}

int host_open(struct host *host, const char **why)
{
	int r;

	host->mmu = is_powerpc() ? host_mmu_of(getenv("HTAB_HOST"))
				 : HOST_NO_HV;
	host->linux_version = running_version();
	host->page_size = (unsigned int)sysconf(_SC_PAGESIZE);
	host->ram = GUEST_RAM;
	host->cma = bytes_of_cma();
	host->name = name_of_host();
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

struct uapi_kvm_run *host_map_run(int vcpufd)
{
	void *run = mmap(NULL, sizeof(struct uapi_kvm_run),
			 PROT_READ | PROT_WRITE, MAP_SHARED, vcpufd, 0);

	return run == MAP_FAILED ? NULL : run;
}

void host_unmap_run(struct uapi_kvm_run *run)
{
	munmap(run, sizeof(*run));
}

int host_close_fd(int fd)
{
	return htab_shim_close(fd);
}
