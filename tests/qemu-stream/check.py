#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check.py PROGRAM STREAM: runs examples/qemu-stream on a simulated host with
what QEMU wrote (make-qemu-stream.py), and compares; TAP.

This program decodes QEMU's form by itself, so that an error of the library in
one direction cannot hide behind the same error in the other.
"""
import base64
import lzma
import os
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

VALID, LARGE, BOLTED = 0x1, 0x4, 0x10
REAL = 0x0ffffffffffff000
# The guest is a Linux with pages of 64K and 256 MiB of RAM. Its encodings of a
# page of 64K are in the low bits of the real page number.
RAM, PAGE_64K, ENCODING_64K = 256 << 20, 65536, 0x1000
ORDER = 21              # RAM / 128
BOLTED_ENTRIES = RAM // PAGE_64K    # Linux's mapping of all RAM, and some more


def read(stream):
    """The order, the number of records, and the entries by their index"""
    order, = struct.unpack_from('>I', stream)
    at, count, entries = 4, 0, {}
    while at < len(stream):
        if stream[at:at + 4] != bytes(4):
            raise ValueError(f'no section at {at}')
        at += 4
        while True:
            index, valid, invalid = struct.unpack_from('>IHH', stream, at)
            at += 8
            if not (index or valid or invalid):
                break
            count += 1
            for i in range(index, index + valid):
                entries[i] = struct.unpack_from('>QQ', stream, at)
                at += 16
            for i in range(index + valid, index + valid + invalid):
                entries.pop(i, None)
    return order, count, entries


class Runs:
    """The example on a simulated host"""

    def __init__(self, program, directory):
        self.program, self.directory = program, directory

    def __call__(self, stream, host='page=64K'):
        """Its status, what it prints, and what it writes"""
        paths = [self.directory / name for name in ('in', 'out')]
        paths[0].write_bytes(stream)
        done = subprocess.run([self.program, *paths], text=True,
                              env=os.environ | {'HTAB_SIM': host},
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode, done.stdout, paths[1].read_bytes()


def points(run, stream):
    """Yield a name, whether it is so, and what was seen instead."""
    order, records, entries = read(stream)
    bolted = sum(bool(v & BOLTED) for v, _ in entries.values())
    yield 'QEMU wrote a table of order 21', order == ORDER, order
    yield 'QEMU wrote records of valid entries', \
        0 < records <= len(entries) and \
        all(v & VALID for v, _ in entries.values()), records
    yield 'Linux bolted its RAM', bolted >= BOLTED_ENTRIES, bolted
    yield 'all pages have 64K', all(
        v & LARGE and r & ENCODING_64K for v, r in entries.values()), ''

    status, text, written = run(stream)
    top = max(r & REAL & -PAGE_64K for _, r in entries.values()) + PAGE_64K
    expected = (f'order {order}: {len(entries)} entries, {bolted} of them '
                f'bolted, 0 unknown, below {top:#x}\n')
    yield 'the library finds the same', (status, text) == (0, expected), text
    back = read(written)
    yield 'the entries come back', back[0] == order and back[2] == entries, \
        back[:2]
    again = run(written)
    yield 'what the library wrote can be read', again == (0, expected,
                                                          written), again[:2]

    # QEMU migrates running guests too, whose entries also vanish.
    gone = min(entries)
    status, text, written = run(
        stream + struct.pack('>IIHHQ', 0, gone, 0, 1, 0))
    yield 'a later section removes an entry', \
        status == 0 and set(entries) - set(read(written)[2]) == {gone}, text

    for name, damaged in {
            'an order that is none': b'\xff' * 4 + stream[4:],
            'a word that is not 0': stream[:4] + b'\0\0\0\1' + stream[8:],
            'a record beyond the end': stream[:8] + b'\xff' + stream[9:],
            'a stream that is cut in a record': stream[:100],
            'a stream that is cut before a mark': stream[:-8]}.items():
        status, text, _ = run(damaged)
        yield f'{name} is refused', \
            status == 1 and text.startswith('qemu-stream: '), (status, text)
    status, text, _ = run(stream, 'kvm=none')
    yield 'a host without tables is reported', status == 77, (status, text)


def main(program, path):
    number = 0
    with tempfile.TemporaryDirectory() as directory:
        run = Runs(program, Path(directory))
        packed = re.sub('(?m)^#.*', '', Path(path).read_text())
        stream = lzma.decompress(base64.b64decode(packed))
        for number, (name, good, seen) in enumerate(points(run, stream), 1):
            print(f"{'ok' if good else 'not ok'} {number} - {name}")
            if not good:
                print(f'# {seen!r}')
    print(f'1..{number}')


main(*sys.argv[1:])
