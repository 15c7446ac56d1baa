#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a ppc64le program on a real kernel with KVM, in a machine that QEMU
emulates.

boot.py [OPTION...] KERNEL MACHINE PROGRAM [ARG...]
boot.py --list

KERNEL and MACHINE are names in the file "table"; fetch.sh puts the kernel into
the cache. KERNEL can also be the version of a kernel in the directory that
$HTAB_KERNELS names. The environment of the program has HTAB_KERNEL and
HTAB_HOST (see the table), and the program can write to every file of the
machine.

--mode tap, the default, takes a CMocka program and prints TAP, with a last
point "kernel stays healthy". It exits with 0 whenever the TAP is complete. On a
kernel that the table calls "reported", failed points are marked TODO.

--mode raw prints what the program prints and exits with its status, or with
125 if the lab or the kernel under the program failed. The output goes through a
pipe, so a program has to flush the lines that are needed at once.
"""

import argparse
import shlex
import signal
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # Keep the source directory clean.
from cmocka_tap import Cmocka, Tap
from initramfs import LabError, Initramfs
from kernels import HERE, Table, kernel_files
from machine import Boot

LAB_FAILED = 125


def initramfs(args, host):
    """The first file system of the machine: init, busybox, the modules, the
    program and its libraries"""
    files = kernel_files(args.kernel)
    image = Initramfs([Path(d) for d in args.libdir])
    image.add(files.busybox, 'bin/busybox')
    image.add(HERE / 'init', 'init')
    for module in files.modules:
        image.add(module, f'lab/{module.name}')
    image.add_program(Path(args.program), 'lab/program')
    for item in args.add:
        name, _, dest = item.partition(':')
        image.add_program(Path(name), dest.lstrip('/') or Path(name).name)
    run = [f'export HTAB_KERNEL={shlex.quote(args.kernel)} '
           f'HTAB_HOST={shlex.quote(host)}',
           'exec 2>&1' if args.mode == 'tap' else '',
           f'exec /lab/program {shlex.join(args.args)}']
    image.add_text('\n'.join(run) + '\n', 'lab/run')
    return image.bytes()


def print_line(word, text):
    print(text, flush=True, file=sys.stdout if word == 'out' else sys.stderr)


def run_raw(args, machine, host):
    boot = Boot(args, machine, print_line)
    boot.run(initramfs(args, host))
    wrong, reports = boot.health()
    for text in reports:
        print(f'kernel: {text}', file=sys.stderr)
    for text in wrong:
        boot.say(text)
    return LAB_FAILED if wrong or boot.status is None else boot.status


def run_tap(args, machine, host, importance):
    tap = Tap(todo='' if importance == 'required'
              else f'{args.kernel} is only {importance}')
    cmocka = Cmocka(tap)
    try:
        boot = Boot(args, machine, lambda word, text: cmocka.feed(text))
        boot.run(initramfs(args, host))
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
        # The report shows only the name of the point, so the reason is in it.
        tap.point(False, f'boot ({str(error).partition(";")[0]})',
                  [str(error)])
    tap.plan(cmocka.skip_all)
    return 0


def parser_for(table):
    parser = argparse.ArgumentParser(
        usage='boot.py [OPTION...] KERNEL MACHINE PROGRAM [ARG...]\n'
              '       boot.py --list')
    option = parser.add_argument
    option('--list', action='store_true',
           help='print "kernel machine required|reported" for each row')
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
    option('kernel', nargs='?', choices=table.kernels, metavar='KERNEL')
    option('machine', nargs='?', choices=table.machines, metavar='MACHINE')
    option('program', nargs='?', metavar='PROGRAM')
    option('args', nargs=argparse.REMAINDER, metavar='ARG')
    return parser


def arguments(table):
    parser = parser_for(table)
    args = parser.parse_args()
    if args.list:
        return args
    if not args.program:
        parser.error('KERNEL, MACHINE and PROGRAM are needed')
    if (args.kernel, args.machine) not in table.rows:
        parser.error(f'the table does not let kernel {args.kernel} run on '
                     f'{args.machine}')
    return args


def main():
    # A signal ends Python in the ordinary way, so that QEMU ends too.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        table = Table()
        args = arguments(table)
        if args.list:
            table.print()
            return 0
        machine = table.machines[args.machine]
        host = table.rows[args.kernel, args.machine]
        if args.mode == 'tap':
            return run_tap(args, machine, host, table.kernels[args.kernel])
        return run_raw(args, machine, host)
    except LabError as error:
        print(f'boot.py: {error}', file=sys.stderr)
        return LAB_FAILED


if __name__ == '__main__':
    sys.exit(main())
