/* SPDX-License-Identifier: MIT */
#include "sim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "message.h"

static const char library[] = "libhtab-sim-preload.so";

/* Where the library is, from the directory of this program: in a build
 * directory, and where it is installed. */
static const char *const places[] = { "../lib/sim/preload", HTAB_BIN_TO_LIB };

/* Says that sim_run_again() has executed this program. */
static const char marker[] = "HTAB_TOOL_ON_SIM";

/* The directory of this program, without a slash at its end */
static bool own_directory(char *path, size_t size)
{
	const ssize_t length = readlink("/proc/self/exe", path, size);
	char *slash;

	if (length < 0 || (size_t)length >= size)
		return false;
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return true;
}

/* Returns the path of the library, which the caller frees, or NULL. */
static char *find_library(void)
{
	char directory[PATH_MAX], path[2 * PATH_MAX];

	if (!own_directory(directory, sizeof(directory)))
		return NULL;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		/* A place that is absolute is not below the program's. */
		snprintf(path, sizeof(path), "%s/%s/%s",
			 places[i][0] == '/' ? "" : directory, places[i],
			 library);
		if (access(path, R_OK) == 0)
			return realpath(path, NULL);
	}
	return NULL;
}

/* Libraries that the user preloads come after it. */
static int preload(const char *path)
{
	const char *others = getenv("LD_PRELOAD");
	char *value;
	int r;

	if (asprintf(&value, "%s%s%s", path, others && *others ? ":" : "",
		     others ? others : "") < 0)
		return -1;
	r = setenv("LD_PRELOAD", value, 1);
	free(value);
	return r;
}

static int execute(const char *description, char *program_name, int argc,
		   char **argv)
{
	char **arguments = calloc((size_t)argc + 2, sizeof(*arguments));

	if (!arguments)
		return -1;
	arguments[0] = program_name;
	memcpy(arguments + 1, argv, (size_t)argc * sizeof(*argv));
	if (setenv("HTAB_SIM", description, 1) == 0 &&
	    setenv(marker, "1", 1) == 0)
		execv("/proc/self/exe", arguments);
	free(arguments);
	return -1;
}

int sim_run_again(const char *description, char *program_name, int argc,
		  char **argv)
{
	char *path = find_library();

	if (!path) {
		message("--sim needs the simulator's library %s, which is not "
			"installed beside this program",
			library);
		return STATUS_NO;
	}
	/* The dynamic linker separates the names in LD_PRELOAD at both. */
	if (strpbrk(path, ": ")) {
		message("--sim cannot load %s, because its path has a blank or "
			"a colon",
			path);
	} else {
		if (preload(path) == 0)
			execute(description, program_name, argc, argv);
		message("--sim cannot execute this program again: %s",
			strerror(errno));
	}
	free(path);
	return STATUS_NO;
}

/* The library defines no function of its own that it exports, but it brings
 * libhtab-sim with it. */
static bool simulator_is_loaded(void)
{
	return dlsym(RTLD_DEFAULT, "htab_sim_host_new") != NULL;
}

int sim_check(void)
{
	int fd;

	if (!getenv(marker))
		return STATUS_YES;
	if (!simulator_is_loaded()) {
		message("--sim: the dynamic linker has not loaded the "
			"simulator");
		return STATUS_NO;
	}
	/* The simulator reads the description when /dev/kvm is first opened,
	 * and has then said what is wrong with it. */
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return STATUS_YES;
	}
	message("--sim '%s': %s", getenv("HTAB_SIM"),
		errno == EINVAL ? "not a description of a host"
				: strerror(errno));
	return errno == EINVAL ? STATUS_USAGE : STATUS_NO;
}

const char *sim_description(void)
{
	const char *description = getenv("HTAB_SIM");

	if (!simulator_is_loaded())
		return NULL;
	return description ? description : "";
}
