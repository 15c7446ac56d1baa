/* SPDX-License-Identifier: MIT */
/*
 * Lets a program that is linked with libhtab-sim run on a simulated host, which
 * HTAB_SIM describes. Link it with
 *
 *	-Wl,--wrap=open,--wrap=open64,--wrap=ioctl,--wrap=mmap,--wrap=mmap64
 *
 * The linker then sends the program's calls of these functions here. (With
 * _FILE_OFFSET_BITS=64, which Meson sets, open() is another name for open64()
 * and mmap() for mmap64().)
 */
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <libhtab-sim.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
int __wrap_open64(const char *path, int flags, ...)
	__attribute__((alias("__wrap_open")));
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd,
		    off_t offset) __attribute__((alias("__wrap_mmap")));

/* True if open() made the host: then the vcpu does what guest.c does. A test
 * makes its host itself, and says what the vcpu does. */
static bool whole_program;

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *arg;
	int r;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	r = htab_sim_ioctl(fd, request, arg);
	if (r >= 0 && request == KVM_CREATE_VCPU && !arg && whole_program)
		guest_script(r);
	if (r >= 0)
		return r;
	errno = -r;
	return -1;
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	return htab_sim_mmap(addr, len, prot, flags, fd, offset);
}

/* The program keeps its host until it ends. */
int __wrap_open(const char *path, int flags, ...)
{
	struct htab_sim_host *host;

	if (strcmp(path, "/dev/kvm"))
		return __real_open(path, flags);
	host = htab_sim_host_new(getenv("HTAB_SIM"));
	if (!host)
		return -1;
	whole_program = true;
	return fcntl(htab_sim_kvmfd(host), F_DUPFD_CLOEXEC, 0);
}

static void hypercall(int vcpufd, uint64_t nr, uint64_t a, uint64_t b,
		      uint64_t c)
{
	struct kvm_run run = { .papr_hcall = { .nr = nr,
					       .args = { a, b, c } } };

	htab_sim_vcpu_exit(vcpufd, KVM_EXIT_PAPR_HCALL, &run.papr_hcall,
			   sizeof(run.papr_hcall));
}

void guest_script(int vcpufd)
{
	for (uint64_t boots = 1; boots <= 2; boots++) {
		hypercall(vcpufd, H_PUT_TERM_CHAR, 0, 6,
			  UINT64_C(0x68656c6c6f0a0000));
		hypercall(vcpufd, H_RTAS, boots, 0, 0);
	}
}
