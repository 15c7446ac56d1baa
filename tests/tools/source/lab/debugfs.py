#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""debugfs.py KERNEL MACHINE GUEST HTAB LIBDIR: boots a machine of the lab,
where htab finds in debugfs the entries that are in the image of the same guest; TAP.

HTAB and GUEST are programs for ppc64le. guest.c says what the entries are.
"""
import re
import subprocess
import sys
from pathlib import Path

LAB = Path(__file__).resolve().parents[3] / 'lab'
sys.dont_write_bytecode = True
sys.path.insert(0, str(LAB))
from cmocka_tap import Tap                              # noqa: E402
from initramfs import LabError                          # noqa: E402
from kernels import Table, did_not_run, kernel_files    # noqa: E402

COMMAND = '''/lab/htab stat --pid $GUEST
/lab/htab save --pid $GUEST --order 20 /tmp/other
/lab/htab diff /tmp/image /tmp/other; echo "diff: $?"
/lab/htab restore /tmp/image; echo "restore: $?"'''

# guest.c enters 200 entries, of which each bit is set in half, and 64 of the
# VRMA.
EXPECTED = (
    (r'  source +debugfs text\n', 'the source is debugfs'),
    (r'\(order 20\)', 'the order is that of the guest'),
    (r'  valid +264 ', 'all entries are there'),
    (r'    bolted +164 ', 'the bolted ones'),
    (r'    secondary +100 ', 'the secondary ones'),
    (r'  256 MiB +100 ', 'those in segments of 256 MiB'),
    (r'  1 TiB +164 ', 'those in segments of 1 TiB'),
    (r'  mapped by KVM +256 KiB with 64 entries\n', 'the VRMA'),
    (r'^diff: 0\n', 'the image has the same entries'),
    (r'  read back +all of them, without a change\n',
     'the machine can restore the image'),
    (r'^restore: 0\n', 'and says so'))


def main(kernel, machine, guest, htab, libdir):
    importance = Table().kernels[kernel]
    tap = Tap(todo='' if importance == 'required'
              else f'{kernel} is only {importance}')
    try:
        kernel_files(kernel)    # Otherwise the row is skipped, not failed.
        done = subprocess.run(
            [LAB / 'boot.py', '--mode', 'raw', '--libdir', libdir, '--add',
             f'{htab}:lab/htab', kernel, machine, guest, COMMAND],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise LabError(f'boot.py ended with {done.returncode}: '
                           f'{done.stdout}')
    except LabError as error:
        did_not_run(tap, error, importance)
        return
    for pattern, name in EXPECTED:
        good = re.search(pattern, done.stdout, re.M)
        tap.point(bool(good), name, [] if good else done.stdout.splitlines())
    tap.plan()


main(*sys.argv[1:])
