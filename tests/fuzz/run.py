#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run.py BUILD STEPS: fuzzes with each target of a build for HTAB_FUZZ_SECONDS
(30), two at a time, and appends a line for each to the file STEPS of tests/run.

A fuzzer begins with the corpus in the tree and with what earlier runs have
found, which is in BUILD/corpus. Inputs that break a rule go to BUILD/finds.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

TARGETS = ('fuzz-records', 'fuzz-restore', 'fuzz-model', 'fuzz-source')
HERE = pathlib.Path(__file__).resolve().parent
# What a fuzzer prints about a find, in the order of how much it says
COMPLAINTS = (r'.*does not hold$', r'.*runtime error: .*', r'.*ERROR: .*')

# libFuzzer calls the target in its own process: the limits are for that.
LIMITS = ('-timeout=30', '-rss_limit_mb=1024', '-malloc_limit_mb=64')


def complaint(log):
    for pattern in COMPLAINTS:
        found = re.search(pattern, log, re.M)
        if found:
            return found[0].strip()
    return 'the fuzzer failed'


def fuzz(build, target, seconds):
    """Returns whether nothing was found, a sentence about it, and the log."""
    corpus = build / 'corpus' / target
    finds = build / 'finds' / target
    for directory in corpus, finds:
        directory.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [build / 'tests' / 'fuzz' / target, corpus, HERE / 'corpus' / target,
         f'-max_total_time={seconds}', f'-artifact_prefix={finds}/',
         '-print_final_stats=1', *LIMITS],
        text=True, errors='replace', stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=os.environ | {'ASAN_OPTIONS': 'quarantine_size_mb=16',
                          'UBSAN_OPTIONS': 'halt_on_error=1'})
    runs = re.search(r'number_of_executed_units: (\d+)', done.stdout)
    count = int(runs[1]) if runs else 0
    if done.returncode:
        return False, f'{count} executions, then {complaint(done.stdout)}; ' \
            f'the input is in {finds}', done.stdout
    if not count:
        return False, 'no executions', done.stdout
    return True, f'{count} executions in {seconds} s, no find', done.stdout


def main():
    build, steps = map(pathlib.Path, sys.argv[1:])
    seconds = int(os.environ.get('HTAB_FUZZ_SECONDS') or 30)
    good = True
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda target: fuzz(build, target, seconds),
                           TARGETS)
        for target, (passed, sentence, log) in zip(TARGETS, results):
            good = good and passed
            if not passed:
                print(log)
            print(f'{target}: {sentence}', flush=True)
            with steps.open('a') as file:
                file.write(f"{'pass' if passed else 'fail'}\t{target}\t"
                           f'{sentence}\n')
    sys.exit(not good)


if __name__ == '__main__':
    main()
