#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The builds that packagers make, with the compilers that they use."""
import functools
import shlex

from checks import CC, build, check, main, run, source, temporary, tool


def builds(variable, default, *options):
    build(temporary(), '-Doptimization=2', '-Ddebug=false', '--werror',
          '-Dwarning_level=3', '-Dsim=enabled', '-Dtools=auto', *options,
          CC=shlex.join(tool(variable, default)))


for variable, default in ('GCC', 'gcc'), ('CLANG', 'clang'):
    check(f'{default} has no warning at -O2')(
        functools.partial(builds, variable, default))


# tests=enabled would need every tool of this directory.
# ISO C alone: the C library then declares only what a file asks for.
for variable, default, standard, *options in (
        ('GCC', 'gcc', 'c99', '-Dtests=auto', '-Dexamples=enabled'),
        ('CLANG', 'clang', 'c11', '-Dexamples=enabled')):
    check(f'{default} has no warning with -Dc_std={standard}')(
        functools.partial(builds, variable, default, f'-Dc_std={standard}',
                          *options))


# The linker may drop or merge functions then.
@check('the unit tests pass with link-time optimisation')
def lto():
    meson = tool('MESON', 'meson')
    directory = temporary()
    run(*meson, 'setup', directory, source, '--buildtype=release',
        '-Db_lto=true', '-Dtests=auto', '-Dexamples=disabled',
        '-Dtools=disabled', CC=CC)
    run(*meson, 'test', '-C', directory, '--suite', 'unit')


main()
