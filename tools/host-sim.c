/* SPDX-License-Identifier: MIT */
/*
 * What the description of a simulated host says of it, with the defaults that
 * libhtab-sim.h lists. The simulator has accepted the description when a
 * command looks at this, so that nothing is checked here.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "units.h"

/* Copies the value of the word "name=value", or the default if there is none.
 * Words are separated by blanks or commas. */
static void value_of(const char *description, const char *name,
		     const char *otherwise, char *value, size_t size)
{
	static const char separators[] = " \t\n,";
	const size_t length = strlen(name);

	snprintf(value, size, "%s", otherwise);
	while (*description) {
		const size_t word = strcspn(description, separators);

		if (word > length && description[length] == '=' &&
		    strncmp(description, name, length) == 0)
			snprintf(value, size, "%.*s", (int)(word - length - 1),
				 description + length + 1);
		description += word + strspn(description + word, separators);
	}
}

static uint64_t size_of(const char *description, const char *name,
			const char *otherwise)
{
	char value[32];
	uint64_t bytes = 0;

	value_of(description, name, otherwise, value, sizeof(value));
	size_parse(value, &bytes);
	return bytes;
}

static void read_cpu(struct host *host, const char *description,
		     const char *kvm)
{
	char mmu[16];
	const bool nested = strcmp(kvm, "nested") == 0;

	value_of(description, "cpu",
		 nested			      ? "power9"
		 : host_is_linux(host, 3, 14) ? "power8"
					      : "power7",
		 host->cpu, sizeof(host->cpu));
	value_of(description, "mmu",
		 strcmp(host->cpu, "power7") == 0 ||
				 strcmp(host->cpu, "power8") == 0
			 ? "hash"
			 : "radix",
		 mmu, sizeof(mmu));
	host->mmu = strcmp(mmu, "hash") == 0 ? HOST_MMU_HASH : HOST_MMU_RADIX;
	/* The revision, as in "power9-dd2.0", is not a part of the name. */
	host->cpu[strcspn(host->cpu, "-")] = '\0';
	for (char *c = host->cpu; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	host->platform = nested ? HOST_GUEST : HOST_BARE_METAL;
}

void host_read_description(struct host *host, const char *description)
{
	const char *cma = "208M";
	char kvm[16];

	host->simulated = true;
	value_of(description, "linux", "6.12", host->kernel,
		 sizeof(host->kernel));
	value_of(description, "kvm", "hv", kvm, sizeof(kvm));
	if (strcmp(kvm, "none") != 0)
		read_cpu(host, description, kvm);
	host->page_size = size_of(description, "page", "4K");
	/* Up to Linux 3.11 there is no such area. */
	if (!host_is_linux(host, 3, 12))
		cma = "0";
	else if (!host_is_linux(host, 4, 0))
		cma = "256M";
	host->cma_is_known = host_is_linux(host, 3, 12) &&
			     strcmp(kvm, "hv") == 0;
	host->cma_total = size_of(description, "cma", cma);
	/* Nobody else has VMs there. */
	host->cma_free = host->cma_total;
	host->memory = size_of(description, "memory", "3G") + host->cma_total;
}
