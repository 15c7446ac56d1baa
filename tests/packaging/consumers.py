#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs outside of the tree find the libraries, link them and run."""
import re
import shutil

from checks import CC, build, check, main, run, temporary, tool
from installed import beside, built, compile_consumer, consumer, installed, \
    links, opt, pkg_config, prints_its_output, relocated, root, vmm, works

SYSTEM_HEADERS = {'errno.h', 'linux/kvm.h', 'stdbool.h', 'stddef.h',
                  'stdint.h', 'stdio.h', 'sys/types.h', 'unistd.h',
                  # libiberty's, which libhtab.h warns of
                  'hashtab.h'}


@check('an install is the headers, the libraries and the .pc files')
def install():
    build(built, '--buildtype=release', '--prefix=/opt/libhtab',
          '--libdir=lib', '-Dsim=enabled')
    run(*tool('MESON', 'meson'), 'install', '-C', built, DESTDIR=root)
    for name in 'libhtab.pc', 'libhtab-sim.pc':
        text = (opt / 'lib/pkgconfig' / name).read_text()
        (relocated / name).write_text(text.replace('/opt/libhtab', str(opt)))
    found = {re.sub(r'(\.so\.0)\.[\d.]+$', r'\1.VERSION',
                    str(path.relative_to(root)))
             for path in root.rglob('*') if not path.is_dir()}
    expected = {f'opt/libhtab/{path}'.replace('LIBRARY', library)
                for library in ('libhtab', 'libhtab-sim') for path in (
        'include/LIBRARY.h', 'lib/LIBRARY.a', 'lib/LIBRARY.so',
        'lib/LIBRARY.so.0', 'lib/LIBRARY.so.0.VERSION',
        'lib/pkgconfig/LIBRARY.pc')}
    expected.add('opt/libhtab/lib/libhtab-sim-preload.so')
    for name in sorted(found ^ expected):
        yield f"{name}: {'not expected' if name in found else 'missing'}"


@check('what is installed names no file that is not')
def no_dangling_names():
    there = {path.name for path in root.rglob('*')}
    for path in sorted(opt.rglob('*')):
        if path.suffix not in ('.h', '.pc'):
            continue
        for name in re.findall(r'[\w./-]*\w\.(?:c|h|md|txt|py|build|ini)\b|'
                               r'\b(?:docs|examples|tests|lib)/[\w./-]+',
                               path.read_text()):
            named = re.sub('.*/', '', name)
            if named not in there and name not in SYSTEM_HEADERS:
                yield f'{path.name} names {name}'


@check('the .pc files ask for their library only')
def frugal():
    for package, needed in ('libhtab', set()), ('libhtab-sim', {'-pthread'}):
        expected = {f'-I{opt}/include', f'-L{opt}/lib', f'-l{package[3:]}'}
        found = set(pkg_config('--static', '--cflags', '--libs',
                               package=package))
        for flag in sorted(found ^ (expected | needed)):
            yield f'{package}: {flag}'


@check('the .pc files have the version of the header')
def version():
    for package in 'libhtab', 'libhtab-sim':
        version, = pkg_config('--modversion', package=package)
        if f'"{version}"' not in (opt / 'include/libhtab.h').read_text():
            yield f'{package}: {version}'


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
    run(*tool('MAKE', 'make'), '-C', place, *arguments, CC=CC,
        **installed)
    return place / 'consumer'


@check('Makefile, shared')
def makefile():
    return works(make(), True, LD_LIBRARY_PATH=opt / 'lib')


@check('Makefile, all static')
def makefile_static():
    return works(make('PKG_CONFIG=pkg-config --static', 'LDFLAGS=-static'),
                 False)


def test_vmm(soname, *arguments, **variables):
    """Runs the tests of a VMM as its author does."""
    place = temporary() / 'vmm'
    shutil.copytree(vmm, place)
    out = run(*tool('MAKE', 'make'), '-C', place, 'check', *arguments, CC=CC,
              CPPFLAGS='-Werror', **beside, **variables)
    if '15 test(s) run' not in out:
        yield f'other than 15 tests: {out}'
    yield from links(place / 'test-vmm', soname)
    run('make', '-C', place, 'vmm-sim', *arguments, CC=CC,
        CPPFLAGS='-Werror', **beside, **variables)
    yield from prints_its_output(run(place / 'vmm-sim', **variables))


@check('a VMM\'s tests: Makefile, shared')
def vmm_shared():
    return test_vmm('libhtab-sim.so.0', LD_LIBRARY_PATH=opt / 'lib')


@check('a VMM\'s tests: Makefile, libhtab-sim static')
def vmm_static():
    return test_vmm(None, 'LINK=-Wl,-Bstatic',
                    'PKG_CONFIG=pkg-config --static')


@check('a VMM\'s tests: Meson, installed')
def vmm_meson():
    meson = tool('MESON', 'meson')
    place = temporary() / 'build'
    run(*meson, 'setup', place, vmm, '--werror', CC=CC, **beside)
    run(*meson, 'compile', '-C', place)
    run(*meson, 'test', '-C', place, LD_LIBRARY_PATH=opt / 'lib')
    yield from links(place / 'test-vmm', 'libhtab-sim.so.0')
    yield from links(place / 'vmm', 'libhtab.so.0')
    yield from prints_its_output(run(place / 'vmm-sim',
                                     LD_LIBRARY_PATH=opt / 'lib'))


@check('not installed: meson devenv')
def uninstalled():
    meson = tool('MESON', 'meson')
    devenv = (*meson, 'devenv', '-C', built)
    pkg_config = (*devenv, *tool('PKG_CONFIG', 'pkg-config'), '--cflags',
                  '--libs')
    program = compile_consumer('uninstalled',
                               *run(*pkg_config, 'libhtab').split())
    yield from works(program, True, devenv)
    program = compile_consumer('uninstalled-sim',
                               *run(*pkg_config, 'libhtab-sim').split())
    run(*devenv, program)
    yield from links(program, 'libhtab-sim.so.0')


# These modules register their checks, which run after those above.
import both         # noqa: E402
import preloaded    # noqa: E402
import subprojects  # noqa: E402

main()
