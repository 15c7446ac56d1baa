/* SPDX-License-Identifier: MIT */
#include "source-open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "message.h"
#include "source-vm.h"

enum { KEY_PID = 0x1000, KEY_VM, KEY_ORDER };

static const struct argp_option options[] = {
	{ "pid", KEY_PID, "PID", 0,
	  "Read the table of the guest that this process runs, from debugfs",
	  0 },
	{ "vm", KEY_VM, "NAME", 0,
	  "The same for the guest that QEMU or libvirt calls by this name", 0 },
	{ "order", KEY_ORDER, "ORDER", 0,
	  "The order of the table, if the source does not have it", 0 },
	{ 0 },
};

static int take_number(struct argp_state *state, const char *what,
		       const char *text, int least, int most)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (end == text || *end || errno || value < least || value > most)
		argp_error(state, "%s '%s' is not a number from %d to %d", what,
			   text, least, most);
	return (int)value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct source_choice *choice = state->input;

	switch (key) {
	case KEY_PID:
		choice->pid = take_number(state, "a process", arg, 1, INT_MAX);
		choice->is_guest = true;
		return 0;
	case KEY_VM:
		choice->vm = arg;
		choice->is_guest = true;
		return 0;
	case KEY_ORDER:
		choice->order = (uint32_t)take_number(
			state, "an order", arg, HTAB_ORDER_MIN, HTAB_ORDER_MAX);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = { .options = options, .parser = parse };

const struct argp_child source_children[] = { { &argp, 0, NULL, 0 }, { 0 } };

void source_take(struct source_choice *choice, struct argp_state *state,
		 const char *arg)
{
	if (choice->path)
		argp_error(state, "'%s' is one argument too many", arg);
	choice->path = arg;
}

void source_check(const struct source_choice *choice, struct argp_state *state)
{
	if (choice->is_guest && (choice->path || (choice->pid && choice->vm)))
		argp_error(state, "there is more than one source");
	if (!choice->is_guest && !choice->path)
		argp_error(state, "the source is missing");
}

const char *source_name(const struct source_choice *choice)
{
	static char name[64];

	if (!choice->is_guest)
		return strcmp(choice->path, "-") == 0 ? "standard input"
						      : choice->path;
	if (choice->vm)
		snprintf(name, sizeof(name), "guest %.50s", choice->vm);
	else
		snprintf(name, sizeof(name), "guest of process %d",
			 choice->pid);
	return name;
}

/* --- progress --- */

struct progress {
	uint64_t begin, last; /* in ms */
	bool shown;
};

enum { QUIET_MS = 500, EACH_MS = 200 };

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void show(void *context, uint64_t offset)
{
	struct progress *progress = context;
	const uint64_t ms = now();

	if (ms - progress->begin < QUIET_MS || ms - progress->last < EACH_MS)
		return;
	progress->last = ms;
	progress->shown = true;
	fprintf(stderr, "\rhtab: %llu MiB read ",
		(unsigned long long)(offset >> 20));
}

static void hide(const struct progress *progress)
{
	if (progress->shown)
		fprintf(stderr, "\r%*s\r", 40, "");
}

/* --- reading --- */

static int open_choice(const struct source_choice *choice)
{
	char path[PATH_MAX];
	int fd;

	if (choice->is_guest) {
		const int pid = choice->vm ? vm_find_pid(choice->vm)
					   : choice->pid;

		return pid ? vm_open_htab(pid, path) : -1;
	}
	if (strcmp(choice->path, "-") == 0)
		return STDIN_FILENO;
	fd = open(choice->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		message("%s: %s", choice->path, strerror(errno));
	return fd;
}

/* A writer at the other end of a pipe would fail if its reader left early. */
static void finish(struct source_input *input)
{
	if (input->fd == STDIN_FILENO)
		input_drain(input);
	else
		close(input->fd);
	input_free(input);
}

bool source_load(struct source *source, const struct source_choice *choice)
{
	struct progress progress = { .begin = now() };
	struct source_input input;
	int r, fd;

	*source = (struct source){ 0 };
	fd = open_choice(choice);
	if (fd < 0)
		return false;
	input_from_fd(&input, fd);
	if (isatty(STDERR_FILENO)) {
		input.progress = show;
		input.context = &progress;
	}
	r = source_parse(source, &input, choice->order);
	finish(&input);
	hide(&progress);
	if (r == -ENODATA && choice->is_guest)
		message("%s: KVM has no entries of this guest. It is a radix "
			"guest, or it has not run yet.",
			source_name(choice));
	else if (r < 0)
		message("%s: %s", source_name(choice), source->why);
	return r == 0;
}

const char *source_order_remark(const struct source *source)
{
	return source->order_is_known
		       ? ""
		       : ", or larger: the source does not say it, and this is "
			 "the smallest that has room for the entries";
}
