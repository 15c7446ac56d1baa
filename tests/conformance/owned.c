/* SPDX-License-Identifier: MIT */
/* What a case has opened, which is closed at its end */
#include "conformance.h"

#include <dirent.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_OWNED = 128, CASE_SECONDS = 120 };

/* What the running case has opened, and what end_case() closes. No host has room for
 * MAX_OWNED VMs. */
static int owned[MAX_OWNED];
static int owned_count;
static struct vcpu *vcpus[MAX_OWNED];
static int vcpu_count;
/* What end_case() compares or restores */
static int descriptors_before;
static uint64_t ram_before;

static int own(int fd, const char *what)
{
	if (fd < 0)
		fail_msg("%s: %s", what, result_name(fd));
	assert_true(owned_count < MAX_OWNED);
	owned[owned_count++] = fd;
	return fd;
}

int a_vm(void)
{
	return own(host_new_vm(&host), "KVM_CREATE_VM");
}

int an_htab(int vmfd, uint64_t flags)
{
	return own(host_open_htab(vmfd, flags, 0), "KVM_PPC_GET_HTAB_FD");
}

int an_open_table(int vmfd, unsigned int flags)
{
	return own(htab_open(vmfd, flags), "htab_open");
}

int a_file(void)
{
	const int fd = memfd_create("image", MFD_CLOEXEC);

	return own(fd < 0 ? -errno : fd, "memfd_create");
}

void close_now(int fd)
{
	for (int i = 0; i < owned_count; i++) {
		if (owned[i] == fd) {
			owned[i] = owned[--owned_count];
			assert_result(host_close_fd(fd), 0);
			return;
		}
	}
	fail_msg("not a descriptor of this case: %d", fd);
}

struct vcpu *a_vcpu(int vmfd)
{
	assert_true(vcpu_count < MAX_OWNED);
	return vcpus[vcpu_count++] = vcpu_new(&host, vmfd);
}

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

int begin_case(void **state)
{
	descriptors_before = count_descriptors();
	ram_before = host.ram;
	/* If the kernel hangs, SIGALRM ends the program. */
	alarm(CASE_SECONDS);
	return descriptors_before < 0;
}

int end_case(void **state)
{
	int now;

	while (vcpu_count)
		vcpu_free(vcpus[--vcpu_count]);
	while (owned_count)
		host_close_fd(owned[--owned_count]);
	host.ram = ram_before;
	alarm(0);
	now = count_descriptors();
	if (now != descriptors_before)
		print_error("%d descriptors before the case, %d after\n",
			    descriptors_before, now);
	return now != descriptors_before;
}
