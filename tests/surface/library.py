#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a release build of the library exports, needs and weighs.

Sanitizers, coverage and -O0 change all of that, so this measures a build of
its own. Arguments are passed on to `meson setup`: with a --cross-file it
measures the library for that machine.
"""
import json
import pathlib
import re
import shlex
import sys

from surface import CC, Failed, build, check, declared, header, main, \
    run, source, temporary, tool

MAX_CODE = 16 * 1024

directory = temporary()


def target(name, kind):
    """The file that Meson built under that name."""
    for found in json.loads(run(*tool('MESON', 'meson'), 'introspect',
                                '--targets', directory)):
        if found['name'] == name and found['type'] == kind:
            return pathlib.Path(found['filename'][0])
    raise Failed(f'no {kind} {name}')


def shared():
    return target('htab', 'shared library')


def static():
    return target('htab', 'static library')


def core():
    return target('htab-core', 'static library')


def names(*nm):
    """Symbols, without their versions, but not the versions themselves (A)."""
    found = re.findall(r'^([^\s@]+)\S* ([A-Za-z])\b',
                       run('nm', '--format=posix', *nm), flags=re.M)
    return {name for name, kind in found if kind != 'A'}


def dynamic(library):
    """(tag, value) of its dynamic section."""
    return re.findall(r'\((\w+)\)\s+(.*)', run('readelf', '-dW', library))


@check('builds without a warning')
def builds():
    build(directory, '--buildtype=release', '--werror', '-Dwarning_level=3',
          *sys.argv[1:])


@check('exports, map and header agree')
def exports():
    text = (source / 'lib/libhtab.map').read_text()
    in_map = set(re.findall(r'^\s+(\w+);', text, flags=re.M))
    exported = names('-D', '--defined-only', shared())
    for name in sorted(declared() | in_map | exported):
        missing = [where for where, there in (
            ('header', declared()), ('map', in_map), ('library', exported))
            if name not in there]
        if missing:
            yield f"{name}: not in {' and '.join(missing)}"


# Hidden ones too: in an archive hidden does not hide.
@check('every global name of the archive begins with htab_')
def prefix():
    found = names('--defined-only', '--extern-only', static())
    if not declared() <= found:
        yield f'not even {declared() - found} is in {static()}'
    for name in sorted(found):
        if not name.startswith('htab_'):
            yield name


@check('no symbol is one of libiberty\'s')
def libiberty():
    path = run(*shlex.split(CC), '-print-file-name=libiberty.a').strip()
    if '/' not in path:
        yield 'no libiberty.a (Debian: libiberty-dev)'
        return
    theirs = names('--defined-only', '--extern-only', path)
    if 'htab_create' not in theirs:
        yield f'{path} has no htab_create; is it libiberty?'
    ours = names('--defined-only', '--extern-only', static())
    for name in sorted(ours & theirs):
        yield name


@check('the header names every type of libiberty that it clashes with')
def clash():
    program = temporary() / 'program.c'
    program.write_text('#include <libiberty/hashtab.h>\n')
    theirs = set(re.findall(r'\bhtab_\w+', run(
        *shlex.split(CC), '-E', '-P', program)))
    about = re.search(r'\* Name\. .*? \*\n', header.read_text(), re.S).group()
    for name in sorted(declared() & theirs):
        if name not in about:
            yield f'{name} is also in libiberty/hashtab.h'


@check('the soname is libhtab.so.0')
def soname():
    found = [value for tag, value in dynamic(shared()) if tag == 'SONAME']
    if found != ['Library soname: [libhtab.so.0]']:
        yield str(found)


@check('needs the C library and nothing else')
def needed():
    # glibc, musl; some machines also list the loader.
    libc = r'libc\.so(\.6)?|libc\.musl-\w+\.so\.1|ld(-linux\S*|64)\.so\.\d'
    found = [value for tag, value in dynamic(shared()) if tag == 'NEEDED']
    if not found:
        yield 'needs nothing at all?'
    for value in found:
        if not re.fullmatch(rf'Shared library: \[({libc})\]', value):
            yield value


@check('has no text relocations')
def text_relocations():
    for tag, value in dynamic(shared()):
        if tag == 'TEXTREL' or 'TEXTREL' in value:
            yield f'{tag} {value}'


# The rule: no object of ours has a writable section with anything in it. What
# else is writable in the shared library is the toolchain's (crtbegin, GOT).
# Exempt are constants that hold addresses, which the loader fills in and then
# makes read-only, and the function descriptors and TOC of 64-bit powerpc.
NOT_STATE = r'\.data\.rel\.ro(\..*)?|\.opd|\.toc'


@check('has no writable data of its own')
def writable():
    sections = re.findall(
        r'^\s*\[ *\d+\] (\S+) +\w+ +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) '
        r'[0-9a-f]{2} +([A-Za-z]*) ',
        run('readelf', '-SW', static()), flags=re.M)
    if ('.rodata', True) not in {(name.split('.str')[0], int(size, 16) > 0)
                                 for name, size, _ in sections}:
        yield 'there are no constants either; is readelf understood?'
    for name, size, flags in sections:
        if 'W' in flags and int(size, 16) and not re.fullmatch(
                NOT_STATE, name):
            yield f'{name}: {int(size, 16)} bytes'


@check(f'its code is at most {MAX_CODE} bytes')
def code():
    size = sum(int(bytes_, 16) for bytes_ in re.findall(
        r'^ *LOAD +\S+ +\S+ +\S+ +0x([0-9a-f]+) +\S+ +[RW ]*E',
        run('readelf', '-lW', shared()), flags=re.M))
    print(f'# {size} bytes of code')
    if not 0 < size <= MAX_CODE:
        yield f'{size} bytes in executable segments'


@check('only the shim calls the C library, and knows errno')
def only_the_shim():
    undefined = names('--undefined-only', core())
    if 'htab_shim_ioctl' not in undefined:
        yield 'the core does not call the shim?'
    # Compilers call the memory functions by themselves, for large structs,
    # and some add a stack protector; the others are names of tables.
    toolchain = {'memcpy', 'memset', '__stack_chk_fail',
                 '_GLOBAL_OFFSET_TABLE_', '.TOC.'}
    for name in sorted(undefined - names('--defined-only', core())):
        if not name.startswith('htab_shim_') and name not in toolchain:
            yield name


main()
