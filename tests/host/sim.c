/* SPDX-License-Identifier: MIT */
/* host.h on a simulated host. HTAB_SIM describes it in the words that
 * htab_sim_host_new() takes. */
#include "host.h"
#include "host-mmu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "htab.h"
#include "libhtab-sim.h"
#include "sim/uapi-sim.h"

static struct htab_sim_host *sim;

/* What the guest of guest.h enters */
#define PAGE_DWORD_0 UINT64_C(0x12340011)
#define PAGE_DWORD_1 UINT64_C(0x190)

/* The last "linux=" of the description, or the simulator's default */
static unsigned int described_version(const char *description)
{
	unsigned int major = 6, minor = 12;
	const char *at = description;

	while ((at = strstr(at, "linux=")) != NULL) {
		at += strlen("linux=");
		sscanf(at, "%u.%u", &major, &minor);
	}
	return LINUX_VERSION(major, minor);
}

/* The last "ram=" of the description, which has to be in MiB */
static uint64_t described_ram(const char *description)
{
	unsigned int mib = GUEST_RAM >> 20;
	const char *at = description;

	while ((at = strstr(at, "ram=")) != NULL) {
		at += strlen("ram=");
		sscanf(at, "%uM", &mib);
	}
	return (uint64_t)mib << 20;
}

static const char *name_of_host(unsigned int linux_version,
				const char *description)
{
	static char name[256];

	snprintf(name, sizeof(name), "a simulated host (Linux %u.%u%s%s)",
		 linux_version / 1000, linux_version % 1000,
		 *description ? "; " : "", description);
	return name;
}

int host_open(struct host *host, const char **why)
{
	const char *description = getenv("HTAB_SIM");
	const char *mmu = getenv("HTAB_HOST");

	if (!description)
		description = "";
	sim = htab_sim_host_new(description);
	if (!sim) {
		*why = "HTAB_SIM does not describe a host";
		return -errno;
	}
	host->mmu = host_mmu_of(mmu ? mmu : "hash");
	host->linux_version = described_version(description);
	host->page_size = strstr(description, "page=64K") ? 64 << 10 : 4 << 10;
	host->ram = described_ram(description);
	host->ram_is_fixed = true;
	host->cma = htab_sim_free_memory(sim, HTAB_SIM_CMA);
	host->kvmfd = htab_sim_kvmfd(sim);
	host->name = name_of_host(host->linux_version, description);
	return 0;
}

void host_close(struct host *host)
{
	(void)host;
	if (htab_sim_host_free(sim) != 0) {
		fprintf(stderr, "descriptors of the host were left open\n");
		exit(EXIT_FAILURE);
	}
}

int host_new_vm(const struct host *host)
{
	(void)host;
	return htab_sim_vm_new(sim);
}

int host_ioctl(int fd, unsigned long request, void *arg)
{
	return htab_sim_ioctl(fd, request, arg);
}

ssize_t host_read(int fd, void *buf, size_t len)
{
	return htab_sim_read(fd, buf, len);
}

ssize_t host_write(int fd, const void *buf, size_t len)
{
	return htab_sim_write(fd, buf, len, len);
}

ssize_t host_write_torn(int fd, const void *buf, size_t len, size_t missing)
{
	return htab_sim_write(fd, buf, len + missing, len);
}

int host_close_fd(int fd)
{
	return close(fd) < 0 ? -errno : 0;
}

struct uapi_kvm_run *host_map_run(int vcpufd)
{
	void *run = htab_sim_mmap(NULL, sizeof(struct uapi_kvm_run),
				  PROT_READ | PROT_WRITE, MAP_SHARED, vcpufd,
				  0);

	return run == MAP_FAILED ? NULL : run;
}

void host_unmap_run(struct uapi_kvm_run *run)
{
	munmap(run, sizeof(*run));
}

struct vcpu {
	int vmfd;
	int fd;
	void *ram;
	size_t ram_size;
	uint64_t address; /* in ram */
	bool inside;
	uint32_t changes; /* which the guest has made to its table */
};

