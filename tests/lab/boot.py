#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a ppc64le program on a real kernel with KVM, in a machine that QEMU emulates in full.

boot.py [OPTION...] KERNEL MACHINE PROGRAM [ARG...]
boot.py --list

KERNEL and MACHINE are names from the file "table"; fetch.sh has put the kernel into the cache. KERNEL can also be the version of
a kernel in the directory that $HTAB_KERNELS names. The program finds HTAB_KERNEL and HTAB_HOST (see the table) in its
environment, and every file of the machine to itself.

--mode tap, the default, takes a CMocka program and prints TAP, with a last point "kernel stays healthy". It exits with 0 whenever
the TAP is complete. On a kernel that the table only wants reported, points that fail are marked TODO.

--mode raw prints what the program prints and exits with its status, or with 125 if the lab failed, or the kernel under the program.
A program whose lines are to be seen at once must flush them: they go through a pipe.
"""

import argparse
import hashlib
import lzma
import os
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.dont_write_bytecode = True  # the source directory stays clean
import health
from cmocka_tap import Cmocka, Tap, clean
from initramfs import LabError, Initramfs

HERE = Path(__file__).resolve().parent
LAB_FAILED = 125
LINE = re.compile(r'@htab-(note|fault|out|err|status|dmesg|done) ?(.*)')

# Emulation is slow rather than stuck, so no watchdogs; a panic ends the boot at once; ordinary messages stay in the log.
PARAMETERS = 'console=hvc0 quiet loglevel=1 panic=-1 nowatchdog rcupdate.rcu_cpu_stall_suppress=1'

# -nodefaults saves firmware ten seconds of looking for PCI devices, but it also takes the controller that powers the machine off.
BMC = ['-device', 'ipmi-bmc-sim,id=bmc', '-device', 'isa-ipmi-bt,bmc=bmc,irq=10']


class Table:
    """The file "table", and the directory $HTAB_KERNELS."""

    def __init__(self):
        self.kernels = {}   # name: required or reported
        self.machines = {}  # name: (QEMU's arguments, kernel parameters)
        self.rows = {}      # (kernel, machine): host
        own_hosts = {}      # machine: host, unless a "directory" line says otherwise
        directory = []      # the "directory" lines: (first version, machines)
        for line in (HERE / 'table').read_text().splitlines():
            kind, *words = line.partition('#')[0].split() or ['']
            if kind == 'kernel':
                self.kernels[words[0]] = words[2]
            elif kind == 'machine':
                qemu, _, parameters = ' '.join(words[2:]).partition('--')
                self.machines[words[0]] = qemu.split(), parameters.strip()
                own_hosts[words[0]] = words[1]
            elif kind == 'directory':
                directory.append((version_of(words[0]), words[1:]))
        self.rows = {(kernel, machine): host for kernel in self.kernels for machine, host in own_hosts.items()}
        for kernel in sorted(directory_kernels(), key=version_of):
            fitting = [machines for since, machines in directory if since <= version_of(kernel)]
            if not fitting:
                raise LabError(f'{kernel} in HTAB_KERNELS is older than the table allows')
            self.kernels[kernel] = 'required'
            for word in fitting[-1]:
                machine, _, host = word.partition('=')
                self.rows[kernel, machine] = host or own_hosts[machine]

    def print(self):
        for kernel, machine in self.rows:
            print(kernel, machine, self.kernels[kernel])


def version_of(name):
    match = re.match(r'(\d+)\.(\d+)', name)
    if not match:
        raise LabError(f"'{name}' does not begin with a version")
    return int(match[1]), int(match[2])


def directory_kernels():
    """{version: file} of the kernels in $HTAB_KERNELS. A directory that was named has some."""
    directory = os.environ.get('HTAB_KERNELS')
    if not directory:
        return {}
    found = {file.name.removeprefix('vmlinux-').removesuffix('.xz'): file for file in Path(directory).glob('vmlinux-*.xz')}
    if not found:
        raise LabError(f'HTAB_KERNELS names {directory}, which holds no vmlinux-VERSION.xz')
    return found


def cache():
    fallback = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(os.environ.get('HTAB_CACHE') or Path(fallback) / 'libhtab')


class Files(NamedTuple):
    """What is booted."""
    vmlinux: Path
    busybox: Path
    modules: list


def unpacked(image):
    """What an .xz file holds, as a file in the cache. Its name has the contents' hash, so another image never gets this one's."""
    try:
        packed = image.read_bytes()
        kept = cache() / 'unpacked' / f'{image.stem}-{hashlib.sha256(packed).hexdigest()[:16]}'
        if not kept.exists():
            image_bytes = lzma.decompress(packed)
            kept.parent.mkdir(parents=True, exist_ok=True)
            # Another boot may unpack the same file now, so this one appears as a whole.
            with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as file:
                file.write(image_bytes)
            os.replace(file.name, kept)
    except (OSError, lzma.LZMAError) as error:
        raise LabError(f'cannot unpack {image}: {error}') from None
    return kept


def kernel_files(name):
    files = cache() / 'kernels' / name
    image = directory_kernels().get(name)
    found = Files(unpacked(image), cache() / 'busybox', []) if image else \
        Files(files / 'vmlinux', files / 'busybox', sorted(files.glob('*.ko')))
    if not (found.vmlinux.exists() and found.busybox.exists()):
        raise LabError(f'{"busybox" if image else f"kernel {name}"} is not in the cache; '
                       f'{os.path.relpath(HERE / "fetch.sh")} {name} says why')
    return found


def initramfs(args, host):
    """What the machine starts with: init, busybox, the modules, the program and its libraries."""
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
    run = [f'export HTAB_KERNEL={shlex.quote(args.kernel)} HTAB_HOST={shlex.quote(host)}',
           'exec 2>&1' if args.mode == 'tap' else '',
           f'exec /lab/program {shlex.join(args.args)}']
    image.add_text('\n'.join(run) + '\n', 'lab/run')
    return image.bytes()


class Boot:
    """One run of a machine. Lines of the program go to a callback, the rest is kept for the diagnosis."""

    def __init__(self, args, machine, on_line):
        self.args = args
        self.machine = machine
        self.on_line = on_line
        self.start = time.monotonic()
        self.started = False    # the program
        self.status = None      # its exit status
        self.done = False
        self.console = []       # lines of firmware and kernel
        self.dmesg = []
        self.faults = []        # of the lab itself
        self.why = ''           # it came to no good end

    def say(self, text):
        print(f'boot.py: {self.args.kernel} on {self.args.machine}, {time.monotonic() - self.start:.1f} s: {text}', file=sys.stderr)

    def command(self, initrd):
        qemu, parameters = self.machine
        smp = self.args.smp
        return ['qemu-system-ppc64', *qemu, '-m', self.args.mem, '-smp', f'{smp},cores={smp},threads=1',
                '-accel', f'tcg,thread={"multi" if smp > 1 else "single"}', '-no-reboot',
                '-nodefaults', '-display', 'none', '-serial', 'stdio', *(BMC if 'powernv' in ' '.join(qemu) else []),
                '-kernel', str(kernel_files(self.args.kernel).vmlinux), '-initrd', initrd,
                '-append', f'{PARAMETERS} {parameters} {self.args.append}']

    def run(self, image):
        with tempfile.TemporaryDirectory(prefix='htab-lab-') as directory:
            initrd = os.path.join(directory, 'initramfs')
            Path(initrd).write_bytes(image)
            try:
                qemu = subprocess.Popen(self.command(initrd), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True)
            except OSError as error:
                raise LabError(f'cannot run qemu-system-ppc64: {error.strerror}') from None
            try:
                self._read(qemu.stdout.fileno())
            finally:
                # A process group of its own, and not waited for yet: it is there, and it is ours.
                os.killpg(qemu.pid, signal.SIGKILL)
                qemu.wait()
        if not self.why and not self.done:
            self.why = 'the machine stopped before the program had ended' if self.started else 'it did not boot'

    def _read(self, fd):
        deadline = self.start + self.args.timeout
        rest = b''
        while select.select([fd], [], [], max(0, deadline - time.monotonic()))[0]:
            data = os.read(fd, 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b'\n')
            for line in lines:
                self._line(clean(line))
        state = 'does not power off' if self.done else 'the program still runs' if self.started else 'the program has not begun'
        self.why = f'{state} after {self.args.timeout:g} s'

    def _line(self, line):
        match = LINE.search(line)
        word, text = match.groups() if match else ('console', line)
        if self.args.verbose:
            print(line, file=sys.stderr)
        if word in ('out', 'err'):
            self.on_line(word, text)
        elif word == 'note':
            self.started |= text.endswith('program starts')
            self.say(text)
        elif word == 'fault':
            self.faults.append(text)
        elif word == 'status':
            self.status = int(text)
            self.say(f'program ends with status {text}')
        elif word == 'dmesg':
            self.dmesg.append(text)
        elif word == 'done':
            self.done = True
        elif line:
            self.console.append(line)

    def health(self):
        """(what is wrong with the kernel, what else it has to say)"""
        wrong, reports = health.judge(self.dmesg) if self.done else health.judge_console(self.console)
        return self.faults + ([self.why] if self.why else []) + wrong, reports


def run_raw(args, machine, host):
    boot = Boot(args, machine, lambda word, text: print(text, flush=True, file=sys.stdout if word == 'out' else sys.stderr))
    boot.run(initramfs(args, host))
    wrong, reports = boot.health()
    for text in reports:
        print(f'kernel: {text}', file=sys.stderr)
    for text in wrong:
        boot.say(text)
    return LAB_FAILED if wrong or boot.status is None else boot.status


def run_tap(args, machine, host, importance):
    tap = Tap(todo='' if importance == 'required' else f'{args.kernel} is only {importance}')
    cmocka = Cmocka(tap)
    try:
        boot = Boot(args, machine, lambda word, text: cmocka.feed(text))
        boot.run(initramfs(args, host))
        wrong, reports = boot.health()
        if boot.started:
            cmocka.finish(boot.status, boot.why or 'its exit status is missing')
            name = 'kernel stays healthy'
        else:
            name = 'boot'
        if wrong or not cmocka.skip_all:
            cmocka.skip_all = ''
            tap.point(not wrong, name, wrong)
        tap.comment(f'kernel: {text}' for text in reports)
    except LabError as error:
        # The report shows only the name.
        tap.point(False, f'boot ({str(error).partition(";")[0]})', [str(error)])
    tap.plan(cmocka.skip_all)
    return 0


def arguments(table):
    parser = argparse.ArgumentParser(usage='boot.py [OPTION...] KERNEL MACHINE PROGRAM [ARG...]\n       boot.py --list')
    parser.add_argument('--list', action='store_true', help='print "kernel machine required|reported" for the whole table')
    parser.add_argument('--mode', choices=('tap', 'raw'), default='tap', help='TAP from a CMocka program (the default), or its output')
    parser.add_argument('--mem', default='4G', help="the machine's memory (default: 4G)")
    parser.add_argument('--smp', type=int, default=1, metavar='N', help='cores that really run concurrently (default: 1)')
    parser.add_argument('--append', default='', metavar='STR', help='more kernel parameters')
    parser.add_argument('--timeout', type=float, default=240, metavar='SEC', help='for the whole boot (default: 240)')
    parser.add_argument('--add', action='append', default=[], metavar='FILE[:DEST]', help='one more file for the machine')
    parser.add_argument('--libdir', action='append', default=[], metavar='DIR', help="where to look for libraries first")
    parser.add_argument('--verbose', action='store_true', help='the whole console on stderr')
    parser.add_argument('kernel', nargs='?', choices=table.kernels, metavar='KERNEL')
    parser.add_argument('machine', nargs='?', choices=table.machines, metavar='MACHINE')
    parser.add_argument('program', nargs='?', metavar='PROGRAM')
    parser.add_argument('args', nargs=argparse.REMAINDER, metavar='ARG')
    args = parser.parse_args()
    if not args.list and not args.program:
        parser.error('KERNEL, MACHINE and PROGRAM are needed')
    if not args.list and (args.kernel, args.machine) not in table.rows:
        parser.error(f'the table does not let kernel {args.kernel} run on {args.machine}')
    return args


def main():
    # QEMU must not outlive us.
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
