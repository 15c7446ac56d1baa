#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""advice.py KERNEL MACHINE HTAB LIBDIR: a host of the lab that follows the
advice of htab try has the table afterwards; TAP."""
import re
import subprocess
import sys
from pathlib import Path

LAB = Path(__file__).resolve().parents[2] / 'lab'
GUEST = '32G'   # wants 256 MiB, of which a host of 4 GiB reserves 208 MiB


def try_guest(kernel, machine, program, libdir, parameters):
    """(the status of htab try, what it prints)"""
    done = subprocess.run(
        [LAB / 'boot.py', '--mode', 'raw', '--libdir', libdir, '--append',
         parameters, kernel, machine, program, 'try', GUEST], text=True,
        stdout=subprocess.PIPE)
    return done.returncode, done.stdout


def point(number, good, name, printed):
    print(f"{'ok' if good else 'not ok'} {number} - {name}", flush=True)
    for line in [] if good else printed.splitlines():
        print(f'# {line}')


def main(*row):
    print('1..2')
    status, printed = try_guest(*row, '')
    ratio = re.search(r'kvm_cma_resv_ratio=(\d+)', printed)
    point(1, status == 1 and ratio, 'try names a kvm_cma_resv_ratio', printed)
    status, printed = try_guest(*row, ratio[0] if ratio else '')
    point(2, ratio and status == 0 and '(order 28) for the guest' in printed,
          'with it the host has the table', printed)


main(*sys.argv[1:])
