/* SPDX-License-Identifier: MIT */
/* Running guests: their processes, and KVM's debugfs files of them */
#ifndef HTAB_TOOLS_SOURCE_VM_H
#define HTAB_TOOLS_SOURCE_VM_H

#include <limits.h>

/* Finds the process of the guest that QEMU calls by this name. Returns 0 after a
 * message. */
int vm_find_pid(const char *name);

/* Opens the debugfs file "htab" of the process' VM to read it. Returns a
 * descriptor, or -1 after a message. */
int vm_open_htab(int pid, char path[PATH_MAX]);

#endif
