#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
mutate.py [--hints] SOURCE [NAME...]: for each rule of the simulated kernel,
switches it off in a copy of the tree and wants a test to go red. TAP: one
point for each rule; "not ok" is a rule that no test guards.

The rules are those of lib/sim/model/rules.c, each flag always on, always off,
and one release too early and too late. For what no such flag says, concurrency
and hazards first of all, there are mutants/*.txt, named like the file of
lib/sim that they change:

    what the rule is
    -text of the file, there once
    +what replaces it

A mutant may have several such pairs.

mutants/hints names the test that failed last time, which runs first. If it
passes, all others run too. --hints writes the file again.

NAME is such a file's, or part of a rule: only those. HTAB_MUTATE_DIR names a
directory for the copies, to be used again.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

JOBS = 2
SUITES = ('simulator', 'conformance-sim', 'transcripts')
SLOW = 'sim-each-fault'  # takes seconds, and more on a busy machine
LAST = ('sim-threads',)  # takes seconds; the only guard of the barriers
HINTS = 'tests/sim/mutants/hints'
PARTS = ('meson.build', 'meson_options.txt', 'include', 'lib', 'pkgconfig',
         'tests', 'tools', 'examples')

# Mutants that change nothing, and why
EQUIVALENT = {
    'writes_back on': 'who changes the size has returned before',
    'writes_back 4.11 late': 'the same',
    'refuses_hash_run 4.15 early': 'no radix VM becomes a hash VM in 4.14',
    'keeps_reverse_map 4.11 early': 'no table is freed before its VM is',
}


def rule_mutants(source):
    """Each flag of rules.c that is a matter of the release, or of more"""
    text = (source / 'lib/sim/model/rules.c').read_text()
    for flag, value in re.findall(
            r'\t\t\.(\w+) = ([^;]*?),\n(?=\t\t\.|\t\})', text):
        old = f'.{flag} = {value},'
        yield 'rules', f'{flag} off', [(old, f'.{flag} = false,')]
        yield 'rules', f'{flag} on', [(old, f'.{flag} = true,')]
        for release in re.findall(r'LINUX\((\d+), (\d+)\)', value):
            major, minor = map(int, release)
            for name, step in (('early', -1), ('late', 1)):
                moved = value.replace(f'({major}, {minor})',
                                      f'({major}, {minor + step})')
                yield ('rules', f'{flag} {major}.{minor} {name}',
                       [(old, f'.{flag} = {moved},')])


def listed_mutants(source):
    for file in sorted((source / 'tests/sim/mutants').glob('*.txt')):
        rule = None
        for block in re.split(r'\n\n+', file.read_text().strip()):
            lines = [l for l in block.split('\n') if not l.startswith('#')]
            if not lines:
                continue
            rule = lines[0]
            hunks = re.findall(r'((?:^-.*\n)+)((?:^\+.*\n)+)',
                               '\n'.join(lines[1:]) + '\n', re.M)
            yield file.stem, rule, [
                tuple(re.sub(r'^[-+]', '', text, flags=re.M)[:-1]
                      for text in hunk) for hunk in hunks]


class Copy:
    """A tree of its own, built"""

    def __init__(self, source, where):
        self.tree = where
        self.build = where / 'build'
        where.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            copy(source / part, where / part)
        if not (self.build / 'build.ninja').exists():
            self.call('meson', 'setup', str(self.build), str(where),
                      '-Ddefault_library=shared', '-Dexamples=disabled',
                      '-Dtools=disabled', '-Dman=disabled',
                      '-Doptimization=1', '-Dwarning_level=0')
        self.tests = [t for t in self.introspect('--tests')
                      if any(s.split(':')[-1] in SUITES for s in t['suite'])]
        needed = {word for t in self.tests for word in t['depends']}
        self.targets = [os.path.relpath(name, self.build)
                        for target in self.introspect('--targets')
                        if target['id'] in needed
                        for name in target['filename']]
        if not self.compile():
            raise RuntimeError(f'{where} does not compile')
        self.tests.sort(key=lambda t: (t['name'] == SLOW,
                                       t['name'] in LAST,
                                       t['name'] != 'model-steps',
                                       t['name'] == 'sim-run',
                                       'sim-' not in t['name']))

    def call(self, *command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                       cwd=self.tree)

    def introspect(self, what):
        return json.loads(subprocess.check_output(
            ['meson', 'introspect', what, str(self.build)]))

    def compile(self):
        return subprocess.run(
            ['ninja', '-C', str(self.build), *self.targets],
            stdout=subprocess.DEVNULL).returncode == 0

    def first_red(self, threads_first, hint=None):
        """The name of the first test that fails, and of its case"""
        tests = sorted(self.tests, key=lambda t: t['name'] not in LAST) \
            if threads_first else self.tests
        for test in sorted(tests, key=lambda t: t['name'] != hint):
            red = run(test, self.build)
            if red:
                return f"{test['name']}: {red}"
        return None

    def try_mutant(self, file, hunks, hint=None):
        path = next((self.tree / 'lib/sim').rglob(f'{file}.c'))
        text = mutant = path.read_text()
        for old, new in hunks:
            if mutant.count(old) != 1:
                return False, f'its text is there {mutant.count(old)} times'
            mutant = mutant.replace(old, new)
        path.write_text(mutant)
        try:
            if not self.compile():
                return False, 'does not compile'
            threads = any('/* threads */' in new for _, new in hunks)
            # A race shows sooner or later: not in each run.
            for _ in range(3 if threads else 1):
                red = self.first_red(threads, hint)
                if red:
                    break
        finally:
            path.write_text(text)
        return bool(red), red or 'no test goes red'


