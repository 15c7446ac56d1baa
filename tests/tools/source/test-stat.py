#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test-stat.py HTAB QEMU-STREAM: htab stat counts what is in tables that this
program wrote, in each form, in what QEMU wrote, and in debugfs; TAP."""
import base64
import collections
import lzma
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True  # Keep the source directory clean.
import tables
from tap import testing

SIZES = {(0, 0): (24, 24), (3, 0): (34, 34), (8, 0): (24, 16), (8, 3): (24, 12)}


def size_of(v, r):
    """The sizes of the page and of its segment's pages, or None"""
    low, high = r >> 12 & 15, r >> 16 & 15
    if not v & tables.LARGE:
        return 12, 12
    if low in (1, 7):
        return (16, 16) if low == 1 else (16, 12)
    return SIZES.get((low, high))


def count(order, table, is_known=True):
    """What htab stat --json has to say, without the name of the form"""
    entries = list(table.items())
    fill = collections.Counter(index // 8 for index, _ in entries)
    groups = 1 << (order - 7)
    vrma = [entry for _, entry in entries
            if entry[0] & ~0xffffff == 0x4001ffffff000000]
    sizes = collections.Counter(size_of(*entry) for _, entry in entries)
    shifts = {size_of(*entry)[0] for entry in vrma}
    runs = []
    for group in sorted(g for g in fill if fill[g] == 8):
        if runs and runs[-1][0] + runs[-1][1] == group:
            runs[-1][1] += 1
        else:
            runs.append([group, 1])
    runs = sorted(runs, key=lambda run: -run[1])[:3]

    def bits(dword, mask):
        return sum(bool(entry[dword] & mask) for _, entry in entries)

    return {
        'order': order, 'order_is_known': is_known, 'entries': groups * 8,
        'valid': len(entries), 'bolted': bits(0, tables.BOLTED),
        'secondary': bits(0, tables.SECONDARY),
        'referenced': bits(1, tables.REFERENCED),
        'changed': bits(1, tables.CHANGED),
        'page_sizes': {size: n for size, n in sizes.items() if size},
        'unknown_page_size': sizes[None],
        'segments': {'256M': sum(v >> 62 == 0 for _, (v, _) in entries),
                     '1T': sum(v >> 62 == 1 for _, (v, _) in entries),
                     'unknown': sum(v >> 63 for _, (v, _) in entries)},
        'groups': groups,
        'groups_by_valid_entries': [groups - len(fill)] + [
            sum(n == i for n in fill.values()) for i in range(1, 9)],
        'longest_full_runs': [{'first_group': first, 'groups': n}
                              for first, n in runs],
        'vrma': {'entries': len(vrma),
                 'bytes': sum(1 << size_of(*entry)[0] for entry in vrma),
                 'page_size': 1 << shifts.pop() if len(shifts) == 1 else None}}


def answer(htab, *words, **options):
    """The name of the form, and the other counts"""
    seen = htab.json('stat', *words, **options)
    if isinstance(seen, dict):
        seen['page_sizes'] = {
            (one['page_size'].bit_length() - 1,
             one['base_page_size'].bit_length() - 1): one['entries']
            for one in seen['page_sizes']}
        return seen.pop('source'), seen
    return None, seen


KINDS = {5: (tables.T1 | tables.LARGE | tables.VALID, 0x7000),
         6: (1 << 63 | tables.LARGE | tables.VALID, 0x38000),
         8: (tables.LARGE | tables.VALID, 0x8000),
         9: (tables.LARGE | tables.VALID, 0x3000),
         10: (tables.LARGE | tables.VALID, 0xf000)}


def forms(tap, htab):
    for name, table in ('example', tables.example(20)), ('kinds', KINDS):
        known = count(20, table)
        unknown = count(20 if name == 'example' else 18, table, False)
        stream = tables.qemu(20, table)
        rows = [
            ('image', tables.image(20, table), known),
            ('migration stream of QEMU', stream, known),
            ('migration stream of QEMU', tables.libvirt(stream), known),
            ('migration stream of QEMU', tables.libvirt(stream, '>'), known),
            ('table of a QEMU stream', tables.body(20, table), known),
            ('records of an htab descriptor', tables.records(table), unknown),
            ('records of an htab descriptor', tables.records(table, '<'),
             unknown)]
        if name == 'example':
            rows += [('debugfs text', tables.debugfs(table), unknown),
                     ('debugfs text', tables.debugfs(table, True), unknown)]
        for number, (form, data, expected) in enumerate(rows):
            source = htab.file('source', data)
            tap.same(f'{name}, form {number}: {form}', answer(htab, source),
                     (form, expected))
        tap.same(f'{name}: standard input', answer(htab, '-', stdin=stream),
                 ('migration stream of QEMU', known))
        tap.same(f'{name}: the order of the user',
                 answer(htab, '-', '--order', '24',
                        stdin=tables.records(table))[1], count(24, table))


def streams(tap, htab, path):
    table = tables.example(18)
    gone, new = min(table), (tables.VALID | tables.BOLTED, 0)
    absent = next(i for i in range(1 << 14) if i not in table)
    later = tables.qemu(18, table, {gone: None, absent: new})
    expected = dict(table)
    del expected[gone]
    expected[absent] = new
    tap.same('a later section removes and adds an entry',
             answer(htab, '-', stdin=later)[1], count(18, expected))
    # A guest's memory may have anything in it: the end of the section that RAM
    # is in, and the last section of the table.
    fake = tables.section(2, 2, b'') + tables.section(3, 44, bytes(12))
    tap.same("RAM that looks like a section of the table is none",
             answer(htab, '-', stdin=tables.qemu(18, table, fake=fake))[1],
             count(18, table))
    tap.same('pages of another size',
             answer(htab, '-', stdin=tables.qemu(18, table, page_bits=16))[1],
             count(18, table))
    for name, data, why in (
            ('cut', later[:-200], 'cut'),
            ('of another machine', tables.qemu(18, table).replace(
                b'spapr/htab', b'spapr/HTAB'), 'pseries'),
            ('of mapped-ram', later.replace(b'\x0fx-ignore-shared',
                                            b'\x0amapped-ram'), 'mapped-ram'),
            ('without footers', later.replace(b'\x7e', b''), 'before 2.4'),
            ('of a radix guest', tables.qemu(18, {}).replace(
                b'\0\0\0\x12\x7e', b'\xff\xff\xff\xff\x7e'), 'radix'),
            ('that is compressed', tables.libvirt(later, form=1),
             'compressed')):
        done = htab('stat', '-', stdin=data)
        tap.point(f'a stream {name} is refused', done.returncode == 1 and
                  not done.stdout and why in done.stderr.decode(),
                  done.stderr)
    packed = re.sub('(?m)^#.*', '', pathlib.Path(path).read_text())
    body = lzma.decompress(base64.b64decode(packed))
    seen = answer(htab, '-', stdin=body)
    tap.same('what QEMU wrote has the entries of its Linux',
             [seen[0]] + [seen[1][name] for name in (
                 'order', 'valid', 'bolted', 'page_sizes', 'secondary')],
             ['table of a QEMU stream', 21, 4106, 4100, {(16, 16): 4106}, 0])


def debugfs(tap, htab):
    table = tables.example(18)
    expected = 'debugfs text', count(18, table, False)
    env = {'HTAB_ROOT': str(htab.directory)}
    process = [sys.executable, '-c', 'import sys; sys.stdin.read()', '-name',
               'guest=the guest,debug-threads=on']
    with subprocess.Popen(process, stdin=subprocess.PIPE) as guest:
        pid = guest.pid
        htab.file(f'proc/{pid}/cmdline',
                  b'\0'.join(word.encode() for word in process) + b'\0')
        htab.file(f'proc/{pid}/task/{pid + 1}/comm', b'')
        base = 'sys/kernel/debug/kvm'
        for name, isa3 in ((f'{base}/{pid}-11', True),
                           (f'{base}/vm{pid}', False),
                           (f'{base}/{pid + 1}-11', False)):
            htab.file(f'{base}/{pid}0-3/htab', b'')
            htab.file(f'{name}/htab', tables.debugfs(table, isa3))
            layout = name.replace(str(pid + 1), 'TID').replace(
                str(pid), 'PID')
            tap.same(f'{layout} is found by its process',
                     answer(htab, '--pid', pid, env=env), expected)
            tap.same(f'{layout} is found by its name',
                     answer(htab, '--vm', 'the guest', env=env), expected)
            (htab.directory / name / 'htab').unlink()
        for name, words, why in (
                ('a process without a VM', ('--pid', pid), b'no VM'),
                ('a name that nobody has', ('--vm', 'the'), b'-name the')):
            done = htab('stat', *words, env=env)
            tap.point(f'{name} is reported', done.returncode == 1 and
                      why in done.stderr, done.stderr)
        htab.file(f'{base}/{pid}-1/htab', b'')
        done = htab('stat', '--pid', pid, env=env)
        tap.point('a radix guest is reported', done.returncode == 1 and
                  b'radix' in done.stderr, done.stderr)
        htab.file(f'{base}/{pid}-2/htab', b'')
        done = htab('stat', '--pid', pid, env=env)
        tap.point('two VMs are reported', done.returncode == 1 and
                  b'several' in done.stderr, done.stderr)
        guest.stdin.close()
    done = htab('stat', '--pid', '1', env={'HTAB_ROOT': '/nowhere'})
    tap.point('a host without debugfs is reported', done.returncode == 1 and
              b'debugfs is not mounted' in done.stderr, done.stderr)


def golden(tap, htab):
    """What people read, as golden/COMMAND-SOURCE.txt has it"""
    table = tables.example(18)
    htab.file('table', tables.image(18, table))
    htab.file('text', tables.debugfs(table))
    files = sorted(pathlib.Path(__file__).parent.glob('golden/*.txt'))
    for file in files:
        tap.same(f'{file.name} is what the command prints',
                 htab(*file.stem.split('-')).stdout.decode().splitlines(),
                 file.read_text().splitlines()[1:])
    tap.same('there are such files', len(files), 3)


def main(program, path):
    with testing(program) as (tap, htab):
        golden(tap, htab)
        forms(tap, htab)
        streams(tap, htab, path)
        debugfs(tap, htab)


main(*sys.argv[1:])
