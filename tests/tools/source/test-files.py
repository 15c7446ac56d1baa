#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test-files.py HTAB sim|no-sim: htab save, convert, diff and restore, over
tables that this program wrote, and files that are whole or not there; TAP."""
import contextlib
import os
import resource
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # Keep the source directory clean.
import tables   # It also lets Python find imagefile.
from imagefile import read_image, records
from tap import testing

NEW = (tables.VALID | tables.BOLTED, 0x5000)


def conversions(tap, htab):
    table = tables.example(18)
    htab.file('image', tables.image(18, table))
    htab.file('stream', tables.qemu(18, table))
    htab.file('records', tables.records(table))
    for words, expected in (
            (('save', 'stream', 'out'), tables.image(18, table)),
            (('save', '--order', 18, 'records', 'out'),
             tables.image(18, table)),
            (('convert', 'stream', 'out', '--to', 'qemu'),
             tables.body(18, table)),
            (('convert', 'image', 'out', '--to', 'qemu'),
             tables.body(18, table)),
            (('convert', 'image', 'out', '--to', 'image'),
             tables.image(18, table))):
        done = htab(*words)
        out = (htab.directory / 'out').read_bytes()
        seen = read_image(out) if expected[:7] == b'libhtab' else \
            read_body(out)
        tap.same(f'{words}', (done.returncode, done.stdout + done.stderr,
                              seen), (0, b'', (18, table)))
        (htab.directory / 'out').unlink()
    done = htab('convert', '-', '-', '--to', 'qemu',
                stdin=tables.image(18, table))
    tap.same('from standard input to standard output', read_body(done.stdout),
             (18, table))
    done = htab('save', 'records', 'out')
    tap.point('an image needs an order', done.returncode == 1 and
              b'--order' in done.stderr and
              not (htab.directory / 'out').exists(), done.stderr)
    for words in (('save', 'image'), ('convert', 'image', 'out'),
                  ('convert', 'image', '--to', 'qemu'),
                  ('convert', 'image', 'out', '--to', 'png'),
                  ('save', '--pid', 1, 'image', 'out'), ('save',)):
        tap.same(f'{words} is refused', htab(*words).returncode, 2)


def read_body(data):
    """Reads the records between a head of 8 bytes and a record of zeros."""
    table = {}
    assert data[4:8] == bytes(4) and data[-8:] == bytes(8)
    records(data[8:-8], table)
    return int.from_bytes(data[:4], 'big'), table


def differences(tap, htab):
    table = tables.example(18)
    first, second, third = sorted(table)[:3]
    other = dict(table)
    del other[first]
    v, r = other[second]
    other[second] = (v & ~tables.BOLTED, r ^ tables.CHANGED)
    other[third] = (other[third][0], other[third][1] + 0x100000)
    absent = next(i for i in range(1 << 14) if i not in table)
    other[absent] = NEW
    htab.file('a', tables.image(18, table))
    htab.file('b', tables.qemu(18, other))
    htab.file('records', tables.records(table))
    htab.file('large', tables.image(20, table))
    for words in ('a', 'a'), ('a', 'records'):
        done = htab('diff', *words)
        tap.same(f'{words} are equal', (done.returncode, done.stdout), (0, b''))

    def entry(sign, index, table):
        return f'{sign} %06x %016x %016x\n' % (index, *table[index])

    lines = {first: entry('<', first, table), absent: entry('>', absent, other)}
    for index, what in (second, 'bolted,changed'), (third, 'address'):
        lines[index] = f'! {index:06x} {what}\n' + \
            entry('<', index, table) + entry('>', index, other)
    counts = '\n'.join((
        'only in a: 1', 'only in b: 1',
        'in both, but different: 2: address 1, bolted 1, changed 1', ''))
    done = htab('diff', 'a', 'b')
    tap.same('each difference is a line', (done.returncode,
                                           done.stdout.decode()),
             (1, ''.join(lines[i] for i in sorted(lines)) + counts))
    tap.same('only how many', htab('diff', '-q', 'a', 'b').stdout.decode(),
             counts)
    done = htab('diff', 'a', 'large')
    tap.same('another order is a difference',
             (done.returncode, done.stdout.splitlines()[0]),
             (1, b'The orders are 18 and 20.'))
    for words in (('a', 'missing'), ('a',), ('a', 'b', 'a')):
        tap.same(f'{words} are trouble', htab('diff', *words).returncode, 2)
    seen = htab.json('diff', 'a', 'b')
    if 'libjson-c' not in str(seen) and isinstance(seen, dict):
        tap.same('JSON has the same',
                 [seen[name] for name in ('equal', 'orders', 'only_in_a',
                                          'only_in_b', 'changed')] +
                 [one['index'] for one in seen['entries']] +
                 [one['fields'] for one in seen['entries']
                  if one['index'] == second],
                 [False, [18, 18], 1, 1, 2, *sorted(lines),
                  ['bolted', 'changed']])


def restores(tap, htab):
    table = tables.example(20)
    htab.file('image', tables.image(20, table))
    htab.file('large', tables.image(36, {7: (tables.VRMA, 0x190)}))
    done = htab('--sim', 'page=64K', 'restore', 'image')
    tap.point('a host restores a table', done.returncode == 0 and
              f'{len(table)} entries' in done.stdout.decode() and
              b'order 20' in done.stdout and
              b'all of them, without a change' in done.stdout,
              done.stdout + done.stderr)
    for host, name, why in (('cma=16M memory=64M', 'large', b'htab try 36'),
                            ('kvm=pr', 'image', b'no guest a table'),
                            ('kvm=nested', 'image', b'radix')):
        done = htab('--sim', host, 'restore', name)
        tap.point(f'{host} is reported', done.returncode == 1 and
                  why in done.stderr, done.stdout + done.stderr)


@contextlib.contextmanager
def only(tap, htab, name, expected):
    """The directory has these files afterwards, and no others."""
    for file in htab.directory.iterdir():
        if file.is_file() and file.name != 'source':
            file.unlink()
    yield
    tap.same(f'{name}: what is there', sorted(
        file.name for file in htab.directory.iterdir() if file.is_file()),
        sorted(['source', *expected]))


def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))


def limit_and_ignore():
    limit()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def whole_or_nothing(tap, htab):
    htab.file('source', tables.image(20, tables.example(20)))
    save = ('save', 'source', 'out')
    with only(tap, htab, 'a file that is too large', []):
        done = htab(*save, preexec_fn=limit_and_ignore, restore_signals=False)
        tap.point('it is reported', done.returncode == 1 and
                  b'File too large' in done.stderr, done)
    with only(tap, htab, 'a signal while it is written', []):
        done = htab(*save, preexec_fn=limit)
        tap.same('it ends the program', done.returncode, -signal.SIGXFSZ)
    with only(tap, htab, 'a file that was there before', ['out']):
        htab.file('out', b'before')
        htab(*save, preexec_fn=limit)
        tap.same('it is as it was', (htab.directory / 'out').read_bytes(),
                 b'before')
    with only(tap, htab, 'a directory that is not there', []):
        done = htab('save', 'source', 'none/out')
        tap.point('it is reported', done.returncode == 1 and
                  b'none/out: No such file' in done.stderr, done.stderr)
    with only(tap, htab, 'a new file', ['out']):
        os.umask(0o027)
        htab(*save)
        mode = (htab.directory / 'out').stat().st_mode & 0o777
        tap.same('it has the permissions of one', mode, 0o640)
    with only(tap, htab, 'a pipe', []):
        os.mkfifo(htab.directory / 'fifo')
        with subprocess.Popen([htab.program, 'save', 'source', 'fifo'],
                              cwd=htab.directory, env=htab.env):
            data = (htab.directory / 'fifo').read_bytes()
        tap.same('it stays one', len(data),
                 len(htab('save', 'source', '-').stdout))
        (htab.directory / 'fifo').unlink()
    done = htab('save', 'source', '/dev/full')
    tap.point('a full device is reported', done.returncode == 1 and
              b'No space left' in done.stderr, done.stderr)
    interrupted(tap, htab)


def interrupted(tap, htab):
    """Ctrl-C comes when the file is there, which takes some tries."""
    seen = False
    htab.file('source', tables.image(24, dict.fromkeys(range(1 << 20), NEW)))
    with only(tap, htab, 'Ctrl-C', []):
        for _ in range(50):
            with subprocess.Popen([htab.program, 'save', 'source', 'out'],
                                  cwd=htab.directory, env=htab.env) as process:
                while process.poll() is None:
                    if list(htab.directory.glob('out.*')):
                        process.send_signal(signal.SIGINT)
                        break
                    time.sleep(0.001)
            seen = process.returncode == -signal.SIGINT
            if seen:
                break
            (htab.directory / 'out').unlink(missing_ok=True)
        tap.point('it came while the file was written', seen)


def main(program, with_sim):
    with testing(program) as (tap, htab):
        conversions(tap, htab)
        differences(tap, htab)
        if with_sim == 'sim':
            restores(tap, htab)
        whole_or_nothing(tap, htab)


main(*sys.argv[1:])
