#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test-terminal.py HTAB: what htab stat, map and diff do on a terminal, and
what they do without one; TAP."""
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time

sys.dont_write_bytecode = True  # Keep the source directory clean.
import pictures
import tables
from tap import testing


class Terminal:
    """A program on a terminal of that many columns"""

    def __init__(self, htab, *words, columns=80, term='xterm-256color',
                 env=None, stdin=None):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ,
                    struct.pack('4H', 24, columns, 0, 0))
        self.process = subprocess.Popen(
            [htab.program, *words], cwd=htab.directory,
            stdin=self.slave if stdin is None else stdin, stdout=self.slave,
            stderr=self.slave, preexec_fn=self.control,
            env=htab.env | {'TERM': term} | (env or {}))
        os.close(self.slave)

    def control(self):
        os.setsid()
        fcntl.ioctl(1, termios.TIOCSCTTY, 0)

    def read(self):
        """Some more of the output, or b'' at its end"""
        try:
            return os.read(self.master, 65536)
        except OSError:
            return b''

    def all(self):
        output = b''
        while data := self.read():
            output += data
        self.process.wait()
        os.close(self.master)
        return output.replace(b'\r\n', b'\n').decode()


def colours(text):
    return sorted(set(re.findall(r'\033\[([\d;]*)m', text)))


def maps(tap, htab):
    plain = htab('map', 'table', '--width', '100').stdout.decode()
    tap.same('a pipe gets no colours', colours(plain), [])
    wide = Terminal(htab, 'map', 'table', columns=100).all()
    tap.point('256 colours', '30;48;5;149' in colours(wide), colours(wide))
    bare = re.sub(r'\033\[[\d;]*m', '', wide)
    tap.same('the cells are the same with and without colours',
             pictures.text_maps(bare), pictures.text_maps(plain))
    tap.same('as wide as the terminal',
             {len(line) for line in bare.splitlines() if '|' in line}, {100})
    few = Terminal(htab, 'map', 'table', term='xterm').all()
    tap.same('8 colours', [code for code in colours(few) if '48' in code], [])
    tap.point('but some', '30;42' in colours(few), colours(few))
    for name, options in (('NO_COLOR', {'env': {'NO_COLOR': '1'}}),
                          ('a dumb terminal', {'term': 'dumb'}),
                          ('a terminal without a name', {'term': ''})):
        tap.same(f'{name}: no colours', colours(
            Terminal(htab, 'map', 'table', **options).all()), [])
    tap.point('an empty NO_COLOR means nothing', colours(
        Terminal(htab, 'map', 'table', env={'NO_COLOR': ''}).all()))
    narrow = Terminal(htab, 'map', 'table', columns=10, term='dumb').all()
    tap.same('no narrower than 32', {len(line) for line in narrow.splitlines()
                                     if re.match(r' *\d+ \|', line)}, {32})
    refused = Terminal(htab, 'map', 'table', '--png', '-').all()
    tap.point('no PNG on a terminal', 'not for a terminal' in refused or
              'libpng' in refused, refused)


def watch(tap, htab):
    terminal = Terminal(htab, 'stat', 'table', '--watch', '1')
    output = b''
    while output.count(b'\033[H\033[2J') < 2:
        output += terminal.read()
    tap.point('each look replaces the one before', True)
    os.write(terminal.master, b'\3')
    terminal.all()
    tap.same('Ctrl-C ends it', terminal.process.returncode, -signal.SIGINT)
    with subprocess.Popen([htab.program, 'stat', 'table', '-w', '1'],
                          cwd=htab.directory, stdout=subprocess.PIPE,
                          env=htab.env) as process:
        lines = []
        while sum(line == b'table\n' for line in lines) < 2:
            lines.append(process.stdout.readline())
        process.kill()
    tap.point('a pipe gets one after the other', b'\033' not in b''.join(lines))
    tap.same('standard input cannot be watched',
             htab('stat', '-', '--watch', '1').returncode, 2)


def progress(tap, htab):
    """The input comes in two parts, more than half a second apart."""
    image = tables.image(20, tables.example(20))
    for on_terminal in True, False:
        read, write = os.pipe()
        if on_terminal:
            terminal = Terminal(htab, 'stat', '-', stdin=read)
        else:
            terminal = subprocess.Popen(
                [htab.program, 'stat', '-'], stdin=read, env=htab.env,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.close(read)
        with os.fdopen(write, 'wb') as pipe:
            pipe.write(image[:60000])
            pipe.flush()
            time.sleep(0.8)
            pipe.write(image[60000:])
        output = terminal.all() if on_terminal else \
            terminal.communicate()[0].decode()
        tap.same('progress is on a terminal only' if on_terminal else
                 'and not in a pipe', 'MiB read' in output, on_terminal)
        tap.point('the answer follows', 'order 20' in output, output)


def early(tap, htab):
    """More output than a pipe has room for"""
    htab.file('other', tables.image(20, tables.example(20, seed=2)))
    with subprocess.Popen([htab.program, 'diff', 'table', 'other'],
                          cwd=htab.directory, env=htab.env,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
    tap.point('a reader that leaves early ends it without a message',
              process.returncode in (-signal.SIGPIPE, 1) and not errors,
              (process.returncode, errors))
    # QEMU migrates into such a pipe, and would fail if it broke.
    stream = tables.qemu(18, tables.example(18)) + bytes(1 << 20)
    with subprocess.Popen([htab.program, 'stat', '-'], env=htab.env,
                          stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL) as process:
        process.stdin.write(stream)
        process.stdin.close()
    tap.same('standard input is read to its end', process.returncode, 0)


def main(program):
    with testing(program) as (tap, htab):
        htab.file('table', tables.image(20, tables.example(20)))
        maps(tap, htab)
        watch(tap, htab)
        progress(tap, htab)
        early(tap, htab)


main(*sys.argv[1:])
