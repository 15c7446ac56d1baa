/* SPDX-License-Identifier: MIT */
#ifndef HTAB_MESSAGE_H
#define HTAB_MESSAGE_H

/* Prints "htab: ", the text and a newline on stderr. */
__attribute__((format(printf, 1, 2))) void message(const char *format, ...);

#endif
