#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A program outside of the tree finds the library, links it and runs."""
import functools
import json
import re
import shlex
import shutil

from surface import CC, build, check, files, main, run, source, \
    temporary, tool

consumer = source / 'pkgconfig' / 'consumer'
directory = temporary()
built = directory / 'build'
root = directory / 'root'
opt = root / 'opt' / 'libhtab'

# Where the package lies, without a trace of it in the .pc file: a DESTDIR that
# pkg-config takes for the root of another system.
installed = {'PKG_CONFIG_SYSROOT_DIR': root,
             'PKG_CONFIG_LIBDIR': opt / 'lib' / 'pkgconfig'}


def pkg_config(*arguments):
    return run(*tool('PKG_CONFIG', 'pkg-config'), *arguments, 'libhtab',
               **installed).split()


def compile_consumer(name, *flags):
    program = directory / name
    run(*shlex.split(CC), consumer / 'consumer.c', '-o', program, *flags)
    return program


def works(program, needs_shared, command=(), **variables):
    """The program runs, and has the library in it or not."""
    for line in run(*command, program, **variables).splitlines():
        print(f'# {line}')
    needs = '[libhtab.so.0]' in run('readelf', '-dW', program)
    defines = bool(re.search(r' T htab_alloc$', run('nm', program), re.M))
    if needs != needs_shared or defines == needs_shared:
        yield f'needs libhtab.so.0: {needs}; has htab_alloc(): {defines}'


@check('an install is the header, the libraries and the .pc file')
def install():
    build(built, '--buildtype=release', '--prefix=/opt/libhtab',
          '--libdir=lib')
    run(*tool('MESON', 'meson'), 'install', '-C', built, DESTDIR=root)
    found = {re.sub(r'(\.so\.0)\.[\d.]+$', r'\1.VERSION',
                    str(path.relative_to(root)))
             for path in root.rglob('*') if not path.is_dir()}
    expected = {f'opt/libhtab/{path}' for path in (
        'include/libhtab.h', 'lib/libhtab.a', 'lib/libhtab.so',
        'lib/libhtab.so.0', 'lib/libhtab.so.0.VERSION',
        'lib/pkgconfig/libhtab.pc')}
    for name in sorted(found ^ expected):
        yield f"{name}: {'not expected' if name in found else 'missing'}"


@check('the .pc file asks for the library only')
def frugal():
    for flag in pkg_config('--static', '--cflags', '--libs'):
        if flag not in (f'-I{opt}/include', f'-L{opt}/lib', '-lhtab'):
            yield flag


@check('the .pc file has the version of the header')
def version():
    version, = pkg_config('--modversion')
    if f'"{version}"' not in (opt / 'include' / 'libhtab.h').read_text():
        yield version


@check('pkg-config, shared')
def shared():
    program = compile_consumer('shared', *pkg_config('--cflags', '--libs'))
    return works(program, True, LD_LIBRARY_PATH=opt / 'lib')


@check('pkg-config, the library static')
def static():
    program = compile_consumer(
        'static', *pkg_config('--cflags'), '-Wl,-Bstatic',
        *pkg_config('--libs', '--static'), '-Wl,-Bdynamic')
    return works(program, False)


@check('pkg-config, all static')
def all_static():
    program = compile_consumer('all-static', '-static', *pkg_config(
        '--static', '--cflags', '--libs'))
    yield from works(program, False)
    if 'NEEDED' in run('readelf', '-dW', program):
        yield 'not a static program'


def make(*arguments):
    place = temporary() / 'consumer'
    shutil.copytree(consumer, place)
    run('make', '-C', place, *arguments, CC=CC,
        **installed)
    return place / 'consumer'


@check('Makefile, shared')
def makefile():
    return works(make(), True, LD_LIBRARY_PATH=opt / 'lib')


@check('Makefile, all static')
def makefile_static():
    return works(make('PKG_CONFIG=pkg-config --static', 'LDFLAGS=-static'),
                 False)


@check('not installed: meson devenv')
def uninstalled():
    meson = tool('MESON', 'meson')
    devenv = (*meson, 'devenv', '-C', built)
    flags = run(*devenv, *tool('PKG_CONFIG', 'pkg-config'), '--cflags',
                '--libs', 'libhtab')
    program = compile_consumer('uninstalled', *flags.split())
    return works(program, True, devenv)


def subproject(how, library):
    meson = tool('MESON', 'meson')
    place = temporary() / 'consumer'
    shutil.copytree(consumer, place)
    for name in files():
        copy = place / 'subprojects' / 'libhtab' / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, copy)
    log = run(*meson, 'setup', place / 'build', place, f'-Dhow={how}',
              f'-Dlibrary={library}', '--force-fallback-for=libhtab', CC=CC)
    run(*meson, 'compile', '-C', place / 'build')
    yield from works(place / 'build' / 'consumer', library == 'shared')

    # A VMM's build is not the place for what belongs to our own.
    if re.search('cmocka', log, re.I):
        yield 'looks for CMocka'
    targets = json.loads(run(*meson, 'introspect', '--targets',
                             place / 'build'))
    for target in targets:
        where = re.sub('.*/subprojects/', '', target['defined_in'])
        if where not in ('libhtab/lib/meson.build', f'{place}/meson.build'):
            yield f"{where} builds {target['name']}"
    if len(targets) < 2:
        yield 'the library is not among the targets?'


for how, library in (('dependency', 'shared'), ('dependency', 'static'),
                     ('variable', 'static')):
    check(f'Meson subproject, {how}, {library}')(
        functools.partial(subproject, how, library))

main()
