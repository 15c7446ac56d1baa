/* SPDX-License-Identifier: MIT */
/*
 * The signals that end KVM_RUN.
 *
 * The mask of KVM_SET_SIGNAL_MASK replaces the thread's during KVM_RUN. A
 * signal that the thread blocks and KVM_RUN does not ends KVM_RUN and stays
 * pending, because the thread's mask is in place again before a handler could
 * run. ppoll() would run the handler, so a signalfd watches these signals.
 */
#include "host.h"

#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SIGNALS = 64 };

/* The kernel's sigset_t has a bit for each signal, in words of its long. */
static bool kernel_has(const unsigned char *mask, int number)
{
	enum { BITS = 8 * sizeof(unsigned long) };
	unsigned long words[8 / sizeof(unsigned long)];
	const unsigned int bit = (unsigned int)number - 1;

	memcpy(words, mask, sizeof(words));
	return words[bit / BITS] >> bit % BITS & 1;
}

/* Returns whether any signal is watched. */
static bool apply_mask(struct run_signals *signals, const unsigned char *mask)
{
	bool any = false;

	for (int number = 1; number <= SIGNALS; number++) {
		if (kernel_has(mask, number)) {
			sigaddset(&signals->run, number);
			sigaddset(&signals->wait, number);
		} else if (sigismember(&signals->thread, number) == 1) {
			sigdelset(&signals->run, number);
			sigaddset(&signals->watched, number);
			any = true;
		}
	}
	return any;
}

int htab_sim_signals_begin(struct run_signals *signals, const struct vcpu *vcpu)
{
	signals->fd = -1;
	signals->run = signals->wait = signals->thread;
	sigemptyset(&signals->watched);
	if (!vcpu->masks_signals || !apply_mask(signals, vcpu->signal_mask))
		return 0;
	signals->fd = signalfd(-1, &signals->watched, SFD_CLOEXEC);
	return signals->fd < 0 ? -errno : 0;
}

void htab_sim_signals_end(const struct run_signals *signals)
{
	if (signals->fd >= 0)
		htab_kernel_close(signals->fd);
}

static bool is_ignored(int number)
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) < 0)
		return true;
	if (action.sa_handler == SIG_DFL)
		return number == SIGCHLD || number == SIGCONT ||
		       number == SIGURG || number == SIGWINCH;
	return action.sa_handler == SIG_IGN;
}

bool htab_sim_signals_pending(struct run_signals *signals)
{
	sigset_t pending;

	sigpending(&pending);
	for (int number = 1; number <= SIGNALS; number++) {
		if (sigismember(&pending, number) != 1 ||
		    sigismember(&signals->run, number) == 1)
			continue;
		if (!is_ignored(number))
			return true;
		/* A signal that is ignored is pending only because it is
		 * blocked. The wait must not end for it. */
		if (sigismember(&signals->watched, number) == 1) {
			sigdelset(&signals->watched, number);
			signalfd(signals->fd, &signals->watched, 0);
		}
	}
	return false;
}
