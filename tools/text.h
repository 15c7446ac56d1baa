/* SPDX-License-Identifier: MIT */
/* Text in lines of at most 79 columns. It is the same on a terminal and in a
 * pipe. */
#ifndef HTAB_TEXT_H
#define HTAB_TEXT_H

#include <stdbool.h>

/* Prints "  name      text", with the text in a column of its own. */
__attribute__((format(printf, 2, 3))) void text_row(const char *name,
						    const char *format, ...);

/* Prints "  yes  text" or "  no   text". */
__attribute__((format(printf, 2, 3))) void text_answer(bool yes,
						       const char *format, ...);

/* Prints a paragraph. Its lines begin with that many blanks. */
__attribute__((format(printf, 2, 3))) void
text_paragraph(int indent, const char *format, ...);

/* Prints a paragraph that begins with "  - ". */
__attribute__((format(printf, 1, 2))) void text_item(const char *format, ...);

#endif
