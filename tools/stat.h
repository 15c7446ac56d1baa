/* SPDX-License-Identifier: MIT */
/* The two forms in which htab stat prints */
#ifndef HTAB_TOOLS_STAT_H
#define HTAB_TOOLS_STAT_H

#include "source.h"
#include "table-stat.h"

void stat_print(const char *name, const struct source *source,
		const struct table_stat *stat);
void stat_print_json(const struct source *source,
		     const struct table_stat *stat);

#endif
