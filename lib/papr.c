/* SPDX-License-Identifier: MIT */
/* What a hypercall returns to the guest, as PAPR has it */
#include "internal.h"

enum {
	H_SUCCESS = 0,
	H_BUSY = 1,
	H_CLOSED = 2,
	H_LONG_BUSY_ORDER_1_MSEC = 9900,
	H_LONG_BUSY_ORDER_100_SEC = 9905,
	H_HARDWARE = -1,
	H_PARAMETER = -4,
	H_PTEG_FULL = -6,
	H_NO_MEM = -9,
	H_AUTHORITY = -10,
};

/* PAPR has six such values, each for ten times the wait of the one before. The
 * guest asks again no sooner than the value says, so it must not say more than
 * wait_ms. */
static long long_busy(unsigned int wait_ms)
{
	long status = H_LONG_BUSY_ORDER_1_MSEC;

	while (wait_ms >= 10 && status < H_LONG_BUSY_ORDER_100_SEC) {
		wait_ms /= 10;
		status++;
	}
	return status;
}

HTAB_EXPORT long htab_papr_status(int result, unsigned int wait_ms)
{
	switch (result) {
	case 0:
		return H_SUCCESS;
	case -EINPROGRESS:
		return long_busy(wait_ms);
	case -EACCES:
	case -EOPNOTSUPP:
	case -ENOTTY:
	case -EPERM:
		return H_AUTHORITY;
	case -EINVAL:
	case -ERANGE:
		return H_PARAMETER;
	case -ENXIO:
		return H_CLOSED;
	case -ENOSPC:
		return H_PTEG_FULL;
	case -EBUSY:
		return H_BUSY;
	case -ENOMEM:
		return H_NO_MEM;
	default:
		return H_HARDWARE;
	}
}