static void check(int r, const char *what)
{
	if (r < 0) {
		fprintf(stderr, "%s: %d\n", what, r);
		exit(EXIT_FAILURE);
	}
}

/* A slot begins at a page of the host, which may be larger than this
 * process's. */
static void add_memory(struct vcpu *vcpu, const struct host *host)
{
	struct uapi_kvm_userspace_memory_region region = {
		.memory_size = host->ram,
	};
	const uint64_t page = host->page_size;

	vcpu->ram_size = (size_t)(host->ram + page);
	vcpu->ram = mmap(NULL, vcpu->ram_size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (vcpu->ram == MAP_FAILED)
		abort();
	vcpu->address = ((uintptr_t)vcpu->ram + page - 1) & ~(page - 1);
	region.userspace_addr = vcpu->address;
	if (host->ram)
		check(htab_sim_ioctl(vcpu->vmfd,
				     UAPI_KVM_SET_USER_MEMORY_REGION, &region),
		      "KVM_SET_USER_MEMORY_REGION");
}

struct vcpu *vcpu_new(const struct host *host, int vmfd)
{
	struct uapi_kvm_enable_cap papr = { .cap = UAPI_KVM_CAP_PPC_PAPR };
	struct vcpu *vcpu = calloc(1, sizeof(*vcpu));

	if (!vcpu)
		abort();
	vcpu->vmfd = vmfd;
	add_memory(vcpu, host);
	vcpu->fd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, NULL);
	check(vcpu->fd, "KVM_CREATE_VCPU");
	check(htab_sim_ioctl(vcpu->fd, UAPI_KVM_ENABLE_CAP, &papr),
	      "KVM_CAP_PPC_PAPR");
	return vcpu;
}

int vcpu_fd(const struct vcpu *vcpu)
{
	return vcpu->fd;
}

uint64_t vcpu_memory(const struct vcpu *vcpu)
{
	return vcpu->address;
}

void vcpu_start(struct vcpu *vcpu)
{
	check(htab_sim_vcpu_enter(vcpu->vmfd), "htab_sim_vcpu_enter");
	vcpu->inside = true;
}

int vcpu_try(struct vcpu *vcpu)
{
	const int r = htab_sim_vcpu_enter(vcpu->vmfd);

	vcpu->inside = r >= 0;
	vcpu_stop(vcpu);
	return r < 0 ? r : 0;
}

void vcpu_change_table(struct vcpu *vcpu, unsigned int n)
{
	vcpu_stop(vcpu);
	for (; n; n--) {
		const uint32_t index = vcpu->changes++ * 8;

		for (uint32_t i = 0; i < 2; i++)
			check((int)host_write_entry(vcpu->vmfd, index + i,
						    PAGE_DWORD_0, PAGE_DWORD_1),
			      "H_ENTER");
		if (index)
			check((int)host_write_invalid(vcpu->vmfd, index - 7, 1),
			      "H_REMOVE");
	}
	vcpu_start(vcpu);
}

void vcpu_stop(struct vcpu *vcpu)
{
	if (!vcpu->inside)
		return;
	check(htab_sim_vcpu_leave(vcpu->vmfd), "htab_sim_vcpu_leave");
	vcpu->inside = false;
}

int vcpu_run_with_immediate_exit(struct vcpu *vcpu)
{
	struct uapi_kvm_run *run = host_map_run(vcpu->fd);
	int r;

	if (!run) {
		perror("kvm_run");
		exit(EXIT_FAILURE);
	}
	run->immediate_exit = 1;
	r = htab_sim_ioctl(vcpu->fd, UAPI_KVM_RUN, NULL);
	run->immediate_exit = 0;
	host_unmap_run(run);
	return r;
}

void vcpu_free(struct vcpu *vcpu)
{
	vcpu_stop(vcpu);
	close(vcpu->fd);
	munmap(vcpu->ram, vcpu->ram_size);
	free(vcpu);
}
