/* SPDX-License-Identifier: MIT */
/*
 * Finds out what the process has mapped at an address. The first run of a vcpu
 * looks at the memory of the slot at guest address 0: pages of hugetlbfs give
 * real mode larger pages, and memory of a device cannot be used.
 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mapping {
	bool found;
	uint64_t page; /* in bytes */
	bool is_device;
};

/* Returns true if the line begins a mapping, as "00400000-00452000 r-xp ..."
 * does, and sets *covers to whether the address is in it. */
static bool begins_mapping(const char *line, uint64_t address, bool *covers)
{
	unsigned long long start, end;

	if (sscanf(line, "%llx-%llx ", &start, &end) != 2)
		return false;
	*covers = start <= address && address < end;
	return true;
}

static void read_detail(const char *line, struct mapping *mapping)
{
	unsigned long long kilobytes;

	if (sscanf(line, "KernelPageSize: %llu kB", &kilobytes) == 1)
		mapping->page = kilobytes << 10;
	if (strncmp(line, "VmFlags:", 8) == 0)
		mapping->is_device = strstr(line, " io") != NULL;
}

static struct mapping find_mapping(FILE *smaps, uint64_t address)
{
	struct mapping mapping = { .found = false };
	char *line = NULL;
	size_t size = 0;
	bool covers;

	while (getline(&line, &size, smaps) > 0) {
		if (!begins_mapping(line, address, &covers)) {
			if (mapping.found)
				read_detail(line, &mapping);
			continue;
		}
		if (mapping.found)
			break;
		mapping.found = covers;
	}
	free(line);
	return mapping;
}

/* The simulated host has pages of its own, whatever this process has. Only what
 * is larger than an ordinary page here is known to be of hugetlbfs. */
static uint64_t page_of(const struct mapping *mapping, uint64_t host_page)
{
	const uint64_t ordinary = (uint64_t)sysconf(_SC_PAGESIZE);

	if (!mapping->found || mapping->is_device)
		return 0;
	return mapping->page > ordinary && mapping->page > host_page
		       ? mapping->page
		       : host_page;
}

uint64_t htab_sim_backing_page(uint64_t address, uint64_t host_page)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	struct mapping mapping;

	/* Without /proc nothing is known, and memory is the usual case. */
	if (!smaps)
		return host_page;
	mapping = find_mapping(smaps, address);
	fclose(smaps);
	return page_of(&mapping, host_page);
}
