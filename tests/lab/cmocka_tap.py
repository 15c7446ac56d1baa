#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Converts CMocka's standard output to TAP.

CMocka's own TAP calls a skipped case "not ok" and has no reasons. Its standard
format has both.

As a command, cmocka_tap.py PROGRAM [ARG...] runs a program (through
$MESON_EXE_WRAPPER, if that is set) and prints TAP.
"""

import os
import re
import shlex
import signal
import subprocess
import sys

SKIP_STATUS = 77

# CMocka 1.1.6 and later print the group's name before the number.
GROUP = re.compile(r'\[==========\] (?:\S+: )?Running (\d+) test\(s\)')
GROUP_END = re.compile(r'\[==========\] (?:\S+: )?\d+ test\(s\) run')
CASE = re.compile(r'\[ RUN      \] (.+)')
SUMMARY = re.compile(r'\[  (PASSED |FAILED |SKIPPED) \] |'
                     r'\s*\d+ (FAILED|SKIPPED) TEST\(S\)|$')
RESULT = re.compile(r'(.*)\[ +(OK|FAILED|ERROR|SKIPPED) +\] (.+)')


class Tap:
    """Prints TAP, version 12. With a todo, failed points are expected
    failures, and the todo is the reason."""

    def __init__(self, todo=''):
        self.todo = todo
        self.points = 0
        self.failed = 0

    def line(self, text):
        print(text, flush=True)

    def comment(self, lines):
        for text in lines:
            self.line(f'# {text}'.rstrip())

    def point(self, ok, name, text=(), skip=''):
        self.points += 1
        self.failed += not ok
        directive = ''
        if skip:
            directive = f' # SKIP {skip}'
        elif self.todo and not ok:
            directive = f' # TODO {self.todo}'
        # A '#' in the name would begin a directive.
        name = name.replace('#', '%')
        self.line(f'{"ok" if ok else "not ok"} {self.points} - '
                  f'{name}{directive}')
        self.comment(text)

    def plan(self, skip=''):
        self.line(f'1..{self.points}' + (f' # SKIP {skip}' if skip else ''))


class Cmocka:
    """Takes the lines of a CMocka program one by one, and at the end its exit
    status."""

    def __init__(self, tap):
        self.tap = tap
        self.groups = 0         # begun
        self.groups_ended = 0
        self.announced = 0      # the cases that the groups have announced
        self.cases = 0
        self.case = None        # the case that runs
        self.text = []          # the lines that it has printed so far
        self.skip = ''          # the reason in the last "SKIP: " line
        self.skip_all = ''      # why there is no case at all

    def feed(self, line):
        if self.case is not None:
            self._in_case(line)
        elif match := GROUP.match(line):
            self.groups += 1
            self.announced += int(match[1])
        elif GROUP_END.match(line):
            self.groups_ended += 1
        elif match := CASE.match(line):
            self._begin(match[1])
        elif group := self._failed_group(line):
            self.tap.point(False, f'fixture of {group}')
        elif not (self.groups and self.groups == self.groups_ended
                  and SUMMARY.match(line)):
            self._note_skip(line)
            self.tap.comment([line])

    def _failed_group(self, line):
        """The name of the group if its fixture has failed. Such a line comes
        before the first case or after the last one."""
        match = RESULT.match(line)
        if self.groups > self.groups_ended and match \
                and match[2] == 'ERROR' and not match[3].startswith('---'):
            return match[3]
        return ''

    def _begin(self, name):
        self.cases += 1
        self.case = name
        self.text = []
        self.skip = ''

    def _note_skip(self, line):
        if line.startswith('SKIP: '):
            self.skip = line.removeprefix('SKIP: ').strip()

    def _in_case(self, line):
        match = RESULT.match(line)
        if match and match[3] == self.case:
            # The case's own last line may lack its end.
            if match[1]:
                self._in_case_text(match[1])
            self._end(match[2])
        elif CASE.match(line) or GROUP_END.match(line):
            self._end(None)
            self.feed(line)
        else:
            self._in_case_text(line)

    def _in_case_text(self, line):
        self._note_skip(line)
        self.text.append(line)

    def _end(self, result):
        if result == 'SKIPPED' and self.skip:
            self.tap.point(True, self.case, skip=self.skip, text=self.text)
        elif result == 'SKIPPED':
            self.tap.point(False, self.case,
                           self.text + ['skipped without a reason'])
        elif result is None:
            self.tap.point(False, self.case, self.text + ['did not end'])
        else:
            self.tap.point(result == 'OK', self.case, self.text)
        self.case = None
        self.skip = ''

    def finish(self, status, why=''):
        """The program has ended with this status, as a shell counts it. The
        status is None if it never ended, and why is the reason."""
        if status == SKIP_STATUS and self.skip and self.cases == 0:
            self.skip_all = self.skip
            return
        if self.case is not None:
            self._end(None)
        if complaint := self._complaint(status, why):
            self.tap.point(False, 'program ends well', [complaint])

    def _complaint(self, status, why):
        if status is None:
            return why
        if status > 128:
            return f'killed by signal {status - 128}'
        if self.announced == 0:
            return f'no case was run (exit status {status})'
        if self.groups_ended < self.groups:
            return f'a group of tests did not end (exit status {status})'
        if self.cases != self.announced:
            return (f'{self.cases} of {self.announced} cases were run '
                    f'(exit status {status})')
        if status != 0 and self.tap.failed == 0:
            return f'exit status {status}, although nothing failed'
        return ''


def clean(line):
    """Bytes of a program as a line of text without control characters."""
    text = line.decode(errors='replace').rstrip('\r\n')
    return ''.join(c if c.isprintable() or c == '\t' else '?' for c in text)


def main(argv):
    if len(argv) < 2:
        sys.exit('usage: cmocka_tap.py PROGRAM [ARG...]')
    tap = Tap()
    cmocka = Cmocka(tap)
    command = shlex.split(os.environ.get('MESON_EXE_WRAPPER', '')) + argv[1:]
    # These variables would choose another format.
    env = {k: v for k, v in os.environ.items()
           if k not in ('CMOCKA_MESSAGE_OUTPUT', 'CMOCKA_XML_FILE')}
    try:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=env) as program:
            signal.signal(signal.SIGTERM,
                          lambda *_: (program.kill(), sys.exit(143)))
            for line in program.stdout:
                cmocka.feed(clean(line))
        status = program.returncode
        cmocka.finish(status if status >= 0 else 128 - status)
    except OSError as error:
        cmocka.finish(None, f'cannot run {command[0]}: {error.strerror}')
    tap.plan(cmocka.skip_all)


if __name__ == '__main__':
    main(sys.argv)
