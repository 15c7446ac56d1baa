/* SPDX-License-Identifier: MIT */
#include "internal.h"

HTAB_EXPORT const char *htab_version(void)
{
	return HTAB_VERSION;
}
