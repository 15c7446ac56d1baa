#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tests/analysis/clang-tidy.sh BUILD: clang-tidy has nothing to say about the
# sources of the libraries, the command htab and the examples. BUILD is a build
# directory that clang was configured for: clang-tidy reads the options of each
# file there, and does not know those of gcc. ../../.clang-tidy has the checks.
set -eu
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
# The tests of examples/vmm are not in that build.
found=$(find lib tools examples -name '*.c' ! -name 'test-*' | sort)
[ -n "$found" ]
# A finding is an error. The output also counts warnings of system headers, which
# are of no interest.
printf '%s\n' "$found" | xargs -P "$(nproc)" -n 3 \
	clang-tidy --quiet -p "$build" >"$build/clang-tidy.txt" 2>&1 || {
	cat "$build/clang-tidy.txt"
	exit 1
}
