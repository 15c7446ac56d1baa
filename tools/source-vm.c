/* SPDX-License-Identifier: MIT */
#include "source-vm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

/* Tests let HTAB_ROOT name a directory with the /proc and the debugfs of another
 * host. */
static const char *root(void)
{
	const char *path = getenv("HTAB_ROOT");

	return path ? path : "";
}

/* --- the process of a name --- */

/* Whether a value of QEMU's option -name is this name: "NAME,process=x" or
 * "guest=NAME,debug-threads=on" */
static bool is_name(const char *value, const char *name)
{
	const size_t len = strlen(name);

	if (strncmp(value, "guest=", 6) == 0)
		value += 6;
	return strncmp(value, name, len) == 0 &&
	       (value[len] == '\0' || value[len] == ',');
}

/* args are len bytes of arguments, each with a 0 at its end. */
static bool has_name(const char *args, size_t len, const char *name)
{
	const char *const end = args + len;
	bool is_value = false;

	for (; args < end; args += strlen(args) + 1) {
		if (is_value && is_name(args, name))
			return true;
		is_value = strcmp(args, "-name") == 0 ||
			   strcmp(args, "--name") == 0;
	}
	return false;
}

static bool process_has_name(const char *pid, const char *name)
{
	char path[PATH_MAX], *args = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *file;
	bool found;

	snprintf(path, sizeof(path), "%s/proc/%s/cmdline", root(), pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	/* Reads all: no argument has this byte, which is none of UTF-8. */
	len = getdelim(&args, &size, 0xff, file);
	found = len > 0 && has_name(args, (size_t)len, name);
	free(args);
	fclose(file);
	return found;
}

int vm_find_pid(const char *name)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	int pid = 0;
	DIR *proc;

	snprintf(path, sizeof(path), "%s/proc", root());
	proc = opendir(path);
	while (proc && !pid && (entry = readdir(proc)) != NULL) {
		char *end;
		const long number = strtol(entry->d_name, &end, 10);

		if (*end == '\0' && number > 0 && number <= INT_MAX &&
		    process_has_name(entry->d_name, name))
			pid = (int)number;
	}
	if (proc)
		closedir(proc);
	if (!pid)
		message("no running process has the option '-name %s'. Give "
			"the number of the guest's process with --pid.",
			name);
	return pid;
}

/* --- the files in debugfs --- */

/* Whether the process, or a thread of it, is this one. The thread that made the
 * VM is in the name of the directory. */
static bool is_of_process(long thread, int pid)
{
	char path[PATH_MAX];

	if (thread == pid)
		return true;
	snprintf(path, sizeof(path), "%s/proc/%d/task/%ld", root(), pid,
		 thread);
	return access(path, F_OK) == 0;
}

/* A VM's directory is PID-FD, and vmPID up to Linux 5.18. */
static bool is_directory_of(const char *directory, int pid)
{
	const bool old = strncmp(directory, "vm", 2) == 0;
	const char *const number = directory + (old ? 2 : 0);
	char *end;
	const long thread = strtol(number, &end, 10);

	return end > number && thread > 0 && *end == (old ? '\0' : '-') &&
	       is_of_process(thread, pid);
}

/* Returns the number of VMs that the process has, and the path of the last. */
static int find_htab(int pid, const char *directory, char path[PATH_MAX])
{
	const struct dirent *entry;
	char candidate[PATH_MAX];
	DIR *dir = opendir(directory);
	int count = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		if (!is_directory_of(entry->d_name, pid) ||
		    snprintf(candidate, sizeof(candidate), "%s/%s/htab",
			     directory, entry->d_name) >= PATH_MAX ||
		    access(candidate, F_OK) != 0)
			continue;
		strcpy(path, candidate);
		count++;
	}
	closedir(dir);
	return count;
}

int vm_open_htab(int pid, char path[PATH_MAX])
{
	char directory[PATH_MAX];
	int count, fd;

	snprintf(directory, sizeof(directory), "%s/sys/kernel/debug/kvm",
		 root());
	count = find_htab(pid, directory, path);
	if (count == -EACCES) {
		message("%s can be read by root only", directory);
		return -1;
	}
	if (count < 0) {
		message("%s: %s. Either debugfs is not mounted there, or KVM "
			"is not loaded.",
			directory, strerror(-count));
		return -1;
	}
	if (count != 1) {
		message(count ? "process %d has several VMs in %s. Name the "
				"file \"htab\" of one."
			      : "process %d has no VM with a file \"htab\" in "
				"%s",
			pid, directory);
		return -1;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		message("%s: %s", path, strerror(errno));
	return fd;
}
