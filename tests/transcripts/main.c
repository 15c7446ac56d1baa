/* SPDX-License-Identifier: MIT */
/* transcripts tables|htab-fd: does an experiment and prints the answers. */
#include "errname.h"
#include "transcripts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct host host;

const char *error_name(long result)
{
	return result < 0 ? htab_sim_error_name((int)-result) : "-";
}

long returned(long result)
{
	return result < 0 ? -1 : result;
}

int new_vm(void)
{
	int vmfd = host_new_vm(&host);

	if (vmfd < 0) {
		fprintf(stderr, "KVM_CREATE_VM: %s\n", error_name(vmfd));
		exit(EXIT_FAILURE);
	}
	return vmfd;
}

void close_vm(int vmfd)
{
	host_close_fd(vmfd);
}

int main(int argc, char **argv)
{
	const char *why;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 2 || host_open(&host, &why) < 0) {
		fprintf(stderr, "%s\n",
			argc != 2 ? "usage: transcripts tables|htab-fd" : why);
		return EXIT_FAILURE;
	}
	if (strcmp(argv[1], "htab-fd") == 0)
		observe_htab_fd();
	else
		observe_tables();
	host_close(&host);
	return 0;
}
