/* SPDX-License-Identifier: MIT */
/*
 * Runs a guest of 8 GiB, which prints, reboots, prints again and powers off.
 * When it reboots, 8 GiB more have been plugged. The program needs /dev/kvm of
 * a PowerPC host, or the simulator:
 *
 *	HTAB_SIM='cma=32M' HTAB_SIM_EXITS=guest.exits \
 *		LD_PRELOAD=libhtab-sim-preload.so ./vmm
 *
 * output.txt has what it prints where the host has enough memory.
 */
#include "vmm.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const uint64_t gib = (uint64_t)1 << 30;

static int run_guest(struct vmm *vmm)
{
	int r = vmm_boot(vmm);

	while (r == 0) {
		printf("ibm,pft-size: <%u %u>\n", vmm->pft_size[0],
		       vmm->pft_size[1]);
		fflush(stdout);
		r = vmm_run(vmm);
		if (r != RTAS_REBOOT)
			break;
		r = vmm_plug(vmm, 8 * gib);
		if (r == 0)
			r = vmm_reset(vmm);
	}
	return r == RTAS_POWER_OFF ? 0 : r;
}

int main(void)
{
	const int kvmfd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct vmm vmm;
	int r;

	if (kvmfd < 0) {
		perror("/dev/kvm");
		return 1;
	}
	r = vmm_open(&vmm, kvmfd, 8 * gib, 16 * gib);
	if (r == 0) {
		r = run_guest(&vmm);
		vmm_close(&vmm);
	}
	if (r < 0)
		fprintf(stderr, "vmm: %s: %s\n", vmm.failure, strerror(-r));
	close(kvmfd);
	return r < 0;
}
