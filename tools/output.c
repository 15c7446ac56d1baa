/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "message.h"

void output_open(void)
{
	/* In the wrong direction, so that a use of the stream fails as it would
	 * if it were closed. */
	static const int flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", flags[fd]);
}

void output_check(void)
{
	const int failed = ferror(stdout);

	errno = 0;
	if (fflush(stdout) == 0 && !failed && close(STDOUT_FILENO) == 0)
		return;
	/* "htab ... | head" is no failure that anybody has to read about. */
	if (errno != EPIPE)
		message("the output could not be written: %s",
			errno ? strerror(errno) : "an earlier write failed");
	_exit(STATUS_NO);
}
