/* SPDX-License-Identifier: MIT */
/*
 * What /proc says of this host, or the description of a simulated one. None of
 * it decides what the commands do: it explains to people what KVM answers.
 */
#ifndef HTAB_HOST_H
#define HTAB_HOST_H

#include <stdbool.h>
#include <stdint.h>

enum host_platform {
	HOST_NOT_POWER,
	HOST_BARE_METAL, /* "PowerNV": has the processor's hypervisor mode */
	HOST_GUEST,	 /* "pSeries": is a guest of a hypervisor itself */
	HOST_OTHER	 /* a PowerPC of another kind */
};

enum host_mmu { HOST_MMU_UNKNOWN, HOST_MMU_HASH, HOST_MMU_RADIX };

struct host {
	bool simulated;
	char kernel[64]; /* the release, such as "6.1.0-44-powerpc64le" */
	char cpu[32];	 /* "POWER8", or "" */
	enum host_platform platform;
	enum host_mmu mmu;
	uint64_t page_size;
	uint64_t memory; /* 0: unknown */
	/* The areas for contiguous memory, of which the one for tables is
	 * usually the only large one */
	bool cma_is_known;
	uint64_t cma_total;
	uint64_t cma_free; /* unused; the kernel can free more */
	bool parameters_are_known;
	/* The kernel parameter kvm_cma_resv_ratio, or -1 if it is not given */
	int cma_ratio;
};

/* What the kernel takes if the parameter is not given */
enum { HOST_CMA_RATIO = 5 };

void host_read(struct host *host);

/* Is it Linux major.minor or later? False also if the release is unknown. */
bool host_is_linux(const struct host *host, unsigned int major,
		   unsigned int minor);

/* Sets what the description of a simulated host says of it. */
void host_read_description(struct host *host, const char *description);

#endif
