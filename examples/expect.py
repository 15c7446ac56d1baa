#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""expect.py NAME COMMAND...: runs an example, which is linked with
libhtab-sim-preload, on simulated hosts, and compares its exit status and what it
prints; TAP."""
import os
import subprocess
import sys

NO_TABLE_HERE = 77

# The host, the status, and words of what is printed
EXAMPLES = {
    'boot': (
        ('', 0, 'ibm,pft-size = <0 26>'),
        ('cma=32M memory=64M block=16M', 0, 'ibm,pft-size = <0 25>'),
        ('cma=1M memory=2M block=64K', 1, 'boot: no contiguous memory'),
        ('linux=4.3 cma=32M', 0, 'ibm,pft-size = <0 24>'),
        ('linux=4.10 kvm=pr', NO_TABLE_HERE, 'boot: this KVM keeps no'),
        ('kvm=nested', NO_TABLE_HERE, 'boot: hash guests cannot run'),
        ('kvm=none', NO_TABLE_HERE, 'boot: this KVM keeps no'),
    ),
    'largest': (
        ('', 0, 'largest table: order 27, 131072 KiB'),
        ('cma=32M', 0, 'largest table: order 25, 32768 KiB'),
        ('', 0, 'resize its table: yes'),
        ('linux=4.10', 0, 'resize its table: no'),
        ('cma=0 memory=0', 1, 'largest: no contiguous memory'),
        ('kvm=pr', NO_TABLE_HERE, 'KVM keeps no table here, but a VMM can'),
        ('kvm=none', NO_TABLE_HERE, 'KVM keeps no table here'),
    ),
    'migrate': (
        ('', 0, 'vcpu runs: 2048 entries\n'),
        ('', 0, 'the tables are equal\n'),
        ('page=64K linux=4.10', 0, 'vcpu runs: 128 entries\n'),
        ('cpu=power10', 0, 'the tables are equal\n'),
        ('cma=0 memory=0', 1, 'table: no contiguous memory'),
        ('kvm=nested', NO_TABLE_HERE, 'table: hash guests cannot run'),
        ('kvm=none', NO_TABLE_HERE, 'table: this KVM keeps no'),
    ),
    # The lab's hosts, one in each run
    'migrate in the lab': (
        ('', 0, 'the tables are equal\n'),
    ),
    'reset': (
        ('', 0, 'boot: order 24\nreset: order 24\nreboot: order 26\n'),
        ('cma=32M', 0, 'reboot: order 25\n'),
        ('linux=4.10', 0, 'reboot: order 24\n'),
        ('linux=4.14', 0, 'reboot: order 26\n'),
        ('cma=0 memory=0', 1, 'boot: no contiguous memory'),
        ('kvm=nested', NO_TABLE_HERE, 'boot: hash guests cannot run'),
        ('kvm=none', NO_TABLE_HERE, 'boot: this KVM keeps no'),
    ),
}


def main(name, *command):
    rows = EXAMPLES[name]
    print(f'1..{len(rows)}')
    for number, (host, status, words) in enumerate(rows, 1):
        done = subprocess.run(command, env=os.environ | {'HTAB_SIM': host},
                              text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        good = done.returncode == status and words in done.stdout
        print(f"{'ok' if good else 'not ok'} {number} - "
              f"{host or 'the default host'}: {words.strip().splitlines()[-1]}")
        if not good:
            print(f'# status {done.returncode}, not {status}; it printed')
            for line in done.stdout.splitlines():
                print(f'# {line}')


main(*sys.argv[1:])
