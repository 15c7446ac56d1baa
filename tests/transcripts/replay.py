#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the simulator gives the answers that real kernels gave.

replay.py TRANSCRIPTS-SIM TRANSCRIPT... makes the calls of each transcript again
on the simulator, and compares line by line. The name of a transcript says which
host it is of. The output is TAP with one point for each transcript.

These rules leave out what varies:

1. A kernel says "not yet" to PREPARE (100) more or less often, so those lines
   are dropped from both.
2. A line that ends in CUT is compared up to there.
3. In parentheses, the words behind a semicolon are our remark and no answer of
   the kernel.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lab'))
from cmocka_tap import Tap

NAME = re.compile(r'linux-([\d.]+)-(powernv\d+)(-htab-fd)?\.txt')
MACHINES = {'powernv8': 'cpu=power8', 'powernv9': 'cpu=power9-dd2.0',
            'powernv10': 'cpu=power10'}
PAGES = {'6.1': '64K'}  # the others have 4K

CUT = ' (the rest was cut by a kernel message)'
REMARK = re.compile(r'; [^()]*\)$')
NOT_YET = re.compile(r'  PREPARE \d+ -> 100 -$')


def lines_of(text):
    return [REMARK.sub(')', line) for line in text.splitlines()
            if not line.startswith('#') and not NOT_YET.match(line)]


def same(observed, simulated):
    if observed.endswith(CUT):
        return simulated.startswith(observed.removesuffix(CUT))
    return observed == simulated


def replay(program, transcript):
    """The lines that report the first difference, or none if there is none"""
    match = NAME.fullmatch(transcript.name)
    if not match:
        return ['its name does not say which host it is of']
    release, machine, htab_fd = match.groups()
    page = PAGES.get(release, '4K')
    host = f'linux={release} page={page} {MACHINES[machine]}'
    result = subprocess.run(
        [*shlex.split(os.environ.get('MESON_EXE_WRAPPER', '')), program,
         'htab-fd' if htab_fd else 'tables'],
        env={**os.environ, 'HTAB_SIM': host}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True)
    wrong = []
    if result.returncode:
        wrong = [f'{host}: the program ended with status {result.returncode}',
                 *result.stderr.splitlines()]
    return wrong + difference(lines_of(transcript.read_text()),
                              lines_of(result.stdout))


def difference(observed, simulated):
    for number, line in enumerate(observed):
        again = simulated[number] if number < len(simulated) \
            else '(no more lines)'
        if not same(line, again):
            before = observed[max(0, number - 3):number]
            return [*(f'          {context}' for context in before),
                    f'observed: {line}', f'sim:      {again}']
    if len(simulated) > len(observed):
        return ['the simulator has more lines:',
                *simulated[len(observed):][:3]]
    return []


def main(argv):
    if len(argv) < 3:
        sys.exit('usage: replay.py TRANSCRIPTS-SIM TRANSCRIPT...')
    tap = Tap()
    for transcript in map(Path, argv[2:]):
        wrong = replay(argv[1], transcript)
        tap.point(not wrong, transcript.stem, wrong)
    tap.plan()
    return 1 if tap.failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
