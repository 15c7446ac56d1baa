/* SPDX-License-Identifier: MIT */
/*
 * Notices a program whose functions of libhtab know no simulated descriptors.
 *
 * libhtab and libhtab-sim both define the functions of libhtab.h. If a program
 * is linked with both shared libraries, the loader takes the first one. With
 * libhtab first, every htab_alloc() of a test would be -ENOTTY, and nothing
 * would say why. Such a program is fine if something takes its ioctls to the
 * simulator, as the preload library does.
 */
#include "host.h"
#include "libhtab.h"

#include <stdio.h>

int htab_sim_check_linked(struct htab_sim_host *host)
{
	/* htab_caps() is exported, so the loader decides whose it is. The one
	 * of libhtab asks the real kernel, for which the descriptor is a
	 * socket. */
	const int caps = htab_caps(host->kvmfd);
	const bool arrived = htab_sim_journal_count(&host->journal) > 0;

	htab_sim_journal_clear(host);
	if (caps != -ENOTTY || arrived)
		return 0;
	fprintf(stderr, "libhtab-sim: this program runs the functions of "
			"libhtab, which knows no simulated host. Link it "
			"with libhtab-sim instead of libhtab (-lhtab-sim "
			"without -lhtab), or start it with "
			"LD_PRELOAD=libhtab-sim-preload.so\n");
	return -ELIBBAD;
}
