# SPDX-License-Identifier: MIT
"""Checks of the library as a part of a VMM's build. consumers.py imports this
module."""
import functools
import json
import re
import shutil
import sys
import tarfile

from checks import CC, Failed, check, files, run, source, temporary, tool
from installed import consumer, links, vmm, works


def with_subproject(project):
    """A copy of a VMM's project, with libhtab as a subproject"""
    place = temporary() / 'project'
    shutil.copytree(project, place)
    for name in files():
        copy = place / 'subprojects' / 'libhtab' / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, copy)
    return place


def subproject(how, library):
    meson = tool('MESON', 'meson')
    place = with_subproject(consumer)
    log = run(*meson, 'setup', place / 'build', place, f'-Dhow={how}',
              f'-Dlibrary={library}', '--force-fallback-for=libhtab', CC=CC)
    run(*meson, 'compile', '-C', place / 'build')
    yield from works(place / 'build' / 'consumer', library == 'shared')

    # A VMM's build does not look for the tools of our tests.
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


@check('Meson subproject with sim=enabled: a VMM\'s tests')
def subproject_sim():
    meson = tool('MESON', 'meson')
    place = with_subproject(vmm)
    run(*meson, 'setup', place / 'build', place,
        '--force-fallback-for=libhtab,libhtab-sim', CC=CC)
    run(*meson, 'test', '-C', place / 'build')
    yield from links(place / 'build' / 'test-vmm', 'libhtab-sim.so.0')


@check('Meson subproject: libhtab_sim_dep is found if asked for')
def subproject_variable():
    meson = tool('MESON', 'meson')
    project = temporary()
    (project / 'meson.build').write_text("""
        project('probe', 'c')
        message('found:', subproject('libhtab').get_variable(
            'libhtab_sim_dep').found())
    """)
    place = with_subproject(project)
    for asked, expected in ((), 'false'), (('-Dlibhtab:sim=enabled',), 'true'):
        log = run(*meson, 'setup', temporary(), place, *asked, CC=CC)
        if f'found: {expected}' not in log:
            yield f'{asked}: not {expected}'


@check('Meson subproject: the wrap file of a release')
def wrap():
    """The tarball has the name and the directory that meson dist gives it, and
    a VMM's project has only the wrap file."""
    meson = tool('MESON', 'meson')
    version = re.search(r"version: '(.*)'",
                        (source / 'meson.build').read_text())[1]
    tarball = temporary() / f'libhtab-{version}.tar.xz'
    with tarfile.open(tarball, 'w:xz', preset=0) as packed:
        for name in files():
            packed.add(source / name, f'libhtab-{version}/{name}')
    text = run(sys.executable, '-B', source / 'release', '--wrap', tarball,
               tarball.parent.as_uri())
    project = temporary()
    (project / 'meson.build').write_text("""
        project('probe', 'c')
        message('found:', dependency('libhtab').found(),
                dependency('libhtab-sim', required: false).found())
    """)
    subprojects = project / 'subprojects'
    subprojects.mkdir()
    (subprojects / 'libhtab.wrap').write_text(text)
    for asked, expected in ((), 'true false'), \
            (('-Dlibhtab:sim=enabled',), 'true true'):
        log = run(*meson, 'setup', temporary(), project, *asked,
                  '--force-fallback-for=libhtab,libhtab-sim', CC=CC)
        if f'found: {expected}' not in log:
            yield f'{asked}: not {expected}: {log}'
    # The sum is that of this tarball: with another, Meson refuses it.
    for path in subprojects.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    tarball.write_bytes(tarball.read_bytes() + b'\0')
    try:
        run(*meson, 'setup', temporary(), project,
            '--force-fallback-for=libhtab', CC=CC)
        yield 'a tarball with another sum is accepted'
    except Failed:
        pass
