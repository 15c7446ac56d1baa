/* SPDX-License-Identifier: MIT */
/*
 * Finds out whether a descriptor is the simulator's.
 *
 * Asking the simulator costs a system call, so the answer "no" is remembered
 * for each number. A number that is not the simulator's can become so only when
 * the simulator makes a descriptor or the program copies one; both end the
 * generation, and with it all that was remembered. When the program closes a
 * descriptor and opens another file that gets the number, the answer stays
 * right. So close() need not be replaced.
 *
 * Not noticed are copies that are made without dup(), fcntl() and recvmsg() of
 * the C library, such as those of pidfd_getfd(). A call on such a copy goes to
 * the kernel if the number was in use for something else before.
 */
#include "preload.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "libhtab-sim.h"

/* For descriptors above these the simulator is asked each time. */
enum { REMEMBERED = 4096 };

/* The generation in which a descriptor was not the simulator's, plus one: 0 is
 * none. */
static atomic_ulong foreign[REMEMBERED];
static atomic_ulong copies;

/* True while this thread is in the simulator. A signal handler that runs
 * meanwhile gets the C library, because it would wait for the simulator's locks
 * forever. */
static __thread bool inside, inside_at_fork;

/* The simulator's handlers of fork() hold its locks from before the fork until
 * after it, and a signal may arrive meanwhile. */
static void before_fork(void)
{
	inside_at_fork = inside;
	inside = true;
}

static void after_fork(void)
{
	inside = inside_at_fork;
}

int preload_watch_forks(void)
{
	return pthread_atfork(before_fork, after_fork, after_fork);
}

/* Both counts only grow, so their sum changes with either. */
static unsigned long generation(void)
{
	return htab_sim_made() + atomic_load(&copies);
}

static bool is_foreign(int fd)
{
	return fd < 0 || (fd < REMEMBERED &&
			  atomic_load(&foreign[fd]) == generation() + 1);
}

void preload_copied(void)
{
	atomic_fetch_add(&copies, 1);
}

bool preload_enter(int fd)
{
	unsigned long now;
	int saved;

	if (inside || is_foreign(fd))
		return false;
	saved = errno;
	/* Another thread may make a descriptor of this number meanwhile. It
	 * ends the generation afterwards, so "no" does not outlive that. */
	now = generation();
	inside = true;
	inside = htab_sim_owns(fd);
	if (!inside && fd < REMEMBERED)
		atomic_store(&foreign[fd], now + 1);
	errno = saved;
	return inside;
}

ssize_t preload_leave(ssize_t r, int saved_errno)
{
	inside = false;
	errno = r < 0 ? (int)-r : saved_errno;
	return r < 0 ? -1 : r;
}