def read_hints(source):
    """The test that failed last time, for each rule"""
    file = source / HINTS
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split('\t') for line in lines if '\t' in line)


def write_hints(source, hints):
    lines = [f'{rule}\t{test}\n' for rule, test in sorted(hints.items())]
    (source / HINTS).write_text('# SPDX-License-Identifier: MIT\n' +
                                ''.join(lines))


def copy(source, to):
    """Only what differs, so that ninja has little to do"""
    if source.is_dir():
        to.mkdir(parents=True, exist_ok=True)
        for child in source.iterdir():
            copy(child, to / child.name)
    elif not to.exists() or to.read_bytes() != source.read_bytes():
        shutil.copyfile(source, to)
        shutil.copymode(source, to)


def run(test, build):
    env = {**os.environ, **test['env'], 'HTAB_TEST_SECONDS': '9'}
    try:
        done = subprocess.run(test['cmd'], env=env, cwd=build,
                              timeout=120 if test['name'] == SLOW else 20,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired:
        return 'does not end'
    output = done.stdout.decode(errors='replace')
    case = re.search(r'^not ok \d+ - (\S+)', output, re.M)
    if case:
        return case.group(1)
    hazard = re.search(r'hazard \d+', output)
    return done.returncode and (hazard.group() if hazard
                                else f'exit {done.returncode}')


def unchanged_red(place):
    """The tests that are red without a mutant. Many tests sleep, so more of
    them run at a time than there are processors."""
    with ThreadPoolExecutor(2 * JOBS) as pool:
        reds = pool.map(lambda test: run(test, place.build), place.tests)
        return [f"{test['name']}: {red}"
                for test, red in zip(place.tests, reds) if red]


def worker(place, queue, results, lock, hints):
    while queue:
        try:
            file, rule, hunks = queue.pop(0)
        except IndexError:
            return
        name = f'{file}.c: {rule}'
        good, what = place.try_mutant(file, hunks, hints.get(name))
        # Numbered as they end: TAP wants them in order.
        with lock:
            results.append(good)
            if good:
                hints[name] = what.split(': ')[0]
            print(f"{'ok' if good else 'not ok'} {len(results)} - "
                  f'{name}\n# {what}', flush=True)


def main():
    rewrite = sys.argv[1] == '--hints'
    if rewrite:
        del sys.argv[1]
    source = Path(sys.argv[1]).resolve()
    where = Path(os.environ.get('HTAB_MUTATE_DIR') or tempfile.mkdtemp())
    mutants = [m for m in (*rule_mutants(source), *listed_mutants(source))
               if m[1] not in EQUIVALENT]
    if sys.argv[2:]:
        mutants = [m for m in mutants
                   if any(a == m[0] or a in m[1] for a in sys.argv[2:])]
    places = []
    try:
        with ThreadPoolExecutor(JOBS) as pool:
            places = list(pool.map(lambda i: Copy(source, where / str(i)),
                                   range(JOBS)))
        red = unchanged_red(places[0])
        if red:
            print(f"Bail out! unchanged, they are red: {', '.join(red)}")
            return 1
        hints = read_hints(source)
        queue, results, lock = list(mutants), [], threading.Lock()
        threads = [threading.Thread(target=worker,
                                    args=(p, queue, results, lock,
                                          hints))
                   for p in places]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if rewrite:
            write_hints(source, hints)
    finally:
        if 'HTAB_MUTATE_DIR' not in os.environ:
            shutil.rmtree(where)
    print(f'1..{len(mutants)}')
    return 0 if len(results) == len(mutants) and all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
