#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the simulator with a real kernel: random operations must have the
same answers on both.

compare.py --kernel KERNEL --machine MACHINE [OPTION...]
    DIFFERENTIAL-KERNEL DIFFERENTIAL-SIM

KERNEL and MACHINE are names in the lab's table. --seed or $HTAB_SEED decides
which operations are drawn. Without both, each run has a new seed, and prints
it. The output is TAP with one point, and with the first difference and the
operations around it. More than --boot operations are spread over several boots,
each with the next seed.

differential.h says what the comparison leaves out, and why.
"""

import argparse
import os
import secrets
import shlex
import subprocess
import sys
import threading
from pathlib import Path

LAB = Path(__file__).resolve().parent.parent / 'lab'
sys.dont_write_bytecode = True
sys.path.insert(0, str(LAB))
from cmocka_tap import Tap
from initramfs import LabError
from kernels import Table, did_not_run, kernel_files

# The words of HTAB_SIM for each machine. The program itself prints the release
# and the page size of the kernel; MMU and KVM follow from the lab's table.
MACHINES = {
    'powernv8': 'cpu=power8',
    'powernv8-nocma': 'cpu=power8',
    'powernv9': 'cpu=power9-dd2.0 mmu=radix',
    'powernv9-hash': 'cpu=power9-dd2.0 mmu=hash',
    'powernv10': 'cpu=power10 mmu=radix',
    'powernv10-hash': 'cpu=power10 mmu=hash',
    'nested': 'kvm=nested cpu=power9',
}

# The area for tables has its default size with 4G, or it is so small that a few
# VMs exhaust it. The seed decides, unless the machine has parameters of its own
# for the area.
POOLS = [('kvm_cma_resv_ratio=5', 'cma=208M'),
         ('kvm_cma_resv_ratio=1', 'cma=48M')]
OWN_POOLS = {'powernv8-nocma': ('', 'cma=0')}

# The kernel does not clear the reverse map, and later passes over an htab fd
# report what was in memory (docs/kernels.md, "Reading an htab fd"). With this
# parameter that memory is zero, as it is in the simulator.
PARAMETERS = 'init_on_alloc=1'

LAB_FAILED = 125    # of boot.py
CONTEXT = 4         # lines before a difference
PATIENCE = 10       # lines of stderr that are shown


def run(command, env=None):
    """(lines of output, exit status, last lines of standard error)"""
    result = subprocess.run(command, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, errors='replace',
                            env={**os.environ, **(env or {})})
    return (result.stdout.splitlines(), result.returncode,
            result.stderr.splitlines()[-PATIENCE:])


def pool(machine, seed):
    return OWN_POOLS.get(machine, POOLS[seed % 2])


def stood_still(result):
    _, status, errors = result
    return status == LAB_FAILED and \
        any('the program still runs after' in line for line in errors)


def real(args, seed, count):
    """A machine that QEMU emulates stands still now and then: one of the 155
    boots of a run did, and the same operations agreed in all others. So there
    is a second boot, and the report says so. What hangs because of the
    operations hangs in both."""
    result = boot_once(args, seed, count)
    if stood_still(result):
        args.repeated = True
        result = boot_once(args, seed, count)
    return result


def boot_once(args, seed, count):
    boot = [sys.executable, str(LAB / 'boot.py'), '--mode', 'raw',
            '--append', f'{PARAMETERS} {pool(args.machine, seed)[0]}',
            '--timeout', str(args.timeout)]
    libraries = [word for directory in args.libdir
                 for word in ('--libdir', directory)]
    return run([*boot, *libraries, args.kernel, args.machine, args.real,
                str(seed), str(count)])


def simulated(args, host, description, seed, count):
    wrapper = shlex.split(os.environ.get('MESON_EXE_WRAPPER', ''))
    description += (f' {MACHINES[args.machine]} '
                    f'{pool(args.machine, seed)[1]}')
    env = {'HTAB_SIM': description, 'HTAB_HOST': host}
    return run([*wrapper, args.simulated, str(seed), str(count)], env)


def with_lost_lines(lines):
    """Sometimes the firmware writes into a line on the console and destroys
    its mark. This puts such a single line back, as one that is cut short."""
    found = []
    for line in lines:
        if found and line.split(' ')[0] == str(len(found) + 1):
            found.append(f'{len(found)} [')
        found.append(line)
    return found


def same(real_line, sim_line):
    """A line of the firmware begins with "[", and no line of the program has
    one, so the comparison ends there."""
    ours, firmware, _ = real_line.partition('[')
    return sim_line.startswith(ours) if firmware else sim_line == real_line


def difference(real_lines, sim_lines):
    """The lines that report the first difference, or none if there is none"""
    pairs = zip(real_lines + [''], sim_lines + [''])
    at = next((i for i, (a, b) in enumerate(pairs) if not same(a, b)), None)
    if at is None:
        return []
    number = (real_lines + [''])[at].split(' ')[0] or \
        (sim_lines + [''])[at].split(' ')[0]
    found = [f'they differ at operation {number}:']
    for line in real_lines[max(0, at - CONTEXT):at]:
        found.append(f'         {line}')
    for name, lines in ('kernel: ', real_lines), ('sim:    ', sim_lines):
        for line in lines[at:at + 2] or ['(no more lines)']:
            found.append(f'{name} {line}')
    return found


def compare(args, host, seed, count):
    """The lines that say what is wrong, or none if nothing is"""
    real_lines, real_status, real_errors = real(args, seed, count)
    if not real_lines or not real_lines[0].startswith('host '):
        return [f'the lab ended with status {real_status}', *real_errors]
    description = real_lines[0].removeprefix('host ')
    sim_lines, sim_status, sim_errors = simulated(args, host, description,
                                                  seed, count)
    real_lines = with_lost_lines(real_lines)
    wrong = difference(real_lines, sim_lines)
    if real_status != 0:
        wrong += [f'the lab ended with status {real_status}', *real_errors]
    if sim_status != 0:
        wrong += [f'the simulator ended with status {sim_status}', *sim_errors]
    if not wrong and real_lines[-1] != f'end of {count} operations':
        wrong = ['both ended early', *real_lines[-CONTEXT:]]
    return wrong


def compare_all(args, host, seed):
    """Compares boot after boot."""
    done = 0
    while done < args.count:
        count = min(args.boot, args.count - done)
        wrong = compare(args, host, seed, count)
        if wrong:
            return [f'with seed {seed}, {count} operations:', *wrong]
        done += count
        seed += 1
        if args.count > args.boot:
            print(f'# {done} operations agree', flush=True)
    return []


def arguments(table):
    parser = argparse.ArgumentParser(
        usage='compare.py --kernel KERNEL --machine MACHINE [OPTION...] '
              'DIFFERENTIAL-KERNEL DIFFERENTIAL-SIM')
    option = parser.add_argument
    option('--kernel', required=True, choices=table.kernels)
    option('--machine', required=True, choices=table.machines)
    option('--seed', type=int,
           default=os.environ.get('HTAB_SEED') or secrets.randbelow(1 << 32))
    option('--count', type=int, default=400,
           help='number of operations (default: 400)')
    option('--boot', type=int, default=20000, metavar='N',
           help='most operations in one boot (default: 20000)')
    option('--timeout', type=float, metavar='SEC',
           help='for one boot (default: three minutes, and a tenth of a '
                'second for each operation)')
    option('--libdir', action='append', default=[], metavar='DIR',
           help='where to look for libraries first')
    option('real', metavar='DIFFERENTIAL-KERNEL')
    option('simulated', metavar='DIFFERENTIAL-SIM')
    args = parser.parse_args()
    args.repeated = False
    if (args.kernel, args.machine) not in table.rows:
        parser.error(f'the table does not let kernel {args.kernel} run on '
                     f'{args.machine}')
    if args.timeout is None:
        args.timeout = 180 + min(args.boot, args.count) / 10
    return args


def main():
    try:
        table = Table()
    except LabError as error:
        sys.exit(f'compare.py: {error}')
    args = arguments(table)
    importance = table.kernels[args.kernel]
    tap = Tap(todo='' if importance == 'required'
              else f'{args.kernel} is only {importance}')
    host = table.rows[args.kernel, args.machine]
    try:
        kernel_files(args.kernel)
    except LabError as error:
        did_not_run(tap, error, importance)
        return importance == 'required'
    name = (f'{args.kernel} {args.machine}: {args.count} operations from seed '
            f'{args.seed}')
    print(f'# {name}', flush=True)
    wrong = compare_all(args, host, args.seed)
    boots = ' (in a second boot, the first stood still)' \
        if args.repeated else ''
    tap.point(not wrong, f'{name} agree{boots}', wrong)
    tap.plan()
    return 1 if wrong and importance == 'required' else 0


if __name__ == '__main__':
    sys.exit(main())
