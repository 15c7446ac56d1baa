#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Moves tables between two kernels of the lab, and between both and the
simulator.

images.py [--libdir DIR...] KERNEL MACHINE KERNEL MACHINE
    IMAGES-KERNEL IMAGES-SIM

Each host saves the two images that images.c describes. The others restore them,
and save the table once more, which must then have the entries of the first
image. A table whose entries have pages of 64K in the guest's memory cannot be
restored on a real host with pages of 4K: the kernel refuses such an entry, and
the VM then has an empty table. The output is TAP."""

import argparse
import errno
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from cmocka_tap import Tap
from imagefile import ImageError, read_image
from initramfs import LabError
from kernels import HERE, Table, did_not_run, kernel_files

LINE = re.compile(r'(image|again) (\S+) (\d+) ([0-9a-f]+)\.$')
SIMULATORS = {'sim-4k': 'page=4K', 'sim-64k': 'page=64K'}
ORDER = 18
# The guest has entered 101 pages. Besides, there is a page for real mode in
# each group of the table, or fewer if the guest has less memory.
GUEST_ENTERED, RAM, GROUPS = 101, 16 << 20, 1 << (ORDER - 7)
PAGES_ENTRIES = 12


class Host:
    """A host, and what its last run has printed"""

    def __init__(self, name, command, env=None):
        self.name = name
        self.command = command
        self.env = {**os.environ, **(env or {})}
        self.lines = []

    def run(self, files):
        done = subprocess.run(self.command(files), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, errors='replace', env=self.env)
        self.lines = done.stdout.splitlines()
        if done.returncode != 0:
            raise LabError(f'{self.name}: status {done.returncode}; ' +
                           ' / '.join(self.lines[-2:] +
                                      done.stderr.splitlines()[-3:]))

    def value(self, *words):
        """The number in the line that begins with these words"""
        start = ' '.join(words) + ' '
        for line in self.lines:
            if line.startswith(start):
                return int(line.removeprefix(start))
        raise ImageError(f'{self.name} has not printed "{start.strip()}"')

    def image(self, word, name):
        parts = {int(m[3]): m[4] for m in map(LINE.match, self.lines)
                 if m and m[1] == word and m[2] == name}
        return bytes.fromhex(''.join(parts[at] for at in sorted(parts)))


def lab_host(args, kernel, machine):
    def command(files):
        boot = [sys.executable, str(HERE / 'boot.py'), '--mode', 'raw']
        for directory in args.libdir:
            boot += ['--libdir', directory]
        for file in files:
            boot += ['--add', f'{file}:lab/{file.name}']
        return [*boot, kernel, machine, args.real,
                *(f'/lab/{file.name}' for file in files)]
    return Host(f'{kernel}-{machine}', command)


def sim_host(args, name):
    def command(files):
        wrapper = shlex.split(os.environ.get('MESON_EXE_WRAPPER', ''))
        return [*wrapper, args.simulated, *map(str, files)]
    return Host(name, command, {'HTAB_SIM': SIMULATORS[name]})


class Move:
    """Runs hosts, and keeps the images that they save as files."""

    def __init__(self, tap, directory):
        self.tap = tap
        self.directory = Path(directory)
        self.saved = {}     # file name: (size of the pages, entries)

    def check(self, name, test):
        """Prints a point. The test raises ImageError."""
        try:
            test()
        except ImageError as error:
            self.tap.point(False, name, [str(error)])
        else:
            self.tap.point(True, name)

    def files_of(self, *hosts):
        return [file for host in hosts
                for file in sorted(self.directory.glob(f'*@{host.name}'))]

    def run(self, host, files):
        host.run(files)
        for kind in 'pages', 'guest':
            self.check(f'{host.name} saves {kind}',
                       lambda: self.keep(host, kind))
        for file in files:
            kind, _, saver = file.name.partition('@')
            self.check(f'{host.name} restores {kind} of {saver}',
                       lambda: self.compare(host, file.name))

    def keep(self, host, kind):
        data = host.image('image', kind)
        order, entries = read_image(data)
        page = host.value('pages')
        wanted = PAGES_ENTRIES if kind == 'pages' else \
            GUEST_ENTERED + min(GROUPS, RAM // page)
        if (order, len(entries)) != (ORDER, wanted):
            raise ImageError(f'order {order} and {len(entries)} entries, not '
                             f'{ORDER} and {wanted}')
        self.saved[f'{kind}@{host.name}'] = page, entries
        (self.directory / f'{kind}@{host.name}').write_bytes(data)

    def compare(self, host, name):
        page, entries = self.saved[name]
        is_guest = name.startswith('guest')
        # The simulator does not know the host's pages behind an entry.
        fits = not is_guest or page <= host.value('pages') or \
            host.name in SIMULATORS
        result = host.value('restored', name)
        if result != (0 if fits else -errno.EIO):
            raise ImageError(f'htab_restore() returned {result}')
        if not fits:
            if host.value('left', name) != 0:
                raise ImageError('the table is not empty')
            return
        if read_image(host.image('again', name)) != (ORDER, entries):
            raise ImageError('the table has other entries')
        if is_guest and host.value('runs', name) != 0:
            raise ImageError('the guest does not run on it')


def move(args, tap, real, directory):
    all_of = Move(tap, directory)
    simulators = [sim_host(args, name) for name in SIMULATORS]
    first, second = real
    for host in simulators:
        all_of.run(host, [])
    all_of.run(first, all_of.files_of(*simulators))
    all_of.run(second, all_of.files_of(first, *simulators))
    all_of.run(first, all_of.files_of(second))
    for host in simulators:
        all_of.run(host, all_of.files_of(*real))


def arguments():
    parser = argparse.ArgumentParser()
    option = parser.add_argument
    option('--libdir', action='append', default=[], metavar='DIR',
           help='where to look for libraries first')
    for name in 'kernel1', 'machine1', 'kernel2', 'machine2', 'real', \
            'simulated':
        option(name)
    return parser.parse_args()


def main():
    args = arguments()
    table = Table()
    kernels = [args.kernel1, args.kernel2]
    reported = [k for k in kernels if table.kernels.get(k) != 'required']
    tap = Tap(todo=f'{reported[0]} is only reported' if reported else '')
    try:
        for kernel in kernels:
            kernel_files(kernel)
        real = [lab_host(args, args.kernel1, args.machine1),
                lab_host(args, args.kernel2, args.machine2)]
        with tempfile.TemporaryDirectory(prefix='htab-images-') as directory:
            move(args, tap, real, directory)
    except LabError as error:
        did_not_run(tap, error, 'reported' if reported else 'required')
        return
    tap.plan()


main()
