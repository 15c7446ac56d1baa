/* SPDX-License-Identifier: MIT */
/*
 * htab --sim runs itself again under libhtab-sim-preload, for which /dev/kvm is
 * that of a simulated host. So this program has no code of the simulator, and
 * does there exactly what it does on a real host.
 */
#ifndef HTAB_SIM_H
#define HTAB_SIM_H

/* Executes this program again, as program_name with these arguments, which no
 * longer have --sim among them: it cannot happen twice. Returns STATUS_NO with a
 * message if that is not possible. */
int sim_run_again(const char *description, char *program_name, int argc,
		  char **argv);

/* If this is what sim_run_again() has executed, makes sure that the simulator
 * was loaded, since the command would look at the real host, and that it knows
 * the description. Returns a status other than STATUS_YES, after a message, if
 * the command must not run. */
int sim_check(void);

/* The description of the simulated host, or NULL on a real one */
const char *sim_description(void);

#endif
