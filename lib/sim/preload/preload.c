/* SPDX-License-Identifier: MIT */
/*
 * libhtab-sim-preload.so runs a VMM that does not know of the simulator on it.
 *
 *	HTAB_SIM='linux=6.12 cma=64M' LD_PRELOAD=libhtab-sim-preload.so vmm
 *
 * The VMM's /dev/kvm is then that of a simulated host. HTAB_SIM describes it,
 * as for htab_sim_host_new(); without HTAB_SIM it is the default host. The
 * calls of the C library on descriptors that come from it go to the simulator,
 * KVM_RUN included. All other calls go on to the C library.
 *
 * HTAB_SIM_JOURNAL names a file to which the simulator appends its journal.
 * HTAB_SIM_EXITS names one that says what the guest does (see exits.c).
 *
 * What does not call the C library does not reach the simulator: a program that
 * is linked statically or makes system calls itself (Go), syscall(), io_uring.
 * syscall() could be replaced, but it would have to know how every system call
 * passes its arguments, and each use of it in the program would depend on that.
 *
 * This file makes the host. The others replace functions: open.c and stream.c
 * those that open, calls.c and transfer.c those that use a descriptor, copy.c
 * those that copy one. owner.c tells whose a descriptor is.
 */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libhtab-sim.h"

static struct htab_sim_host *host;
static int host_errno;

/* Copies of one descriptor have one inode. */
static bool is_kvm(int fd)
{
	struct stat kvm, other;

	return host && fstat(fd, &other) == 0 &&
	       fstat(htab_sim_kvmfd(host), &kvm) == 0 &&
	       kvm.st_dev == other.st_dev && kvm.st_ino == other.st_ino;
}

/* --- requests that the simulator does not know --- */

/* Mapping nothing is an error of its own for each kind of descriptor. */
static const char *kind_of(int fd)
{
	htab_sim_mmap(NULL, 0, PROT_WRITE, MAP_SHARED, fd, 0);
	if (errno == EINVAL)
		return "a vcpu";
	if (errno == EACCES)
		return "an htab fd";
	return is_kvm(fd) ? "/dev/kvm" : "a VM";
}

/* Returns true the first time that it gets a request. */
static bool is_new(unsigned long request)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static unsigned long seen[256];
	static unsigned int count;
	unsigned int i = 0;
	bool new;

	pthread_mutex_lock(&lock);
	while (i < count && seen[i] != request)
		i++;
	new = i == count &&count < sizeof(seen) / sizeof(seen[0]);
	if (new)
		seen[count++] = request;
	pthread_mutex_unlock(&lock);
	return new;
}

static void report_unknown(void *data, const struct htab_sim_event *event,
			   const char *name, long result)
{
	char number[32], returned[32];
	const char *error = result < 0 ? strerrorname_np((int)-result) : NULL;

	(void)data;
	if (!is_new(event->request))
		return;
	snprintf(number, sizeof(number), "%#lx", event->request);
	snprintf(returned, sizeof(returned), "%ld", result);
	fprintf(stderr,
		"libhtab-sim-preload: the simulator does not know the ioctl %s "
		"on %s, and returned %s%s%s\n",
		name ? name : number, kind_of(event->fd), error ? "-" : "",
		error ? error : returned,
		result < 0 ? "; with other=accept in HTAB_SIM it returns 0"
			   : "");
}

/* --- the host --- */

static void open_journal(const char *path)
{
	const int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		fprintf(stderr,
			"libhtab-sim-preload: HTAB_SIM_JOURNAL=%s: %s\n", path,
			strerror(errno));
	else
		htab_sim_journal_to(host, fd);
}

static void switch_on(void)
{
	const char *journal = getenv("HTAB_SIM_JOURNAL");

	host = htab_sim_host_new(getenv("HTAB_SIM"));
	if (!host) {
		host_errno = errno;
		return;
	}
	host_errno = preload_watch_forks();
	if (host_errno) {
		htab_sim_host_free(host);
		host = NULL;
		return;
	}
	htab_sim_on_unknown(host, report_unknown, NULL);
	if (journal && *journal)
		open_journal(journal);
}

static int refusal(int flags)
{
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return EEXIST;
	if (flags & O_DIRECTORY)
		return ENOTDIR;
	return flags & O_DIRECT ? EINVAL : 0;
}

int preload_open_kvm(int flags)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const int saved = errno;
	int fd;

	pthread_once(&once, switch_on);
	errno = host ? refusal(flags) : host_errno;
	if (errno)
		return -1;
	/* Every call on the descriptor of a path alone is EBADF, whichever the
	 * device is. */
	if (flags & O_PATH)
		fd = open("/dev/null", O_PATH | (flags & O_CLOEXEC));
	else
		fd = fcntl(htab_sim_kvmfd(host),
			   flags & O_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
	if (fd >= 0)
		errno = saved;
	return fd;
}

bool preload_is_kvm(int fd)
{
	const int saved = errno;
	bool kvm;

	if (!preload_enter(fd))
		return false;
	kvm = is_kvm(fd);
	preload_leave(0, saved);
	return kvm;
}

void *preload_mmap(void *addr, size_t len, int prot, int flags, int fd,
		   int64_t offset)
{
	return htab_sim_mmap(addr, len, prot, flags, fd, offset);
}
