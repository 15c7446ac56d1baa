/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>

void message(const char *format, ...)
{
	va_list arguments;

	/* What was printed before belongs above the message. */
	fflush(stdout);
	flockfile(stderr);
	fputs("htab: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	putc('\n', stderr);
	funlockfile(stderr);
}
