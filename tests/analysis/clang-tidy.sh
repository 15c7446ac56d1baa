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
found=$(find lib tools examples -name '*.c' | sort)
[ -n "$found" ]
# The count of the warnings in system headers is not of interest.
printf '%s\n' "$found" | xargs -P "$(nproc)" -n 3 \
	clang-tidy --quiet -p "$build" 2>&1 |
	sed '/^[0-9]* warnings\{0,1\} generated\.$/d' >"$build/clang-tidy.txt"
cat "$build/clang-tidy.txt"
[ ! -s "$build/clang-tidy.txt" ]
