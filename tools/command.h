/* SPDX-License-Identifier: MIT */
/*
 * The commands of htab. Each has a file of its own, a function here, and a line
 * in the table of main.c. Its function gets the arguments as main() does, with
 * "htab NAME" as argv[0], so that argp_parse() names it so in messages. It
 * prints to stdout, and main() checks that all of it could be written.
 */
#ifndef HTAB_COMMAND_H
#define HTAB_COMMAND_H

/* What a command returns, and the exit status of the program */
enum {
	STATUS_YES = 0, /* It is done, or the answer is yes. */
	STATUS_NO = 1,	/* It failed, or the answer is no. */
	STATUS_USAGE = 2
};

struct command {
	const char *name;
	const char *arguments; /* for the usage, such as "RAM" */
	const char *summary;   /* for --help; a phrase without a full stop */
	int (*run)(int argc, char **argv);
};

int command_convert(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_info(int argc, char **argv);
int command_map(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_save(int argc, char **argv);
int command_size(int argc, char **argv);
int command_stat(int argc, char **argv);
int command_try(int argc, char **argv);

#endif
