/* SPDX-License-Identifier: MIT */
/*
 * The errors that libhtab.h lists, by function. Where a system call was made to
 * fail, its error is allowed too.
 *
 * A kernel answers ENOMEM if there is no table, or if the host cannot give one.
 * If a fault gives that answer instead, the library draws a wrong conclusion about
 * the VM. Then the soak accepts any table, or none.
 */
#include "soak.h"

#include <errno.h>
#include <string.h>

#define COMMON	   EBADF, EINVAL, ENOTTY, EIO, EPROTO
#define DESCRIPTOR EMFILE, ENFILE, ENOMEM
#define TABLE	   ENOENT, EOPNOTSUPP
#define NEW_TABLE  ERANGE, EOPNOTSUPP, EBUSY, ENOMEM, ENOSPC, ENOTRECOVERABLE
#define WRITE	   EBADMSG, EINVAL, EBUSY, EIO, EFAULT, EBADF, EPROTO

static const struct {
	const char *function;
	int errors[20];
} contract[] = {
	{ "htab_caps", { EBADF, EIO, EINVAL, ENOTTY } },
	{ "htab_order", { COMMON, ENOENT, EBUSY, EOVERFLOW, DESCRIPTOR } },
	{ "htab_reset", { COMMON, ENOENT, EBUSY, EOVERFLOW, DESCRIPTOR } },
	{ "htab_alloc",
	  { COMMON, ERANGE, EOPNOTSUPP, EBUSY, ENOMEM, ENOTRECOVERABLE } },
	{ "htab_alloc_at_least", { COMMON, NEW_TABLE } },
	{ "htab_renew", { COMMON, NEW_TABLE, EMFILE, ENFILE } },
	{ "htab_largest", { COMMON, ERANGE, EOPNOTSUPP, EINTR, DESCRIPTOR } },
	{ "htab_open", { COMMON, TABLE, DESCRIPTOR } },
	{ "htab_read", { EINVAL, EFAULT, EBADF, EPROTO } },
	{ "htab_write", { WRITE } },
	{ "htab_get_hptes", { COMMON, TABLE, ERANGE, DESCRIPTOR } },
	{ "htab_put_hptes", { COMMON, TABLE, ERANGE, EBUSY, DESCRIPTOR } },
	{ "htab_save",
	  { COMMON, ENOENT, EBUSY, EOVERFLOW, DESCRIPTOR, ENOSPC, EAGAIN } },
	{ "htab_restore",
	  { COMMON, EBADMSG, EPROTONOSUPPORT, NEW_TABLE, EMFILE, ENFILE } },
	{ "htab_resize_prepare",
	  { EINPROGRESS, COMMON, EOPNOTSUPP, ERANGE, ENOMEM } },
	{ "htab_resize_commit",
	  { COMMON, TABLE, ERANGE, EMFILE, ENFILE, ENXIO, EBUSY, ENOSPC,
	    ENOMEM } },
	{ "htab_resize_cancel", { COMMON, EOPNOTSUPP, ERANGE } },
	{ "htab_resize",
	  { COMMON, TABLE, ERANGE, DESCRIPTOR, ETIMEDOUT, ENOSPC, ENXIO,
	    EBUSY } },
	{ "htab_configure_mmu", { COMMON, ENODEV, EOPNOTSUPP, EBUSY, ENOMEM } },
};

enum { FUNCTIONS = sizeof(contract) / sizeof(contract[0]) };

static bool is_listed(const char *function, int result)
{
	for (int i = 0; i < FUNCTIONS; i++) {
		if (strcmp(contract[i].function, function) != 0)
			continue;
		for (const int *error = contract[i].errors; *error; error++)
			if (result == -*error)
				return true;
	}
	return false;
}

bool fault_misleads(const struct life *life)
{
	return life->fault_came && life->fault_error == ENOMEM;
}

void contract_check(const struct vm *vm, const char *function, int result)
{
	const struct life *life = vm->life;

	if (result >= 0 || is_listed(function, result))
		return;
	if (life->fault_came && result == -life->fault_error)
		return;
	wrong(life, vm->world, "%s: %d (%s) is not in libhtab.h", function,
	      result, strerror(-result));
}
