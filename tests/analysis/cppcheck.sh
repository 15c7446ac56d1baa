#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tests/analysis/cppcheck.sh: cppcheck finds nothing in the libraries, the
# command htab and the examples. What it finds wrongly is in the file
# cppcheck-suppressions.xml, or has a comment where it stands.
set -eu
cd "$(dirname "$0")/../.."
cppcheck --quiet -j "$(nproc)" --enable=warning,performance,portability \
	--error-exitcode=1 --inline-suppr --std=c11 --library=posix \
	--suppress-xml=tests/analysis/cppcheck-suppressions.xml \
	-Iinclude -Ilib -Ilib/sim -Ilib/sim/model lib tools examples
