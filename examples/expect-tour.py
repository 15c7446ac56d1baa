#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""expect-tour.py TOUR-SIM: runs the tour on the simulated hosts of
tour-hosts.txt, and compares all that it prints; TAP.

expect-tour.py --update TOUR-SIM writes into that file what the tour prints now.
Read the difference before you commit it.
"""
import os
import pathlib
import re
import subprocess
import sys

EXPECTED = pathlib.Path(__file__).with_name('tour-hosts.txt')
HOST = re.compile('^== ?(.*)\n', re.M)  # the description of a host, or nothing


def read():
    """(the lines before the first host, {host: expected text})"""
    head, *rest = HOST.split(EXPECTED.read_text())
    return head, dict(zip(rest[::2], rest[1::2]))


def tour(program, host):
    """(what the tour prints, its exit status)"""
    done = subprocess.run([program], env=os.environ | {'HTAB_SIM': host},
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    # The version changes with each release.
    return re.sub('^libhtab [^,]+', 'libhtab', done.stdout), done.returncode


def update(program):
    head, hosts = read()
    EXPECTED.write_text(head + ''.join(
        f'== {host}'.rstrip() + f'\n{tour(program, host)[0]}'
        for host in hosts))


def main(program):
    _, hosts = read()
    print(f'1..{len(hosts)}')
    for number, (host, expected) in enumerate(hosts.items(), 1):
        printed, status = tour(program, host)
        good = status == 0 and printed == expected
        print(f"{'ok' if good else 'not ok'} {number} - "
              f"{host or 'the default host'}")
        if not good:
            print(f'# status {status}; it printed')
            for line in printed.splitlines():
                print(f'# {line}')


if sys.argv[1] == '--update':
    update(sys.argv[2])
else:
    main(sys.argv[1])
