#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/lab/cmocka_tap.py understands the output of each version of CMocka."""
import functools
import sys

from checks import check, main, source

sys.path.insert(0, str(source / 'tests/lab'))
import cmocka_tap  # noqa: E402

# As a group is printed by CMocka 1.1.5 (Debian 12) and 1.1.7 (Debian 13)
VERSIONS = {
    '1.1.5': ('[==========] Running 2 test(s).',
              '[==========] 2 test(s) run.'),
    '1.1.7': ('[==========] conformance: Running 2 test(s).',
              '[==========] conformance: 2 test(s) run.'),
}
CASES = '''\
[ RUN      ] one
SKIP: no table here
[  SKIPPED ] one
[ RUN      ] two
[       OK ] two'''
SUMMARY = '[  PASSED  ] 1 test(s).'


class Kept(cmocka_tap.Tap):
    """Keeps the TAP instead of printing it."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def line(self, text):
        self.lines.append(text)


def converted(lines, status=0):
    tap = Kept()
    cmocka = cmocka_tap.Cmocka(tap)
    for line in lines:
        cmocka.feed(line)
    cmocka.finish(status)
    return [line for line in tap.lines if not line.startswith('#')]


def differs(found, expected):
    if found != expected:
        yield f'{found}, not {expected}'


def passing(version):
    begin, end = VERSIONS[version]
    return differs(
        converted([begin, *CASES.splitlines(), end, SUMMARY]),
        ['ok 1 - one # SKIP no table here', 'ok 2 - two'])


def cut_short(version):
    begin, _ = VERSIONS[version]
    return differs(
        converted([begin, *CASES.splitlines()]),
        ['ok 1 - one # SKIP no table here', 'ok 2 - two',
         'not ok 3 - program ends well'])


for version in VERSIONS:
    check(f'CMocka {version}: a group that passes')(
        functools.partial(passing, version))
    check(f'CMocka {version}: a group that does not end')(
        functools.partial(cut_short, version))

main()
