#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command htab as packagers build and install it."""
import functools
import re

from checks import Skip, build, check, main, run, temporary, tool

FILES = {'bin/htab', 'share/bash-completion/completions/htab',
         'share/man/man1/htab.1'}


def installed(*options):
    """The directory in which a new build was installed as /opt/libhtab. Its
    libraries are in a directory that Debian would take."""
    directory, root = temporary(), temporary()
    build(directory, '--prefix=/opt/libhtab', '--libdir=lib/some-machine',
          '-Dtools=auto', '-Dman=enabled', *options)
    run(*tool('MESON', 'meson'), 'install', '-C', directory, DESTDIR=root)
    prefix = root / 'opt' / 'libhtab'
    if not (prefix / 'bin').exists():
        raise Skip('there is no argp, or no <linux/kvm.h>')
    return prefix


def htab(prefix, *words):
    return run(prefix / 'bin/htab', *words,
               LD_LIBRARY_PATH=prefix / 'lib/some-machine')


def needs(prefix):
    return set(re.findall(r'NEEDED.*\[(.*?)\.so',
                          run('readelf', '-dW', prefix / 'bin/htab')))


@check('the command is installed with its man page and completion')
def everything():
    prefix = installed('-Dsim=enabled')
    found = {str(path.relative_to(prefix)) for path in prefix.rglob('*')
             if 'htab' == path.stem and path.suffix != '.a'}
    for name in sorted(found ^ FILES):
        yield f"{name}: {'not expected' if name in found else 'missing'}"
    if 'yes\n' not in htab(prefix, '--sim', '', 'try', '24'):
        yield '--sim does not find the installed simulator'
    if 'libhtab' not in needs(prefix):
        yield 'the command does not use the shared library'


@check('a static library in the command')
def static():
    prefix = installed('--default-library=static')
    if 'libhtab' in needs(prefix):
        yield 'the command needs the shared library'
    if '(order 29)' not in htab(prefix, 'size', '64G'):
        yield 'it does not run'


def without(option, library):
    prefix = installed(f'-D{option}=disabled')
    if library in needs(prefix):
        yield f'the command needs {library}'
    if '(order 29)' not in htab(prefix, 'size', '64G'):
        yield 'it does not run'


for option, library in ('json', 'libjson-c'), ('png', 'libpng16'):
    check(f'the command without {library}')(
        functools.partial(without, option, library))

main()
