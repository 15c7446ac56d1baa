/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "message.h"

enum { COLUMNS = 79, NAME_COLUMNS = 19 };

/* The length of the first word. A number and its unit are one. */
static int word_length(const char *text)
{
	const size_t length = strcspn(text, " ");
	const char *next = text + length;

	if (length && isdigit((unsigned char)next[-1]) && *next &&
	    (next[1] == '%' || (next[1] && strncmp(next + 2, "iB", 2) == 0)))
		return (int)(length + 1 + strcspn(next + 1, " "));
	return (int)length;
}

/* Prints the words of the text in lines that begin with that many blanks. The
 * caller has printed what the first line begins with. */
static void wrap(int indent, const char *text)
{
	int column = indent;

	while (*(text += strspn(text, " "))) {
		const int word = word_length(text);

		if (column > indent && column + 1 + word > COLUMNS) {
			printf("\n%*s", indent, "");
			column = indent;
		}
		if (column > indent) {
			putchar(' ');
			column++;
		}
		printf("%.*s", word, text);
		column += word;
		text += word;
	}
	putchar('\n');
}

__attribute__((format(printf, 2, 0))) static void
wrap_format(int indent, const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0) {
		message("no memory");
		exit(STATUS_NO);
	}
	wrap(indent, text);
	free(text);
}

void text_row(const char *name, const char *format, ...)
{
	va_list arguments;

	printf("  %-*s ", NAME_COLUMNS, name);
	va_start(arguments, format);
	wrap_format(2 + NAME_COLUMNS + 1, format, arguments);
	va_end(arguments);
}

void text_answer(bool yes, const char *format, ...)
{
	va_list arguments;

	printf("  %-4s ", yes ? "yes" : "no");
	va_start(arguments, format);
	wrap_format(7, format, arguments);
	va_end(arguments);
}

void text_paragraph(int indent, const char *format, ...)
{
	va_list arguments;

	printf("%*s", indent, "");
	va_start(arguments, format);
	wrap_format(indent, format, arguments);
	va_end(arguments);
}

void text_item(const char *format, ...)
{
	va_list arguments;

	printf("  - ");
	va_start(arguments, format);
	wrap_format(4, format, arguments);
	va_end(arguments);
}
