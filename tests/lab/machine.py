# SPDX-License-Identifier: MIT
"""One run of a machine that QEMU emulates."""

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import health
from cmocka_tap import clean
from initramfs import LabError

LINE = re.compile(r'@htab-(note|fault|out|err|status|dmesg|done) ?(.*)')

# The emulated machine is slow, so the kernel has no watchdogs, and does not
# flush caches against speculation, which takes a twelfth of the time. A panic
# ends the boot at once. Ordinary messages go to the log only.
PARAMETERS = ('console=hvc0 quiet loglevel=1 panic=-1 nowatchdog '
              'mitigations=off no_rfi_flush '
              'rcupdate.rcu_cpu_stall_suppress=1')

# With -nodefaults the firmware does not look for PCI devices, which takes ten
# seconds. But it also removes the controller that powers the machine off.
BMC = ['-device', 'ipmi-bmc-sim,id=bmc',
       '-device', 'isa-ipmi-bt,bmc=bmc,irq=10']


class Boot:
    """One run of a machine. The lines of the program go to a callback, and
    all others are kept for the diagnosis."""

    def __init__(self, args, row, on_line):
        self.args = args
        self.row = row
        self.on_line = on_line
        self.start = time.monotonic()
        self.started = False    # the program
        self.status = None      # of the program
        self.done = False
        self.console = []       # the lines of the firmware and the kernel
        self.dmesg = []
        self.faults = []        # errors of the lab itself
        self.why = ''           # why the run has not ended as it should

    def say(self, text):
        seconds = time.monotonic() - self.start
        print(f'boot.py: {self.row.kernel} on {self.row.machine}, '
              f'{seconds:.1f} s: {text}', file=sys.stderr)

    def command(self, vmlinux, initrd):
        qemu, parameters = self.row.qemu, self.row.parameters
        smp = self.args.smp
        threads = 'multi' if smp > 1 else 'single'
        return ['qemu-system-ppc64', *qemu, '-m', self.args.mem,
                '-smp', f'{smp},cores={smp},threads=1',
                '-accel', f'tcg,thread={threads}', '-no-reboot',
                '-nodefaults', '-display', 'none', '-serial', 'stdio',
                *(BMC if 'powernv' in ' '.join(qemu) else []),
                '-kernel', str(vmlinux),
                '-initrd', initrd,
                '-append', f'{PARAMETERS} {parameters} {self.args.append}']

    def run(self, vmlinux, image):
        with tempfile.TemporaryDirectory(prefix='htab-lab-') as directory:
            initrd = os.path.join(directory, 'initramfs')
            Path(initrd).write_bytes(image)
            try:
                qemu = subprocess.Popen(
                    self.command(vmlinux, initrd), stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    start_new_session=True)
            except OSError as error:
                raise LabError('cannot run qemu-system-ppc64: '
                               f'{error.strerror}') from None
            try:
                self._read(qemu.stdout.fileno())
            finally:
                # QEMU has not been waited for, so the id of its process group
                # is still its own.
                os.killpg(qemu.pid, signal.SIGKILL)
                qemu.wait()
        if not self.why and not self.done:
            self.why = 'the machine stopped before the program had ended' \
                if self.started else 'it did not boot'

    def _read(self, fd):
        deadline = self.start + self.args.timeout
        rest = b''
        while select.select([fd], [], [],
                            max(0, deadline - time.monotonic()))[0]:
            data = os.read(fd, 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b'\n')
            for line in lines:
                self._line(clean(line))
        state = 'does not power off' if self.done else \
            'the program still runs' if self.started else \
            'the program has not begun'
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
        """(what is wrong with the kernel, its other messages)"""
        wrong, reports = health.judge(self.dmesg) if self.done \
            else health.judge_console(self.console)
        why = [self.why] if self.why else []
        return self.faults + why + wrong, reports
