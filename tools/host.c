/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim.h"

/*
 * Tests let HTAB_ROOT name a directory that has files of another host in the
 * place of this one's /proc.
 */
static FILE *open_file(const char *path)
{
	const char *root = getenv("HTAB_ROOT");
	FILE *stream;
	char *name;

	if (asprintf(&name, "%s%s", root ? root : "", path) < 0)
		return NULL;
	stream = fopen(name, "re");
	free(name);
	return stream;
}

/* "name : value" or "name: value". Returns the value, or NULL if the line has
 * another name. */
static const char *value_of(const char *line, const char *name)
{
	const size_t length = strlen(name);

	if (strncmp(line, name, length) != 0)
		return NULL;
	line += length;
	line += strspn(line, " \t");
	if (*line != ':')
		return NULL;
	return line + 1 + strspn(line + 1, " \t");
}

/* The first word of the text, without a comma at its end */
static void copy_word(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%.*s", (int)strcspn(text, " \t\n,"), text);
}

static void read_kernel(struct host *host)
{
	FILE *stream = open_file("/proc/sys/kernel/osrelease");
	char line[sizeof(host->kernel)];

	if (!stream)
		return;
	if (fgets(line, sizeof(line), stream))
		copy_word(host->kernel, sizeof(host->kernel), line);
	fclose(stream);
}

static void read_cpu_line(struct host *host, const char *line)
{
	const char *value = value_of(line, "cpu");

	/* Only PowerPC has a line of that name. */
	if (value) {
		copy_word(host->cpu, sizeof(host->cpu), value);
		if (host->platform == HOST_NOT_POWER)
			host->platform = HOST_OTHER;
	}
	value = value_of(line, "platform");
	if (value && strncmp(value, "PowerNV", 7) == 0)
		host->platform = HOST_BARE_METAL;
	else if (value && strncmp(value, "pSeries", 7) == 0)
		host->platform = HOST_GUEST;
	value = value_of(line, "MMU");
	if (value && strncmp(value, "Radix", 5) == 0)
		host->mmu = HOST_MMU_RADIX;
	else if (value && strncmp(value, "Hash", 4) == 0)
		host->mmu = HOST_MMU_HASH;
}

static void read_cpu(struct host *host)
{
	FILE *stream = open_file("/proc/cpuinfo");
	char *line = NULL;
	size_t size = 0;

	if (!stream)
		return;
	while (getline(&line, &size, stream) >= 0)
		read_cpu_line(host, line);
	free(line);
	fclose(stream);
}

/* "MemTotal:  4096 kB" */
static bool read_kilobytes(const char *line, const char *name, uint64_t *bytes)
{
	const char *value = value_of(line, name);

	if (!value)
		return false;
	*bytes = (uint64_t)strtoull(value, NULL, 10) << 10;
	return true;
}

static void read_memory(struct host *host)
{
	FILE *stream = open_file("/proc/meminfo");
	char *line = NULL;
	size_t size = 0;

	if (!stream)
		return;
	while (getline(&line, &size, stream) >= 0) {
		read_kilobytes(line, "MemTotal", &host->memory);
		read_kilobytes(line, "CmaFree", &host->cma_free);
		if (read_kilobytes(line, "CmaTotal", &host->cma_total))
			host->cma_is_known = true;
	}
	free(line);
	fclose(stream);
}

/* The kernel takes the last of several. */
static void read_parameters(struct host *host)
{
	static const char name[] = "kvm_cma_resv_ratio=";
	FILE *stream = open_file("/proc/cmdline");
	char *line = NULL, *rest, *word;
	size_t size = 0;

	if (!stream)
		return;
	if (getline(&line, &size, stream) >= 0) {
		host->parameters_are_known = true;
		for (rest = line; (word = strsep(&rest, " \t\n"));)
			if (strncmp(word, name, sizeof(name) - 1) == 0)
				host->cma_ratio = atoi(word + sizeof(name) - 1);
	}
	free(line);
	fclose(stream);
}

void host_read(struct host *host)
{
	const char *description = sim_description();

	*host = (struct host){ .cma_ratio = -1 };
	host->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	if (description)
		host_read_description(host, description);
	/* This machine is not the simulated host. */
	if (description && !getenv("HTAB_ROOT"))
		return;
	read_kernel(host);
	read_cpu(host);
	read_memory(host);
	read_parameters(host);
}

bool host_is_linux(const struct host *host, unsigned int major,
		   unsigned int minor)
{
	unsigned int has_major, has_minor;

	if (sscanf(host->kernel, "%u.%u", &has_major, &has_minor) != 2)
		return false;
	return has_major > major || (has_major == major && has_minor >= minor);
}
