#!/bin/sh
# SPDX-License-Identifier: MIT
#
# own-kernel.sh ARG...: boot.py ARG... on a kernel of the cache, which it names
# by its files. This tests --kernel and --modules.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=apt.sh
. "$here/apt.sh"
exec "$here/boot.py" --kernel "$cache/kernels/6.12/vmlinux" \
	--modules "$cache/kernels/6.12" "$@"
