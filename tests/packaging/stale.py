#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/build.sh, which tests/run and examples/run use, makes a build directory
again if it cannot be used, and only then."""
import shlex
import shutil

from checks import CC, Failed, check, main, run, source, temporary, tool

PROJECT = '''\
project('p', 'c')
executable('p', 'p.c')
'''
PROGRAM = '''\
#include <stdio.h>
int main(void) { puts(__FILE__); return 0; }
'''


def project():
    """A checkout that has been built once"""
    tool('MESON', 'meson')
    directory = temporary() / 'first'
    directory.mkdir()
    (directory / 'meson.build').write_text(PROJECT)
    (directory / 'p.c').write_text(PROGRAM)
    build(directory)
    return directory


def build(directory, *options):
    run('sh', '-euc', 'cd "$1"; shift; . "$1"; shift; build_in b "" "$@"',
        'sh', directory, source / 'tests/build.sh', *options, CC=CC)


def inode(directory):
    """A directory that was made again has another one."""
    (directory / 'build/b/mark').touch()
    return directory / 'build/b/mark'


def works(directory, again, *options):
    mark = inode(directory)
    build(directory, *options)
    if mark.exists() == again:
        yield 'was not made again' if mark.exists() else 'was made again'
    run(directory / 'build/b/p')


@check('a build directory that is in order is kept')
def kept():
    directory = project()
    (directory / 'p.c').touch()
    return works(directory, False)


@check('that of a checkout that has been moved is made again')
def moved():
    directory = project()
    elsewhere = directory.with_name('second')
    directory.rename(elsewhere)
    yield from works(elsewhere, True)
    if str(directory) in (elsewhere / 'build/b/build.ninja').read_text():
        yield f'still names {directory}'


@check('that of a checkout that has been copied does not build the first one')
def copied():
    directory = project()
    elsewhere = directory.with_name('second')
    shutil.copytree(directory, elsewhere)
    yield from works(elsewhere, True)


@check('that of an interrupted setup is made again')
def interrupted():
    directory = project()
    for path in (directory / 'build/b').iterdir():
        if path.name != 'meson-private':
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return works(directory, True)


@check('one with other options is made again')
def options():
    return works(project(), True, '-Doptimization=2')


@check('one with a file of Meson\'s that is damaged can be used again')
def damaged():
    directory = project()
    (directory / 'build/b/meson-private/coredata.dat').write_bytes(b'')
    (directory / 'meson.build').write_text(PROJECT + '# new\n')
    build(directory)
    run(directory / 'build/b/p')


@check('an error in the source is a failure, and keeps the directory')
def wrong_source():
    directory = project()
    mark = inode(directory)
    (directory / 'p.c').write_text('#error wrong\n')
    try:
        build(directory)
        yield 'succeeded'
    except Failed:
        pass
    if not mark.exists():
        yield 'was made again'


@check('another compiler makes it again')
def compiler():
    directory = project()
    mark = inode(directory)
    wrapper = temporary() / 'cc'
    wrapper.write_text(f'#!/bin/sh\nexec {CC} "$@"\n')
    wrapper.chmod(0o755)
    run('sh', '-euc', 'cd "$1"; . "$2"; build_in b ""', 'sh', directory,
        source / 'tests/build.sh', CC=shlex.quote(str(wrapper)))
    if mark.exists():
        yield 'was kept'


main()
