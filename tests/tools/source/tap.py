# SPDX-License-Identifier: MIT
"""What the tests of the command share: running it, and TAP"""
import contextlib
import json
import os
import pathlib
import subprocess
import tempfile


class Tap:
    """Counts points, and prints what was seen if one does not hold."""

    def __init__(self):
        self.count = self.failed = 0

    def point(self, name, good, seen=''):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}",
              flush=True)
        if not good:
            for line in str(seen).splitlines():
                print(f'# {line}')

    def same(self, name, seen, expected):
        self.point(name, seen == expected,
                   f'seen      {seen!r}\nexpected  {expected!r}')


class Htab:
    """The command, in a directory of its own for files"""

    def __init__(self, program, directory):
        self.program = str(pathlib.Path(program).absolute())
        self.directory = pathlib.Path(directory)
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(('HTAB_', 'COLUMNS', 'NO_COLOR'))}
        # The simulator's library comes before that of the sanitizer.
        self.env['ASAN_OPTIONS'] = 'verify_asan_link_order=0'

    def __call__(self, *words, stdin=b'', env=None, **options):
        return subprocess.run([self.program, *map(str, words)],
                              input=stdin, cwd=self.directory,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=self.env | (env or {}), **options)

    def json(self, *words, **options):
        done = self(*words, '--json', **options)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return f'{done.returncode}: {done.stdout!r} {done.stderr!r}'

    def file(self, name, data):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return name


@contextlib.contextmanager
def testing(program):
    """Yields a Tap and the command, and prints the plan at the end."""
    tap = Tap()
    with tempfile.TemporaryDirectory() as directory:
        yield tap, Htab(program, directory)
    print(f'1..{tap.count}')
