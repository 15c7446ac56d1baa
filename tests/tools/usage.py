#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage.py HTAB HTAB-WITHOUT-JSON json|no-json sim|no-sim: wrong command lines,
output that cannot be written, JSON, and --sim; TAP. The last two words say what
the build has."""
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

PROGRAM, WITHOUT_JSON, JSON, SIM = sys.argv[1:]
PROGRAM = pathlib.Path(PROGRAM).resolve()
HAS = {JSON, SIM}
ENV = {name: value for name, value in os.environ.items()
       if not name.startswith('HTAB_')}
POINTS = []


def run(*words, program=PROGRAM, env=None, **options):
    """(status, stdout, stderr)"""
    done = subprocess.run(
        [program, *words], env=ENV | (env or {}), text=True,
        **{'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE,
           'stderr': subprocess.PIPE} | options)
    return done.returncode, done.stdout, done.stderr


def point(name, good, *seen, needs=None):
    number = len(POINTS) + 1
    if needs and needs not in HAS:
        print(f'ok {number} - {name} # SKIP this build has no {needs}')
        good = True
    else:
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
    POINTS.append(good)
    if not good:
        for text in seen:
            print(f'# {text!r}')


def is_usage(*words):
    seen = run(*words)
    status, out, err = seen
    point(f"usage: {' '.join(words) or 'nothing'}",
          status == 2 and not out and err.startswith('htab'), seen)


def usage():
    for words in ([], ['no-such-command'], ['--no-such-option'],
                  ['--sim'], ['info', 'x'], ['info', '--no-such-option'],
                  ['size'], ['size', '1G', '2G'], ['try'],
                  ['try', '24', '25']):
        is_usage(*words)
    for size in ('', ' 1G', '1G ', '-1G', '+1G', '1GB', '1iB', '1X', 'G',
                 '.5G', '1.2345G', '1.0001G', '1.5', '1073741824.5', '1..5G',
                 '0x10M', '1e3M', '16384P', '16385P', '18446744073709551616',
                 '99999999999999999999G', '4K', '0'):
        is_usage('size', '--', size)
        is_usage('try', '--', size)
    for order in '17', '47':
        is_usage('try', order)
    for option in ('--page-size=3K', '--page-size=2K', '--page-size=12M',
                   '--guests=0', '--guests=-1', '--guests=65536',
                   '--guests=1x', '--guests=', '--host-memory=1K',
                   '--host-memory=x'):
        is_usage('size', option, '1G')


def sizes():
    for text, order in (('1G', 23), ('1g', 23), ('1024M', 23), ('1GiB', 23),
                        ('1.001G', 24), ('1073741824', 23), ('16383P', 46)):
        status, out, err = run('size', text)
        point(f'size {text} is order {order}',
              status == 0 and f'(order {order}), by' in out, out, err)


def help_and_version():
    status, out, err = run('--help')
    point('--help lists the commands', status == 0 and not err and all(
        f'\n  {name} ' in out for name in ('info', 'size', 'try')), out, err)
    for name in 'info', 'size', 'try':
        status, out, err = run(name, '--help')
        point(f'{name} --help', status == 0 and not err
              and out.startswith(f'Usage: htab {name} '), out, err)
    status, out, err = run('--version')
    point('--version', status == 0 and out.startswith('htab ')
          and 'libhtab' in out, out, err)


def output():
    with open('/dev/full', 'w') as full:
        status, _, err = run('size', '1G', stdout=full)
    point('a full disk is an error', status == 1 and 'No space' in err,
          status, err)
    status, _, err = run('size', '1G', stdout=None,
                         preexec_fn=lambda: os.close(1))
    point('a closed output is an error', status == 1 and 'output' in err,
          status, err)

    def closed_pipe(**options):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            return run('size', '1G', stdout=writer, **options)
        finally:
            os.close(writer)
    status, _, err = closed_pipe()
    point('a reader that has gone ends it quietly',
          status == -signal.SIGPIPE and not err, status, err)
    status, _, err = closed_pipe(restore_signals=False)
    point('also if SIGPIPE is ignored', status == 1 and not err, status, err)


def json_output():
    for words in (['size', '64G'], ['--sim', '', 'info'],
                  ['--sim', '', 'try', '24']):
        needs = 'json' if words[0] == 'size' else 'sim'
        if not {'json', needs} <= HAS:
            point(f'JSON: {words}', True, needs='json and sim')
            continue
        status, out, err = run(*words, '--json')
        try:
            good = isinstance(json.loads(out), dict)
        except ValueError:
            good = False
        point(f'JSON: {words}', status == 0 and good and not err, out, err)
    status, out, err = run('size', '1G', '--json', program=WITHOUT_JSON)
    point('a build without json-c says so', status == 1 and not out
          and 'json-c' in err, status, out, err)


def sim():
    status, out, err = run('--sim', 'nonsense', 'info')
    point('a description that is none', status == 2 and not out
          and "--sim 'nonsense'" in err, status, out, err, needs='sim')
    status, out, err = run('--sim', 'kvm=none', '--sim', 'cma=32M', 'info')
    point('the last --sim counts', status == 0 and '(order 25)' in out, out,
          err, needs='sim')
    status, out, err = run('info', env={'HTAB_TOOL_ON_SIM': '1'})
    point('a simulator that was not loaded is noticed', status == 1
          and not out and 'not loaded' in err, status, out, err)
    with tempfile.TemporaryDirectory(prefix='libhtab-') as directory:
        place = pathlib.Path(directory) / 'a b'
        (place / 'tools').mkdir(parents=True)
        copy = shutil.copy(PROGRAM, place / 'tools')
        env = {'LD_LIBRARY_PATH': str(PROGRAM.parents[1] / 'lib')}
        status, out, err = run('--sim', '', 'info', program=copy, env=env)
        point('no library for --sim', status == 1 and not out
              and 'not installed' in err, status, out, err)
        library = place / 'lib/sim/preload/libhtab-sim-preload.so'
        library.parent.mkdir(parents=True)
        library.touch()
        status, out, err = run('--sim', '', 'info', program=copy, env=env)
        point('a path that cannot be preloaded', status == 1 and not out
              and 'blank' in err, status, out, err)


def this_host():
    power = platform.machine().startswith('ppc64')
    status, out, err = run('info')
    point('this host', power or (status == 1 and 'not a PowerPC' in out
                                 and not err), status, out, err)


usage()
sizes()
help_and_version()
output()
json_output()
sim()
this_host()
print(f'1..{len(POINTS)}')
sys.exit(not all(POINTS))
