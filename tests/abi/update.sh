#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tests/abi/update.sh writes the baselines of the ABI again, from builds of this
# tree: tests/abi/LIBRARY-MACHINE.abi for x86-64 and ppc64le. A release does so
# once its symbols have their final nodes. Commit the result, and read its
# difference first: what a release changed there, programs can notice.
#
# It needs abigail-tools and the compiler for ppc64le, of Debian 12.
set -eu
cd "$(dirname "$0")/../.."
exec python3 -B tests/packaging/abi.py --update
