/* SPDX-License-Identifier: MIT */
/*
 * The kernel that runs this program, which all threads share. Its system calls
 * fail for want of descriptors: a limit lets only so many be opened. The limit
 * is that of the whole process, so no other thread calls the library meanwhile.
 */
#include "soak.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

static struct host host;
static struct world world;
static uint64_t free_at_first;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct rlimit limit;
static __thread unsigned int fault_at;

const int world_faults[] = { EMFILE, 0 };

/* The lowest descriptor that is free */
static int next_descriptor(void)
{
	const int fd = dup(STDOUT_FILENO);

	if (fd >= 0)
		close(fd);
	return fd;
}

void fault_begin(unsigned int n, int error)
{
	struct rlimit few = limit;
	int fd;

	(void)error;
	fault_at = n;
	if (!n) {
		pthread_rwlock_rdlock(&lock);
		return;
	}
	pthread_rwlock_wrlock(&lock);
	fd = next_descriptor();
	if (fd < 0)
		abort();
	few.rlim_cur = (rlim_t)fd + n - 1;
	setrlimit(RLIMIT_NOFILE, &few);
}

bool fault_end(int result)
{
	if (fault_at)
		setrlimit(RLIMIT_NOFILE, &limit);
	pthread_rwlock_unlock(&lock);
	return fault_at && result == -EMFILE;
}

static uint64_t free_bytes_of_cma(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "CmaFree: %lu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return (uint64_t)kib << 10;
}

unsigned int worlds_open(void)
{
	const char *why;

	if (host_open(&host, &why) < 0) {
		printf("not ok 1 - %s\n", why);
		exit(EXIT_FAILURE);
	}
	/* Real mode has few pages then. */
	host.ram = 1 << 20;
	getrlimit(RLIMIT_NOFILE, &limit);
	free_at_first = free_bytes_of_cma();
	world.name = host.name;
	world.linux_version = host.linux_version;
	world.kvmfd = host.kvmfd;
	world.caps = htab_caps(host.kvmfd);
	world.can_run = host.mmu == HOST_HASH || host.mmu == HOST_RADIX;
	world.largest = 28;
	return 1;
}

struct world *world_at(unsigned int i)
{
	return i ? NULL : &world;
}

/*
 * The kernel may free a VM some time after it was closed. It also puts movable
 * pages of any process into the area: those are no table, and some MiB of them
 * come and go.
 */
static uint64_t bytes_that_stay_away(void)
{
	const struct timespec moment = { .tv_nsec = 100000000 };
	const uint64_t movable = 4 << 20;
	uint64_t is = 0;

	for (int patience = 300; patience; patience--) {
		is = free_bytes_of_cma();
		if (is + movable >= free_at_first)
			return 0;
		nanosleep(&moment, NULL);
	}
	return free_at_first - is;
}

int worlds_close(uint64_t *pages)
{
	host_close(&host);
	*pages = bytes_that_stay_away();
	return 0;
}

/* The kernel's log tells of its health: see boot.py. */
void world_print_calls(const struct world *which)
{
	(void)which;
}

int world_new_vm(const struct world *which)
{
	(void)which;
	return host_new_vm(&host);
}

struct vcpu *world_new_vcpu(const struct world *which, int vmfd)
{
	(void)which;
	return vcpu_new(&host, vmfd);
}

/* The thread that is inside KVM_RUN must not get the signals. */
int world_enter(struct vcpu *vcpu)
{
	sigset_t interrupts, before;

	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &interrupts, &before);
	vcpu_start(vcpu);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return 0;
}

void world_leave(struct vcpu *vcpu)
{
	vcpu_stop(vcpu);
}

void world_free_vcpu(struct vcpu *vcpu)
{
	vcpu_free(vcpu);
}
