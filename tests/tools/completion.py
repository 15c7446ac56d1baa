#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""completion.py HTAB: bash completes what --help lists; TAP."""
import pathlib
import re
import shutil
import subprocess
import sys

PROGRAM = sys.argv[1]
COMPLETION = pathlib.Path(__file__).parents[2] / 'tools/completion/htab'

# Calls the function as bash does, and prints the words that it offers.
SCRIPT = '''
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_htab
printf '%s\\n' "${COMPREPLY[@]}"
'''


def offered(*words):
    return set(subprocess.run(
        ['bash', '-c', SCRIPT, 'bash', COMPLETION, 'htab', *words], text=True,
        check=True, stdout=subprocess.PIPE).stdout.split())


def options(*words):
    """The long options that --help lists"""
    text = subprocess.run([PROGRAM, *words, '--help'], text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    return set(re.findall(r'^ +(?:-., +)?(--[a-z-]+)', text, re.M))


def commands():
    text = subprocess.run([PROGRAM, '--help'], text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    return set(re.findall(r'^  (\w+) ', text.split('Commands:\n')[1], re.M))


def points():
    yield 'options and commands', offered(''), options() | commands()
    for name in sorted(commands()):
        yield f'options of {name}', offered(name, '-'), options(name)
    yield 'a prefix', offered('size', '--pa'), {'--page-size'}
    yield 'after --sim', offered('--sim', 'cma=0', 's') & {'size'}, {'size'}
    yield 'after --sim=', offered('--sim', '=', 'cma', 's') & {'size'}, {'size'}
    yield 'page sizes', offered('size', '--page-size', '6'), {'64K'}
    yield 'page sizes after =', offered('size', '--page-size', '='), \
        {'4K', '64K', '16M'}


def main():
    if not shutil.which('bash'):
        print('1..0 # SKIP there is no bash')
        return
    failures = number = 0
    for number, (name, found, expected) in enumerate(points(), 1):
        good = found == expected
        failures += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        if not good:
            print(f'# {sorted(found)} instead of {sorted(expected)}')
    print(f'1..{number}')
    sys.exit(failures > 0)


main()
