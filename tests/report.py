#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report.py RESULTS: prints the results of tests/run as a table and a last
line.

RESULTS is a directory with the log that Meson wrote of each run, WHERE.json,
and the steps of tests/run itself. The exit status is 0 if nothing failed and
something passed.
"""

import collections
import json
import pathlib
import re
import sys

POINT = re.compile(r'\s*(not )?ok \d+ *-? *(.*?)(?: # (SKIP|TODO) ?(.*))?$',
                   re.IGNORECASE)

FIGURES = re.compile(r'\d+ operations on \d+ VMs')


class Row:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = collections.Counter()    # by reason
        self.reported = []                      # failures that do not block
        self.last = ''                          # the last point that passed
        self.figures = []                       # what the soak has counted

    def point(self, good, name, directive, reason):
        if directive == 'SKIP' and good:
            self.skipped[reason or 'no reason given'] += 1
            if not reason:
                self.failed.append(f'{name} (skipped without a reason)')
        elif good:
            self.passed += 1
            self.last = name
            if FIGURES.search(name):
                self.figures.append(name)
        elif directive == 'TODO':
            self.reported.append(name)
        else:
            self.failed.append(name)


def add_test(row, test):
    """Adds one line of Meson's log: a program, with its cases if it prints
    TAP."""
    name, result = test['name'], test['result']
    points = [POINT.match(line)
              for line in test.get('stdout', '').splitlines()]
    points = [point.groups() for point in points if point]
    for bad, case, directive, reason in points:
        row.point(not bad, f'{name}: {case}', (directive or '').upper(),
                  reason)
    if result in ('FAIL', 'ERROR', 'TIMEOUT', 'INTERRUPT', 'UNEXPECTEDPASS'):
        if not any(bad and not directive for bad, _, directive, _ in points):
            row.failed.append(f'{name} ({result.lower()})')
    elif result == 'SKIP' and not points:
        output = (test.get('stdout', '') + test.get('stderr', '')).strip()
        row.point(True, name, 'SKIP',
                  output.splitlines()[-1] if output else '')
    elif not points:
        row.passed += 1


def read(directory):
    rows = collections.defaultdict(Row)
    steps = directory / 'steps'
    for line in steps.read_text().splitlines() if steps.exists() else []:
        result, where, what = line.split('\t')
        rows[where].point(result == 'pass', what, '', '')
    for log in sorted(directory.glob('*.json'),
                      key=lambda log: log.stat().st_mtime):
        for line in log.read_text().splitlines():
            test = json.loads(line)
            test['name'] = test['name'].rsplit(' / ', 1)[-1]
            where = log.stem
            # Each kernel and machine of the lab has a row.
            if where == 'lab':
                where += f' {test["name"]}'
            add_test(rows[where], test)
    return rows


def show(rows):
    width = max(len(where) for where in rows)
    print(f'\n{"where":{width}}  passed  failed  skipped')
    for where, row in rows.items():
        print(f'{where:{width}}  {row.passed:6}  {len(row.failed):6}  '
              f'{sum(row.skipped.values()):7}')
        if row.passed == 1 and not row.figures:
            # The name of this test says what it has done.
            print(f'{"":{width}}      {row.last.split(": ", 1)[-1]}')
        for name in row.figures:
            print(f'{"":{width}}      {name}')
        for name in row.failed:
            print(f'{"":{width}}      FAILED: {name}')
        for name in row.reported:
            print(f'{"":{width}}      failed, does not block: {name}')
        for reason, count in row.skipped.items():
            print(f'{"":{width}}      {count} skipped: {reason}')


def main():
    rows = read(pathlib.Path(sys.argv[1]))
    if not rows:
        sys.exit('nothing has run')
    show(rows)
    passed = sum(row.passed for row in rows.values())
    failed = sum(len(row.failed) for row in rows.values())
    skipped = sum(sum(row.skipped.values()) for row in rows.values())
    print(f'\n{passed} passed, {failed} failed' +
          (f', {skipped} skipped' if skipped else ''))
    sys.exit(failed > 0 or passed == 0)


if __name__ == '__main__':
    main()
