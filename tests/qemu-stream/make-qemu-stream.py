#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make-qemu-stream.py VMLINUX FILE: has QEMU migrate a hash guest, and writes
what its stream says of the hashed page table to FILE, packed and as text.

tests/lab/fetch.sh 6.1 puts a kernel for it into the cache:

    tests/qemu-stream/make-qemu-stream.py \\
        ~/.cache/libhtab/kernels/6.1/vmlinux tests/qemu-stream/linux-6.1.txt

Without KVM, QEMU keeps the table itself. The guest is a Linux without a file
system: it enters what it needs into its table and panics, which stops it. QEMU
then migrates it to a file, in which the table is one device among many,
"spapr/htab". FILE has the bodies of its sections, one after the other:

    setup     the order of the table in 32 bits
    later     32 bits that are 0, and records; the last one is all 0

All numbers are big-endian. QEMU itself looks for these bodies with the names
and lengths of all other devices in hand. This program finds them by what is
around them: a byte that is 1 (setup), 2 (more) or 3 (the end), the number of
the device, for the setup its name and version, then the body, and behind it
the byte 0x7e and the number again.
"""
import base64
import json
import lzma
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

NAME = b'spapr/htab'
SETUP, MORE, END, FOOTER = b'\1', b'\2', b'\3', b'\x7e'

QEMU = ['qemu-system-ppc64', '-M', 'pseries', '-cpu', 'power8', '-m', '256M',
        '-accel', 'tcg', '-nodefaults', '-display', 'none', '-append',
        'disable_radix', '-action', 'panic=pause', '-qmp', 'stdio', '-kernel']

HEAD = '''# SPDX-License-Identifier: MIT
# Made by make-qemu-stream.py: .xz in base64
'''


def migrate(vmlinux, path):
    """Run the guest until it panics, and migrate it to a file."""
    with subprocess.Popen([*QEMU, vmlinux], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as qemu:
        def execute(command, **arguments):
            print(json.dumps({'execute': command, 'arguments': arguments}),
                  file=qemu.stdin, flush=True)
            return answer('return')

        def answer(key, value=None):
            for line in qemu.stdout:
                message = json.loads(line)
                if 'error' in message:
                    sys.exit(message['error']['desc'])
                if key in message and value in (None, message[key]):
                    return message[key]
            sys.exit('QEMU has ended')

        answer('QMP')
        execute('qmp_capabilities')
        execute('migrate-set-capabilities', capabilities=[
            {'capability': 'events', 'state': True}])
        answer('event', 'GUEST_PANICKED')
        execute('migrate', uri=f'exec:cat >{path}')
        while execute('query-migrate')['status'] != 'completed':
            answer('event', 'MIGRATION')
        execute('quit')


def records(stream, at):
    """The offset behind the records that begin there, or None"""
    while True:
        if at + 8 > len(stream):
            return None
        index, valid, invalid = struct.unpack_from('>IHH', stream, at)
        at += 8 + 16 * valid
        if not index and not valid and not invalid:
            return at


def sections(stream):
    """The bodies of the table's sections, in their order"""
    at = stream.index(bytes([len(NAME)]) + NAME)
    number = stream[at - 4:at]
    if stream[at - 5:at - 4] != SETUP:
        sys.exit('no setup of the table')
    at += 1 + len(NAME) + 8  # also the instance and the version
    yield stream[at:at + 4]
    while True:
        starts = [found for kind in (MORE, END) if
                  (found := stream.find(kind + number + bytes(4), at)) >= 0]
        if not starts:
            sys.exit('the end of the table is missing')
        start = min(starts)
        end = records(stream, start + 9)
        if end and stream[end:end + 5] == FOOTER + number:
            yield stream[start + 5:end]
            if stream[start:start + 1] == END:
                return
        at = start + 1


def main(vmlinux, output):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / 'stream'
        migrate(vmlinux, path)
        bodies = list(sections(path.read_bytes()))
    packed = base64.encodebytes(lzma.compress(b''.join(bodies))).decode()
    Path(output).write_text(f'{HEAD}{packed}')
    print(f'{len(bodies)} sections, {sum(map(len, bodies))} bytes')


main(*sys.argv[1:])
