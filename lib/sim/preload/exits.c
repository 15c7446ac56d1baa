/* SPDX-License-Identifier: MIT */
/*
 * HTAB_SIM_EXITS names a file with what the guest does. A simulated vcpu
 * executes nothing, so without this file it stays inside KVM_RUN until a signal
 * comes. Each line is an exit from KVM_RUN of the VM's first vcpu:
 *
 *	hcall NUMBER [ARGUMENT...]	a hypercall, with up to nine arguments
 *	exit REASON			another exit, without data
 *	# a comment
 */
#include "preload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libhtab-sim.h"

enum { EXIT_PAPR_HCALL = 19, NUMBERS = 10 };

/* As in struct kvm_run */
struct hypercall {
	uint64_t number, result, arguments[NUMBERS - 1];
};

/* Returns how many numbers the words are, or -1 if one is not a number or there
 * are too many. */
static int parse_numbers(char *words, uint64_t numbers[NUMBERS])
{
	char *rest = NULL;
	int count = 0;

	for (char *word = strtok_r(words, " \t\n", &rest); word;
	     word = strtok_r(NULL, " \t\n", &rest)) {
		char *end;

		if (count == NUMBERS)
			return -1;
		errno = 0;
		numbers[count++] = strtoull(word, &end, 0);
		if (*end || errno)
			return -1;
	}
	return count;
}

/* Returns 0, or a negative errno: -EINVAL if the line is not an exit. */
static int plan_exit(int vcpufd, char *line)
{
	uint64_t numbers[NUMBERS] = { 0 };
	const size_t word = strcspn(line, " \t\n");
	const int count = parse_numbers(line + word, numbers);
	struct hypercall hypercall = { .number = numbers[0] };

	memcpy(hypercall.arguments, numbers + 1, sizeof(hypercall.arguments));
	if (count >= 1 && word == 5 && !strncmp(line, "hcall", word))
		return htab_sim_vcpu_exit(vcpufd, EXIT_PAPR_HCALL, &hypercall,
					  sizeof(hypercall));
	if (count == 1 && word == 4 && !strncmp(line, "exit", word))
		return htab_sim_vcpu_exit(vcpufd, (uint32_t)numbers[0], NULL,
					  0);
	return -EINVAL;
}

void preload_plan_exits(int vcpufd)
{
	const char *path = getenv("HTAB_SIM_EXITS");
	FILE *file = path ? fopen(path, "re") : NULL;
	char line[512];

	if (path && !file)
		fprintf(stderr, "libhtab-sim-preload: HTAB_SIM_EXITS=%s: %s\n",
			path, strerror(errno));
	while (file && fgets(line, sizeof(line), file)) {
		int r;

		line[strcspn(line, "#\n")] = '\0';
		if (!line[strspn(line, " \t")])
			continue;
		r = plan_exit(vcpufd, line);
		if (r < 0)
			fprintf(stderr,
				"libhtab-sim-preload: %s: not an exit: %s\n",
				path, line);
	}
	if (file)
		fclose(file);
}
