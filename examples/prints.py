#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""prints.py FILE COMMAND...: runs a command, which must succeed and print what
is in the file below its first line; TAP."""
import difflib
import subprocess
import sys
from pathlib import Path


def main(path, *command):
    expected = Path(path).read_text().partition('\n')[2]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    good = done.returncode == 0 and done.stdout == expected
    print('1..1')
    print(f"{'ok' if good else 'not ok'} 1 - prints {Path(path).name}")
    if not good:
        print(f'# status {done.returncode}')
        for line in difflib.unified_diff(expected.splitlines(),
                                         done.stdout.splitlines(),
                                         'expected', 'printed', lineterm=''):
            print(f'# {line}')


main(*sys.argv[1:])
