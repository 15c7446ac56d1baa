# SPDX-License-Identifier: MIT
"""Finds out from the log of a kernel whether it is healthy. The log has the
format of "dmesg -r"."""

import re

RAW = re.compile(r'<(\d+)>(.*)')
BAD = re.compile(r'\bOops\b|\bBUG\b|Kernel panic|Unable to handle kernel')
WARNING = re.compile(r'\bWARNING: ')
# These parts of a report name modules and the process, and not the cause.
# (Newer kernels have the process in the first line.)
ELSEWHERE = re.compile(r'Modules linked in:.*|CPU: .* Comm: .*|CPU#\d+: .*')


def kernel_lines(raw):
    """The kernel's lines since the modules were loaded, and those since the
    program began. Messages of user space are left out."""
    since_modules, since_program = [], []
    for line in raw:
        match = RAW.match(line)
        text = match[2] if match else line
        if text.endswith('libhtab: modules'):
            since_modules, since_program = [], []
        elif text.endswith('libhtab: program'):
            since_program = []
        elif not match or int(match[1]) < 8:
            since_modules.append(text)
            since_program.append(text)
    return since_modules, since_program


def wrong(lines):
    """The lines that a healthy kernel never writes"""
    found = []
    warning = None
    for line in lines:
        if BAD.search(line):
            found.append(line)
        if WARNING.search(line):
            warning = line
        if warning and 'kvm' in ELSEWHERE.sub('', line):
            found.append(warning)
            warning = None
        if 'end trace' in line:
            warning = None
    return found


def judge(raw):
    """Judges a whole log: (what is wrong, all lines since the program began)"""
    since_modules, since_program = kernel_lines(raw)
    return wrong(since_modules), since_program


def judge_console(lines):
    """Judges a console if there is no log. The firmware has written to the
    console, too."""
    kernel = next((i for i, line in enumerate(lines, 1)
                   if 'Starting kernel' in line), 0)
    found = wrong(lines[kernel:])
    if found:
        return found, lines[lines.index(found[0]):]
    return [], lines[kernel:] or lines[-10:]
