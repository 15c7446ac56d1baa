#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The script that makes a release"""
import re
import sys

from checks import Failed, check, main, run
from repository import copy_of_source, git

MAPS = {'lib/libhtab.map': ['LIBHTAB'],
        'lib/sim/libhtab-sim.map': ['LIBHTAB', 'LIBHTAB_SIM']}


def prepared():
    """A repository in which 0.3 is to be released"""
    place = copy_of_source()
    for name, nodes in MAPS.items():
        with open(place / name, 'a') as file:
            for node in nodes:
                file.write(f'\n{node}_UNRELEASED {{\nglobal:\n\tx;\n}} '
                           f'{node}_0.2;\n')
    news = place / 'NEWS.md'
    news.write_text(re.sub('^## ', '## 0.3 (not released yet)\n\n* New.\n\n## ',
                           news.read_text(), count=1, flags=re.M))
    # tests/abi/update.sh needs libraries that are built.
    (place / 'tests/abi/update.sh').unlink(missing_ok=True)
    git(place, 'add', '--all')
    git(place, 'commit', '--quiet', '--message=0.3')
    return place


def release(place, *arguments):
    return run(sys.executable, '-B', place / 'release', *arguments,
               GIT_AUTHOR_NAME='Test', GIT_AUTHOR_EMAIL='test@example.org',
               GIT_COMMITTER_NAME='Test',
               GIT_COMMITTER_EMAIL='test@example.org')


def refused(place, *arguments):
    before = git(place, 'rev-parse', 'HEAD'), git(place, 'status', '-s')
    try:
        release(place, *arguments)
        yield f'{arguments} is not refused'
    except Failed as failed:
        if 'release: ' not in str(failed):
            yield str(failed)
    if before != (git(place, 'rev-parse', 'HEAD'), git(place, 'status', '-s')):
        yield f'{arguments} is refused, but has changed files'


@check('a release edits every file that names the version, and commits')
def edits():
    place = prepared()
    release(place, '0.3.0', '--dry-run')
    if git(place, 'log', '-1', '--format=%s').strip() != '0.3':
        yield '--dry-run commits'
    release(place, '0.3.0')
    if git(place, 'status', '--porcelain') or \
            git(place, 'log', '-1', '--format=%s').strip() != 'Release 0.3.0':
        yield 'is not committed'
    for name, line in (
            ('meson.build', r"    version: '0\.3\.0',"),
            ('meson.build', r"abi_version = '0\.3\.0'"),
            ('include/libhtab.h', r'#define HTAB_VERSION_MAJOR\s+0'),
            ('include/libhtab.h', r'#define HTAB_VERSION_MINOR\s+3'),
            ('include/libhtab.h', r'#define HTAB_VERSION_PATCH\s+0'),
            ('include/libhtab.h', r'#define HTAB_VERSION\s+"0\.3\.0"'),
            ('libhtab.spec', r'Version:\s+0\.3\.0'),
            ('NEWS.md', r'## 0\.3 \(\d{4}-\d\d-\d\d\)'),
            ('man/pages.ini', r'date = [A-Z][a-z]+ \d+, \d{4}'),
            *((name, rf'{node}_0\.3 \{{')
              for name, nodes in MAPS.items() for node in nodes)):
        text = (place / name).read_text()
        if len(re.findall(f'^{line}$', text, re.M)) != 1:
            yield f'{name} has no line {line}'
        if re.search(r'^\w+_UNRELEASED \{', text, re.M):
            yield f'{name} still has a node UNRELEASED'
    git(place, 'tag', 'v0.3.0')
    yield from refused(place, '0.3.0')


@check('a release is refused that is old, or has changes or no news')
def refusals():
    place = prepared()
    for version in '0.1.9', '0.3', '0.4.0', '0.3.1':
        yield from refused(place, version)
    (place / 'README.md').write_text('changed')
    yield from refused(place, '0.3.0')


main()
