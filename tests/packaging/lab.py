#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The lab with missing kernels: a damaged mirror, and a directory of old ones.

The mirror is a local one with small packages, and a new key signs it. A damaged
suite looks like one that a mirror is synchronising: the signed Release file is
newer than the index that it describes.
"""
import functools
import hashlib
import os
import subprocess

from checks import check, main, run, source, temporary, tool

FETCH = source / 'tests/lab/fetch.sh'
BOOT = source / 'tests/lab/boot.py'
COMPARE = source / 'tests/differential/compare.py'
KERNEL = 'linux-image-6.12.1-powerpc64le'
MODULES = 'usr/lib/modules/6.12.1-powerpc64le/kernel/arch/powerpc/kvm'

WORK = temporary()
MIRROR = WORK / 'mirror'
KEYRING = WORK / 'keyring.gpg'
APT_WORDS_FOR_DAMAGE = 'Hash Sum mismatch'


def gpg(*arguments):
    run(*tool('GPG', 'gpg'), '--homedir', WORK / 'gpg', '--batch', '--quiet',
        '--yes', *arguments)


def package(name, *paths, depends=''):
    """The paragraph of the index for a new package that has these files"""
    root = WORK / name
    for path in ('DEBIAN/control', *paths):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    control = (f'Package: {name}\nVersion: 1\nArchitecture: ppc64el\n'
               f'Maintainer: nobody\nDescription: none\n{depends}')
    (root / 'DEBIAN/control').write_text(control)
    deb = MIRROR / f'{name}.deb'
    run('dpkg-deb', '--root-owner-group', '--build', root, deb)
    return (f'{control}Filename: {deb.name}\nSize: {deb.stat().st_size}\n'
            f'SHA256: {hashlib.sha256(deb.read_bytes()).hexdigest()}\n')


def suite(name, index):
    """A suite of the mirror, with that index"""
    packages = MIRROR / 'dists' / name / 'main/binary-ppc64el/Packages'
    packages.parent.mkdir(parents=True)
    packages.write_text(index)
    digest = hashlib.sha256(index.encode()).hexdigest()
    (WORK / 'Release').write_text(
        f'Suite: {name}\nCodename: {name}\nArchitectures: ppc64el\n'
        'Components: main\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n'
        f' {digest} {len(index)} main/binary-ppc64el/Packages\n')
    gpg('--clearsign', '--output', packages.parents[2] / 'InRelease',
        WORK / 'Release')


def damage(name):
    index = MIRROR / 'dists' / name / 'main/binary-ppc64el/Packages'
    index.write_text(index.read_text() + '\n')


@functools.cache
def make_mirror():
    """trixie and bookworm-backports have 6.12, bookworm has only busybox, and
    there is no sid."""
    for variable, name in ('GPG', 'gpg'), ('APT_GET', 'apt-get'):
        tool(variable, name)
    MIRROR.mkdir()
    (WORK / 'gpg').mkdir(mode=0o700)
    gpg('--passphrase', '', '--quick-gen-key', 'libhtab', 'ed25519', 'sign',
        'never')
    gpg('--output', KEYRING, '--export')
    index = '\n'.join([
        package('linux-image-powerpc64le', depends=f'Depends: {KERNEL}\n'),
        package(KERNEL, 'boot/vmlinux-6.12.1-powerpc64le',
                f'{MODULES}/kvm.ko', f'{MODULES}/kvm-hv.ko')])
    suite('bookworm', package('busybox-static', 'bin/busybox'))
    suite('trixie', index)
    suite('bookworm-backports', index)


def cache(name, *kernels):
    """An empty cache, or one with kernels in it."""
    directory = WORK / f'cache-{name}'
    for kernel in kernels:
        (directory / 'kernels' / kernel).mkdir(parents=True)
        (directory / 'kernels' / kernel / 'version').write_text(kernel)
    return directory


def lab(*command, **variables):
    """(exit status, standard output, standard error)"""
    env = {**os.environ, 'HTAB_MIRROR': f'file:{MIRROR}', 'HTAB_PAUSE': '0',
           'HTAB_KEYRING': str(KEYRING), 'HTAB_KERNELS': ''}
    done = subprocess.run(
        [str(word) for word in command], text=True, capture_output=True,
        env=env | {name: str(value) for name, value in variables.items()})
    return done.returncode, done.stdout, done.stderr


def differs(seen, expected, errors):
    if seen != expected:
        yield f'{seen}, not {expected}:\n{errors}'


@check('a mirror that is signed by an unknown key is refused')
def keyring():
    make_mirror()
    status, _, errors = lab(FETCH, '6.12', HTAB_CACHE=cache('keys'),
                            HTAB_KEYRING='')
    yield from differs(status, 1, errors)
    if 'is not signed' not in errors:
        yield errors


@check('a kernel comes from its next suite if the first one is damaged')
def next_suite():
    make_mirror()
    damage('trixie')
    where = cache('next', '6.1')
    status, _, errors = lab(FETCH, HTAB_CACHE=where)
    yield from differs(status, 0, errors)
    yield from differs(errors.count('no index of trixie'), 2, errors)
    for reason in (APT_WORDS_FOR_DAMAGE, '6.12.1-powerpc64le',
                   'sid: not available, and not required',
                   'forky-64k: not available, and not required'):
        if reason not in errors:
            yield f'"{reason}" is missing:\n{errors}'
    kept = {file.name for file in (where / 'kernels/6.12').iterdir()}
    yield from differs(kept, {'busybox', 'kvm-hv.ko', 'kvm.ko', 'version',
                              'vmlinux'}, errors)


@check('a kernel that no suite has is missing alone, and fetch.sh says why')
def no_suite():
    make_mirror()
    damage('trixie')
    damage('bookworm-backports')
    where = cache('none', '6.1')
    status, _, errors = lab(FETCH, HTAB_CACHE=where)
    yield from differs(status, 1, errors)
    yield from differs(errors.count(APT_WORDS_FOR_DAMAGE), 4, errors)
    yield from differs([line for line in errors.splitlines()
                        if line.endswith('6.12: not available')],
                       ['fetch.sh: 6.12: not available'], errors)
    if '6.1: 6.1, already there' not in errors:
        yield f'6.1 is not there:\n{errors}'


@check('a missing kernel fails its row, or skips it if it is only reported')
def missing_row():
    _, points, errors = lab(BOOT, '6.12', 'powernv8', '/bin/true',
                            HTAB_CACHE=cache('none'))
    if not points.startswith('not ok 1 ') or 'TODO' in points:
        yield points + errors
    _, points, errors = lab(BOOT, 'sid', 'powernv8', '/bin/true',
                            HTAB_CACHE=cache('none'))
    if points.splitlines()[-1:] != \
            ['1..0 # SKIP did not run: kernel sid is not in the cache']:
        yield points + errors
    for kernel, first in (('6.12', 'not ok 1 - boot (kernel 6.12 is not'),
                          ('sid', '# kernel sid is not in the cache')):
        _, points, errors = lab(COMPARE, '--kernel', kernel, '--machine',
                                'powernv8', '/bin/true', '/bin/true',
                                HTAB_CACHE=cache('none'))
        if not points.startswith(first):
            yield points + errors


@check('fetch.sh --any names a kernel that is there, and nothing else')
def any_kernel():
    make_mirror()
    suite('sid', (MIRROR / 'dists/trixie/main/binary-ppc64el/Packages')
          .read_text().removesuffix('\n'))
    for kernels, expected in ((['6.1'], (0, '6.1\n')), ([], (0, 'sid\n'))):
        status, name, errors = lab(FETCH, '--any', HTAB_CACHE=cache(
            f'any-{len(kernels)}', *kernels))
        yield from differs((status, name), expected, errors)


@check('a kernel of 64K pages is one, and its suites end before "on"')
def page_size():
    make_mirror()
    suite('forky', package('linux-image-powerpc64le-64k',
                           depends=f'Depends: {KERNEL}\n')
          + '\n' + (MIRROR / 'dists/bookworm-backports/main/binary-ppc64el/'
                    'Packages').read_text().removesuffix('\n'))
    status, _, errors = lab(FETCH, 'forky-64k', HTAB_CACHE=cache('pages'))
    yield from differs(status, 1, errors)
    for words in 'this is another kernel', 'forky-64k: not available':
        if words not in errors:
            yield f'"{words}" is missing:\n{errors}'
    if 'index of on' in errors or 'index of powernv8' in errors:
        yield errors


def listed(**variables):
    _, rows, errors = lab(BOOT, '--list', **variables)
    return {tuple(row.split()) for row in rows.splitlines()}, errors


@check('a kernel runs on the machines that the table has for it, or on all')
def machines():
    rows, errors = listed()
    every = {machine for kernel, machine, _ in rows if kernel == '6.12'}
    yield from differs({row for row in rows if row[0] == 'sid-64k'},
                       {('sid-64k', 'powernv8', 'reported'),
                        ('sid-64k', 'powernv10', 'reported')}, errors)
    yield from differs({row[1] for row in rows} - every, set(), errors)
    status, _, errors = lab(BOOT, 'sid-64k', 'nested', '/bin/true')
    yield from differs(status, 2, errors)
    if 'the table does not let kernel sid-64k run on nested' not in errors:
        yield errors


@check('kernels of a directory are required, on the machines they run on')
def directory():
    old = WORK / 'old'
    old.mkdir()
    for version in ('4.3.0', '4.14.67'):
        (old / f'vmlinux-{version}.xz').write_text('')
    before, _ = listed()
    rows, errors = listed(HTAB_KERNELS=old)
    small = 'powernv8 powernv8-smallcma'
    all_of_4_14 = f'{small} powernv8-nocma powernv9 powernv9-hash'
    yield from differs(rows - before, {
        *(('4.3.0', machine, 'required') for machine in small.split()),
        *(('4.14.67', machine, 'required')
          for machine in all_of_4_14.split())}, errors)
    yield from differs(before - rows, set(), errors)


@check('a directory without kernels is an error, and a damaged one a failure')
def bad_directory():
    empty = WORK / 'empty'
    empty.mkdir()
    status, _, errors = lab(BOOT, '--list', HTAB_KERNELS=empty)
    if status == 0 or 'holds no vmlinux-' not in errors:
        yield f'status {status}: {errors}'
    _, points, errors = lab(BOOT, '4.3.0', 'powernv8', '/bin/true',
                            HTAB_KERNELS=WORK / 'old',
                            HTAB_CACHE=cache('damaged'))
    if not points.startswith('not ok 1 ') or 'cannot unpack' not in points:
        yield points + errors


main()
