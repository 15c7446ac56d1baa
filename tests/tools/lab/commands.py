#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""commands.py KERNEL MACHINE HTAB LIBDIR: boots a machine of the lab, where the
commands info, try and size of htab have to say what is known of that kernel and
machine; TAP.

What is known comes from tests/lab/table and from docs/kernels.md, "Kernel
generations" and "Where the memory comes from".
"""
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LAB = HERE.parents[1] / 'lab'
sys.dont_write_bytecode = True
sys.path.insert(0, str(LAB))
from cmocka_tap import Tap                              # noqa: E402
from initramfs import LabError                          # noqa: E402
from kernels import Table, did_not_run, kernel_files    # noqa: E402

NEW = 7, 0      # for kernels whose name is no version: they are new

# The size of the CMA area, the largest order, and the words for what sets it,
# on machines of 4 GiB
AREA = {
    'powernv8-nocma': ('none', 24, 'kvm_cma_resv_ratio=0'),
    'powernv8-smallcma': ('48 MiB', 25, 'kvm_cma_resv_ratio=1'),
}
DEFAULT_AREA = '208 MiB', 27, "the kernel's default, 5 %"


def version(kernel):
    found = re.match(r'(\d+)\.(\d+)', kernel)
    return (int(found[1]), int(found[2])) if found else NEW


def boot(kernel, machine, program, libdir):
    """Boots, and yields (command, what it printed, its status). The first is
    ('', the kernel's release, 0)."""
    done = subprocess.run(
        [LAB / 'boot.py', '--mode', 'raw', '--libdir', libdir, '--add',
         f'{program}:lab/htab', kernel, machine, HERE / 'commands.sh'],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise LabError(f'boot.py ended with {done.returncode}: {done.stdout}')
    head, *rest = re.split(r'^== htab (.*)\n', done.stdout, flags=re.M)
    yield '', head.split()[-1], 0
    for command, text in zip(rest[::2], rest[1::2]):
        printed, status = re.fullmatch(r'(.*)== status (\d+)\n.*', text,
                                       re.S).groups()
        yield command, printed, int(status)


class Row:
    """What is known of a kernel on a machine"""

    def __init__(self, kernel, machine, host):
        self.linux = version(kernel)
        self.machine = machine
        self.host = host
        cpu = re.sub(r'.*(powernv|nested)(\d*).*', r'\2', machine) or '9'
        self.cpu = f'POWER{cpu}'
        self.has_tables = host in ('hash', 'radix', 'radix-norun')
        self.can_resize = self.linux >= (4, 16) or (
            self.linux >= (4, 11) and self.cpu == 'POWER8')

    def info(self):
        """The status, and patterns of what is printed"""
        area, order, set_by = AREA.get(self.machine, DEFAULT_AREA)
        radix = self.host != 'hash'
        # Older kernels do not say which MMU the host uses.
        mmu = f', {"radix" if radix else "hash"} MMU'
        yield rf'processor +{self.cpu}\w*({mmu})?\n'
        if self.linux >= (4, 14):
            yield rf'{mmu}\n'
        yield rf'  {"yes " if radix else "no  "} radix guests'
        if not self.has_tables:
            yield r'  no   hash guests\. This host'
            yield 'nested: this host is a guest' if self.host == 'nested' \
                else 'HV, without hash guests'
            return
        yield r'  yes  hash guests\n'
        yield r"  yes  a guest's table can be saved"
        yield rf'  {"yes " if self.can_resize else "no  "} a running guest'
        if self.host == 'radix-norun':
            yield r'refuses to run them'
        yield rf'Memory for tables.*\n  size +{area}'
        yield re.escape(set_by)
        yield rf'largest table.*\n  size .*\(order {order}\)'

    def try_24(self):
        if self.has_tables:
            yield r'16 MiB \(order 24\) +\d+\.\d ms  yes\n'
        else:
            yield r'This host '

    def try_1t(self):
        _, order, _ = AREA.get(self.machine, DEFAULT_AREA)
        if not self.has_tables:
            yield r'This host '
        elif self.linux < (4, 4):
            yield r'a smaller one: 16 MiB \(order 24\)'
            yield rf'gives up to .*\(order {order}\)'
        else:
            yield r'8 GiB \(order 33\) +\d+\.\d ms  no memory for it'
            yield rf'\(order {order}\) +\d+\.\d ms  yes\n'
            yield r'HPT of order 33'
        # 4 GiB of memory are too little for 8 GiB of tables.
        if self.has_tables:
            yield r'can never\s+reserve'

    def expected(self):
        """{command: (status, patterns)}"""
        return {
            'info': (not self.has_tables, self.info()),
            'try 24': (not self.has_tables, self.try_24()),
            'try 1T': (1, self.try_1t()),
            'size 4G': (0, [r'32 MiB \(order 25\), by',
                            r"kvm_cma_resv_ratio +1, for 1 % of the host's "
                            r'3\.\d+ GiB']),
        }


def check(tap, row, command, printed, status):
    wanted, patterns = row.expected()[command]
    wrong = [f'it does not print: {pattern}' for pattern in patterns
             if not re.search(pattern, printed)]
    if status != wanted:
        wrong.append(f'its status is {status}')
    tap.point(not wrong, f'htab {command}',
              wrong and wrong + printed.splitlines())


def main(kernel, machine, program, libdir):
    table = Table()
    importance = table.kernels[kernel]
    tap = Tap(todo='' if importance == 'required'
              else f'{kernel} is only {importance}')
    row = Row(kernel, machine, table.rows[kernel, machine])
    try:
        kernel_files(kernel)    # Otherwise the row is skipped, not failed.
        (_, release, _), *commands = boot(kernel, machine, program, libdir)
    except LabError as error:
        did_not_run(tap, error, importance)
        return
    for command, printed, status in commands:
        check(tap, row, command, printed, status)
        if command == 'info':
            tap.point(f'Linux {release}\n' in printed,
                      f'htab info: the kernel is {release}')
    tap.point([command for command, _, _ in commands] == list(row.expected()),
              'all commands ran')
    tap.plan()


main(*sys.argv[1:])
