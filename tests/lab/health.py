# SPDX-License-Identifier: MIT
"""Is the kernel still well?  From its log, as "dmesg -r" prints it."""

import re

RAW = re.compile(r'<(\d+)>(.*)')
BAD = re.compile(r'\bOops\b|\bBUG\b|Kernel panic|Unable to handle kernel')
WARNING = re.compile(r'\bWARNING: ')
# In a report these name modules and the process, not what has happened. (Newer kernels have the process in the first line.)
ELSEWHERE = re.compile(r'Modules linked in:.*|CPU: .* Comm: .*|CPU#\d+: .*')


def kernel_lines(raw):
    """The lines since the modules were loaded, and those since the program began. Messages of user space are left out."""
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
    """What no kernel should ever say."""
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
    """Of a whole log: (what is wrong, all that was said since the program began)."""
    since_modules, since_program = kernel_lines(raw)
    return wrong(since_modules), since_program


def judge_console(lines):
    """The same of a console, for when the log could not be had. Firmware has written there, too."""
    kernel = next((i for i, line in enumerate(lines, 1) if 'Starting kernel' in line), 0)
    found = wrong(lines[kernel:])
    return found, lines[lines.index(found[0]):] if found else lines[kernel:] or lines[-10:]
