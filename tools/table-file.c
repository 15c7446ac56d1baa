/* SPDX-License-Identifier: MIT */
#include "table-file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

static const int signals[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXFSZ };
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

/* The temporary file that a signal has to remove; there is one at a time. */
static char *volatile to_remove;

static void remove_and_end(int number)
{
	if (to_remove)
		unlink(to_remove);
	/* The action is the default again, so this ends the program as the
	 * signal would have, and its parent sees that. */
	raise(number);
}

static void watch_signals(void)
{
	struct sigaction action = { .sa_handler = remove_and_end,
				    .sa_flags = (int)SA_RESETHAND };
	struct sigaction old;

	sigemptyset(&action.sa_mask);
	for (int i = 0; i < SIGNALS; i++)
		/* What nohup or a shell ignores stays ignored. */
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
}

static void block_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < SIGNALS; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(how, &set, NULL);
}

/* The permissions that a new file has, which mkstemp() does not give it */
static void set_mode(int fd)
{
	const mode_t mask = umask(0);

	umask(mask);
	(void)!fchmod(fd, 0666 & ~mask);
}

/* Returns a descriptor, or -1. No signal comes between the making of the file
 * and the note that it has to be removed. */
static int make_temporary(struct out_file *file)
{
	int fd;

	if (asprintf(&file->temporary, "%s.XXXXXX", file->path) < 0) {
		file->temporary = NULL;
		return -1;
	}
	watch_signals();
	block_signals(SIG_BLOCK);
	fd = mkostemp(file->temporary, O_CLOEXEC);
	if (fd >= 0)
		to_remove = file->temporary;
	block_signals(SIG_UNBLOCK);
	if (fd >= 0)
		set_mode(fd);
	return fd;
}

static int open_file(struct out_file *file)
{
	struct stat stat_buf;

	/* A device or a pipe is not replaced by a file. */
	if (stat(file->path, &stat_buf) == 0 && !S_ISREG(stat_buf.st_mode))
		return open(file->path, O_WRONLY | O_CLOEXEC);
	return make_temporary(file);
}

bool out_file_open(struct out_file *file, const char *path)
{
	const bool to_stdout = strcmp(path, "-") == 0;
	int fd;

	*file = (struct out_file){ .path = to_stdout ? "standard output"
						     : path };
	if (to_stdout && isatty(STDOUT_FILENO)) {
		message("these bytes are not for a terminal: name a file");
		return false;
	}
	fd = to_stdout ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
		       : open_file(file);
	if (fd >= 0)
		file->stream = fdopen(fd, "wb");
	if (file->stream) {
		errno = 0;
		return true;
	}
	message("%s: %s", file->path, strerror(errno));
	out_file_abort(file);
	return false;
}

static void forget(struct out_file *file)
{
	to_remove = NULL;
	free(file->temporary);
	file->temporary = NULL;
}

void out_file_abort(struct out_file *file)
{
	if (file->stream)
		fclose(file->stream);
	file->stream = NULL;
	if (file->temporary && to_remove)
		unlink(file->temporary);
	forget(file);
}

bool out_file_commit(struct out_file *file)
{
	int error = 0;

	/* A write that failed has set errno, which later ones left alone. */
	if (ferror(file->stream) || fflush(file->stream) != 0)
		error = errno ? errno : EIO;
	/* After a crash, the name must not lead to a file without contents. */
	else if (file->temporary && fsync(fileno(file->stream)) != 0)
		error = errno;
	if (fclose(file->stream) != 0 && !error)
		error = errno;
	file->stream = NULL;
	if (!error && file->temporary &&
	    rename(file->temporary, file->path) != 0)
		error = errno;
	if (error) {
		message("%s could not be written: %s", file->path,
			strerror(error));
		out_file_abort(file);
		return false;
	}
	forget(file);
	return true;
}
