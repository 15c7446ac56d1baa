#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The simulator against a real kernel: the same operations on both must have the same answers.

compare.py --kernel KERNEL --machine MACHINE [OPTION...] DIFFERENTIAL-KERNEL DIFFERENTIAL-SIM

KERNEL and MACHINE are names from the lab's table. The operations are drawn from --seed, or from $HTAB_SEED, or else from a new
seed each time; whichever it was is printed. Prints TAP with one point, and for the first difference its operation and those
around it. More than --boot operations are spread over several boots, each with the next seed.

differential.h says what is left out of the comparison, and why.
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
from boot import LabError, Table
from cmocka_tap import Tap

# What HTAB_SIM says of each machine. The kernel's release and page size are asked for where it runs; MMU and KVM are the table's.
MACHINES = {
    'powernv8': 'cpu=power8',
    'powernv9': 'cpu=power9-dd2.0 mmu=radix',
    'powernv9-hash': 'cpu=power9-dd2.0 mmu=hash',
    'powernv10': 'cpu=power10 mmu=radix',
    'powernv10-hash': 'cpu=power10 mmu=hash',
    'nested': 'kvm=nested cpu=power9',
}

# The area for tables: as large as it is by default with 4G, or so small that a few VMs exhaust it. The seed decides.
POOLS = [('kvm_cma_resv_ratio=5', 'cma=208M'), ('kvm_cma_resv_ratio=1', 'cma=48M')]

# The kernel does not clear the reverse map, and later passes over an htab fd
# report what was in memory (docs/kernels.md, "Reading an htab fd"). With this
# parameter that memory is zero, as it is in the simulator.
PARAMETERS = 'init_on_alloc=1'

CONTEXT = 4         # lines before a difference
PATIENCE = 10       # lines of stderr that are shown


class Failure(Exception):
    """Why there is nothing to compare: lines."""


def run(command, env=None):
    """The lines that it prints. That it has come to its end is the last one."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            errors='replace', env={**os.environ, **(env or {})})
    return result.stdout.splitlines(), result.returncode, result.stderr.splitlines()[-PATIENCE:]


def real(args, seed, count):
    boot = [sys.executable, str(LAB / 'boot.py'), '--mode', 'raw', '--append', f'{PARAMETERS} {POOLS[seed % 2][0]}',
            '--timeout', str(args.timeout)]
    libraries = [word for directory in args.libdir for word in ('--libdir', directory)]
    return run([*boot, *libraries, args.kernel, args.machine, args.real, str(seed), str(count)])


def simulated(args, host, description, seed, count):
    wrapper = shlex.split(os.environ.get('MESON_EXE_WRAPPER', ''))
    env = {'HTAB_SIM': f'{description} {MACHINES[args.machine]} {POOLS[seed % 2][1]}', 'HTAB_HOST': host}
    return run([*wrapper, args.simulated, str(seed), str(count)], env)


def with_lost_lines(lines):
    """The firmware writes to the console, too, if seldom. A single line whose mark it has destroyed is put back, as one cut short."""
    found = []
    for line in lines:
        if found and line.split(' ')[0] == str(len(found) + 1):
            found.append(f'{len(found)} [')
        found.append(line)
    return found


def same(real_line, sim_line):
    """No line of the program has a "[", with which a line of the firmware begins: as far as that, then."""
    ours, firmware, _ = real_line.partition('[')
    return sim_line.startswith(ours) if firmware else sim_line == real_line


def difference(real_lines, sim_lines):
    """The first one, with what was before it: lines. Empty if there is none."""
    pairs = zip(real_lines + [''], sim_lines + [''])
    at = next((i for i, (a, b) in enumerate(pairs) if not same(a, b)), None)
    if at is None:
        return []
    number = (real_lines + [''])[at].split(' ')[0] or (sim_lines + [''])[at].split(' ')[0]
    found = [f'they differ at operation {number}:']
    found += [f'         {line}' for line in real_lines[max(0, at - CONTEXT):at]]
    found += [f'kernel:  {line}' for line in real_lines[at:at + 2]] or ['kernel:  (no more lines)']
    found += [f'sim:     {line}' for line in sim_lines[at:at + 2]] or ['sim:     (no more lines)']
    return found


def compare(args, host, seed, count):
    """Lines about what is wrong; empty if nothing is."""
    real_lines, real_status, real_errors = real(args, seed, count)
    if not real_lines or not real_lines[0].startswith('host '):
        return [f'the lab ended with status {real_status}', *real_errors]
    sim_lines, sim_status, sim_errors = simulated(args, host, real_lines[0].removeprefix('host '), seed, count)
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
    """The same, boot after boot."""
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
    parser = argparse.ArgumentParser(usage='compare.py --kernel KERNEL --machine MACHINE [OPTION...] DIFFERENTIAL-KERNEL DIFFERENTIAL-SIM')
    parser.add_argument('--kernel', required=True, choices=table.kernels)
    parser.add_argument('--machine', required=True, choices=table.machines)
    parser.add_argument('--seed', type=int, default=os.environ.get('HTAB_SEED') or secrets.randbelow(1 << 32))
    parser.add_argument('--count', type=int, default=1000, help='of operations (default: 1000)')
    parser.add_argument('--boot', type=int, default=20000, metavar='N', help='operations at most in one boot (default: 20000)')
    parser.add_argument('--timeout', type=float, metavar='SEC', help='for one boot (default: two minutes, and a twentieth of a second '
                        'for each operation)')
    parser.add_argument('--libdir', action='append', default=[], metavar='DIR', help='where to look for libraries first')
    parser.add_argument('real', metavar='DIFFERENTIAL-KERNEL')
    parser.add_argument('simulated', metavar='DIFFERENTIAL-SIM')
    args = parser.parse_args()
    if (args.kernel, args.machine) not in table.rows:
        parser.error(f'the table does not let kernel {args.kernel} run on {args.machine}')
    if args.timeout is None:
        args.timeout = 120 + min(args.boot, args.count) / 20
    return args


def main():
    try:
        table = Table()
    except LabError as error:
        sys.exit(f'compare.py: {error}')
    args = arguments(table)
    importance = table.kernels[args.kernel]
    tap = Tap(todo='' if importance == 'required' else f'{args.kernel} is only {importance}')
    host = table.rows[args.kernel, args.machine]
    print(f'# {args.kernel} {args.machine}: {args.count} operations from seed {args.seed}', flush=True)
    wrong = compare_all(args, host, args.seed)
    name = f'{args.kernel} {args.machine}: {args.count} operations from seed {args.seed} agree'
    tap.point(not wrong, name, wrong)
    tap.plan()
    return 1 if wrong and importance == 'required' else 0


if __name__ == '__main__':
    sys.exit(main())
