#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does the simulator answer what real kernels were seen to answer?

replay.py TRANSCRIPTS-SIM TRANSCRIPT... does the same calls again on the simulator as the host of each transcript (its name says
which), and compares line by line. Prints TAP, with one point for each transcript.

What varies is left out, by these rules:

1. How often PREPARE says 100: those lines are dropped from both.
2. A line that ends in CUT is compared as far as it goes.
3. What a transcript remarks in parentheses behind a semicolon is ours, not the kernel's.
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
MACHINES = {'powernv8': 'cpu=power8', 'powernv9': 'cpu=power9-dd2.0', 'powernv10': 'cpu=power10'}
PAGES = {'6.1': '64K'}  # the others have 4K

CUT = ' (the rest was cut by a kernel message)'
REMARK = re.compile(r'; [^()]*\)$')
NOT_YET = re.compile(r'  PREPARE \d+ -> 100 -$')


def lines_of(text):
    return [REMARK.sub(')', line) for line in text.splitlines() if not line.startswith('#') and not NOT_YET.match(line)]


def same(observed, simulated):
    if observed.endswith(CUT):
        return simulated.startswith(observed.removesuffix(CUT))
    return observed == simulated


def replay(program, transcript):
    """Lines about what differs; empty if nothing does."""
    match = NAME.fullmatch(transcript.name)
    if not match:
        return ['its name does not say which host it is of']
    release, machine, htab_fd = match.groups()
    host = f'linux={release} page={PAGES.get(release, "4K")} {MACHINES[machine]}'
    command = [*shlex.split(os.environ.get('MESON_EXE_WRAPPER', '')), program, 'htab-fd' if htab_fd else 'tables']
    result = subprocess.run(command, env={**os.environ, 'HTAB_SIM': host}, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    observed, simulated = lines_of(transcript.read_text()), lines_of(result.stdout)
    wrong = [f'{host}: the program ended with status {result.returncode}', *result.stderr.splitlines()] if result.returncode else []
    for number, line in enumerate(observed):
        again = simulated[number] if number < len(simulated) else '(no more lines)'
        if not same(line, again):
            return wrong + [*(f'          {before}' for before in observed[max(0, number - 3):number]),
                            f'observed: {line}', f'sim:      {again}']
    if len(simulated) > len(observed):
        wrong += ['the simulator has more to say:', *simulated[len(observed):][:3]]
    return wrong


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
