#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tarball that meson dist makes"""
import functools
import os
import re
import tarfile

from checks import CC, check, main, run, temporary, tool
from repository import copy_of_source, tracked

# What .gitattributes leaves out. A file that is left out by mistake would make
# the two lists differ.
LEFT_OUT = re.compile(r'\.(ci|github)/|\.git(attributes|ignore)$')


@functools.cache
def repository():
    return copy_of_source()


@functools.cache
def tarball():
    """The tarball, from a build directory without anything in it"""
    meson = tool('MESON', 'meson')
    directory = temporary()
    run(*meson, 'setup', directory, repository(), '-Dtests=disabled',
        '-Dexamples=disabled', '-Dsim=disabled', '-Dtools=disabled',
        '-Dman=disabled', CC=CC)
    run(*meson, 'dist', '-C', directory, '--no-tests', '--formats', 'xztar')
    found, = (directory / 'meson-dist').glob('libhtab-*.tar.xz')
    return found


@check('meson dist packs the tracked files but those of the repository')
def contents():
    top = tarball().name.removesuffix('.tar.xz')
    with tarfile.open(tarball()) as packed:
        found = {member.name.removeprefix(top + '/') for member in packed
                 if not member.isdir()}
    expected = {name for name in tracked(repository())
                if not LEFT_OUT.match(name)}
    for name in sorted(found ^ expected):
        yield f"{name}: {'not expected' if name in found else 'missing'}"


@check('what is unpacked needs no git to build, and passes the unit tests')
def unit():
    meson = tool('MESON', 'meson')
    directory = temporary()
    with tarfile.open(tarball()) as packed:
        packed.extractall(directory)
    unpacked, = directory.iterdir()
    # A file with this name that fails is found before the real git.
    fake = temporary() / 'git'
    fake.write_text('#!/bin/sh\nexit 1\n')
    fake.chmod(0o755)
    path = f"{fake.parent}:{os.environ['PATH']}"
    run(*meson, 'setup', directory / 'b', unpacked, '-Ddebug=false',
        '-Doptimization=0', '-Dtests=auto', '-Dexamples=disabled',
        '-Dsim=disabled', '-Dtools=disabled', '-Dman=disabled', CC=CC,
        PATH=path)
    out = run(*meson, 'test', '-C', directory / 'b', '--suite', 'unit',
              PATH=path)
    passed = re.search(r'^Ok: +(\d+)', out, re.M)
    if not passed or int(passed[1]) < 10:
        yield f'few tests ran: {out}'


main()
