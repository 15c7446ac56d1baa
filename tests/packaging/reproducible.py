#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two builds of one source in two directories install the same bytes."""
import functools
import shutil

from checks import CC, check, files, main, run, source, temporary, tool


def copy(place):
    """The files of the project, in another directory"""
    for name in files():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, place / name)
    return place


@functools.cache
def places():
    """Two copies, whose names differ in length, too"""
    directory = temporary()
    return copy(directory / 'a'), copy(directory / 'another' / 'place')


def installed(place, buildtype, *options):
    """The installed files by name"""
    meson = tool('MESON', 'meson')
    build = place / f'build-{buildtype}'
    run(*meson, 'setup', build, place, f'--buildtype={buildtype}',
        '--prefix=/usr', '-Dtests=disabled', '-Dexamples=disabled',
        *options, CC=CC)
    run(*meson, 'compile', '-C', build)
    root = build / 'root'
    run(*meson, 'install', '-C', build, '--no-rebuild', DESTDIR=root)
    return {str(path.relative_to(root)): path.read_bytes()
            for path in root.rglob('*') if path.is_file()}


def same(buildtype, *options):
    first, second = (installed(place, buildtype, *options)
                     for place in places())
    for name in sorted(first.keys() | second.keys()):
        if first.get(name) != second.get(name):
            yield f'{name} differs'
        elif any(bytes(place) in first[name] for place in places()):
            yield f'{name} names the directory of the build'
    for suffix in '.a', '.h', '.pc', '.so':
        if not any(name.endswith(suffix) for name in first):
            yield f'no file *{suffix} is installed'


# The command is left out to save time. The options for it are the same.
check('two debug builds are equal')(functools.partial(
    same, 'debug', '-Dtools=disabled'))
check('two release builds are equal')(functools.partial(
    same, 'release', '-Dsim=disabled', '-Dtools=disabled', '-Dman=disabled'))

main()
