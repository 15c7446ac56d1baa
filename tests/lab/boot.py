#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a ppc64le program on a real kernel with KVM, in a machine that QEMU
emulates.

boot.py [OPTION...] KERNEL MACHINE PROGRAM [ARG...]
boot.py [OPTION...] --kernel FILE [--modules DIR] [MACHINE] PROGRAM [ARG...]
boot.py --list

KERNEL and MACHINE are names in the file "table"; fetch.sh puts the kernel into
the cache. KERNEL can also be the version of a kernel in the directory that
$HTAB_KERNELS names. --kernel takes any kernel, and its modules from DIR; see
"Your own kernel" in docs/testing.md.

The environment of the program has HTAB_KERNEL and HTAB_HOST (see the table),
and the program can write to every file of the machine.

--mode tap, the default, takes a CMocka program and prints TAP, with a last
point "kernel stays healthy". It exits with 0 whenever the TAP is complete. On a
kernel that the table calls "reported", failed points are marked TODO, and all
is skipped if that kernel is not there.

--mode raw prints what the program prints and exits with its status, or with
125 if the lab or the kernel under the program failed. The output goes through a
pipe, so a program has to flush the lines that are needed at once.
"""

import argparse
import shlex
import signal
import sys
from pathlib import Path
from typing import NamedTuple

sys.dont_write_bytecode = True  # Keep the source directory clean.
from cmocka_tap import Cmocka, Tap
from initramfs import LabError, Initramfs
from kernels import HERE, Table, did_not_run, kernel_files
from machine import Boot
from ownkernel import own_files

LAB_FAILED = 125


class Row(NamedTuple):
    """A kernel on a machine"""
    kernel: str
    machine: str
    qemu: list          # arguments
    parameters: str     # of the kernel
    host: str
    importance: str


def files_of(args):
    if args.kernel:
        return own_files(args.kernel, args.modules)
    return kernel_files(args.words[0])


def initramfs(args, row, files):
    """The first file system of the machine: init, busybox, the modules, the
    program and its libraries"""
    image = Initramfs([Path(d) for d in args.libdir])
    image.add(files.busybox, 'bin/busybox')
    image.add(HERE / 'init', 'init')
    for name, contents in files.modules:
        image.add_bytes(contents, f'lab/{name}')
    image.add_program(Path(args.program), 'lab/program')
    for item in args.add:
        name, _, dest = item.partition(':')
        image.add_program(Path(name), dest.lstrip('/') or Path(name).name)
    run = [f'export HTAB_KERNEL={shlex.quote(row.kernel)} '
           f'HTAB_HOST={shlex.quote(row.host)}',
           'exec 2>&1' if args.mode == 'tap' else '',
           f'exec /lab/program {shlex.join(args.args)}']
    image.add_bytes(('\n'.join(run) + '\n').encode(), 'lab/run')
    return image.bytes()


def run(boot):
    files = files_of(boot.args)
    boot.run(files.vmlinux, initramfs(boot.args, boot.row, files))


def print_line(word, text):
    print(text, flush=True, file=sys.stdout if word == 'out' else sys.stderr)


def run_raw(args, row):
    boot = Boot(args, row, print_line)
    run(boot)
    wrong, reports = boot.health()
    for text in reports:
        print(f'kernel: {text}', file=sys.stderr)
    for text in wrong:
        boot.say(text)
    return LAB_FAILED if wrong or boot.status is None else boot.status


def run_tap(args, row):
    tap = Tap(todo='' if row.importance == 'required'
              else f'{row.kernel} is only {row.importance}')
    cmocka = Cmocka(tap)
    try:
        boot = Boot(args, row, lambda word, text: cmocka.feed(text))
        run(boot)
        wrong, reports = boot.health()
        if boot.started:
            cmocka.finish(boot.status,
                          boot.why or 'its exit status is missing')
            name = 'kernel stays healthy'
        else:
            name = 'boot'
        if wrong or not cmocka.skip_all:
            cmocka.skip_all = ''
            tap.point(not wrong, name, wrong)
        tap.comment(f'kernel: {text}' for text in reports)
    except LabError as error:
        did_not_run(tap, error, row.importance)
        return 0
    tap.plan(cmocka.skip_all)
    return 0


def parser_for():
    parser = argparse.ArgumentParser(
        usage='boot.py [OPTION...] KERNEL MACHINE PROGRAM [ARG...]\n'
              '       boot.py [OPTION...] --kernel FILE [--modules DIR] '
              '[MACHINE] PROGRAM [ARG...]\n'
              '       boot.py --list')
    option = parser.add_argument
    option('--list', action='store_true',
           help='print "kernel machine required|reported" for each row')
    option('--kernel', type=Path, metavar='FILE',
           help='a vmlinux, or another ELF image, to boot; also as .xz')
    option('--modules', type=Path, metavar='DIR',
           help='where its kvm.ko and kvm-hv.ko are; without this option, KVM '
                'is built in')
    option('--host', metavar='HOST',
           help='HTAB_HOST of the program, if it is not the one that the '
                'table has for the machine')
    option('--mode', choices=('tap', 'raw'), default='tap',
           help='TAP from a CMocka program (the default), or its output')
    option('--mem', default='4G', help='memory of the machine (default: 4G)')
    option('--smp', type=int, default=1, metavar='N',
           help='cores that really run concurrently (default: 1)')
    option('--append', default='', metavar='STR',
           help='more kernel parameters')
    option('--timeout', type=float, default=240, metavar='SEC',
           help='for the whole boot (default: 240)')
    option('--add', action='append', default=[], metavar='FILE[:DEST]',
           help='one more file for the machine')
    option('--libdir', action='append', default=[], metavar='DIR',
           help='where to look for libraries first')
    option('--verbose', action='store_true',
           help='print the whole console on stderr')
    # argparse cannot tell whether the first word is a kernel, a machine or a
    # program.
    option('words', nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def arguments():
    parser = parser_for()
    args = parser.parse_args()
    if args.modules and not args.kernel:
        parser.error('--modules belongs to --kernel')
    return parser, args


def choose(parser, args, table):
    """The row of the table, or one for the kernel of --kernel. Sets the program
    and its arguments."""
    names = args.words[:2]
    rest = args.words[2:]
    if args.kernel:
        names = [args.kernel.name, next(iter(table.machines))]
        rest = args.words
        if rest and rest[0] in table.machines:
            names[1], *rest = rest
    if not rest:
        parser.error('PROGRAM is needed' if args.kernel
                     else 'KERNEL, MACHINE and PROGRAM are needed')
    args.program, *args.args = rest
    kernel, machine = names
    if machine not in table.machines:
        parser.error(f"no machine '{machine}' in the table; there are: "
                     + ' '.join(table.machines))
    if not args.kernel and kernel not in table.kernels:
        parser.error(f"no kernel '{kernel}' in the table; there are: "
                     + ' '.join(table.kernels) + ' (--kernel takes any)')
    if not args.kernel and (kernel, machine) not in table.rows:
        parser.error(f'the table does not let kernel {kernel} run on '
                     f'{machine}')
    host, importance = table.own_hosts[machine], 'required'
    if not args.kernel:
        host = table.rows[kernel, machine]
        importance = table.kernels[kernel]
    return Row(kernel, machine, *table.machines[machine], args.host or host,
               importance)


def main():
    # A signal ends Python in the ordinary way, so that QEMU ends too.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        parser, args = arguments()
        table = Table()
        if args.list:
            table.print()
            return 0
        row = choose(parser, args, table)
        return (run_tap if args.mode == 'tap' else run_raw)(args, row)
    except LabError as error:
        print(f'boot.py: {error}', file=sys.stderr)
        return LAB_FAILED


if __name__ == '__main__':
    sys.exit(main())
