#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What commands.py runs on a machine of the lab: each command of htab, with a line
# before it and one after it.
uname -r
for words in 'info' 'try 24' 'try 1T' 'size 4G'; do
	echo "== htab $words"
	# shellcheck disable=SC2086 # words are what is wanted
	/lab/htab $words
	echo "== status $?"
done
