#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks of every file of the project: licence, hosts, paths, scripts"""
import re

from checks import check, files, main, run, source, tool

# A path or a host of this kind exists for one developer only. The brackets keep
# this file from finding itself.
MACHINE = re.compile(r'(?<![\w}.])/(?:[w]ork|[r]oot|[h]ome)/')
REGISTRY = re.compile(
    r'(?:[d]eb|[f]tp|[s]ecurity|[s]napshot|[a]rchive)\.(?:debian|ubuntu)\.|'
    r'[p]ypi\.org|[p]ythonhosted|[n]pmjs|[c]rates\.io|[g]hcr\.io|[q]uay\.io|'
    r'[d]ocker\.io|[p]roxy\.golang', re.I)


# The formats of these files have no comments.
NO_COMMENT = {'LICENSE', 'debian/changelog', 'debian/libhtab-doc.doc-base',
              'debian/source/format'}


def texts():
    for name in files():
        try:
            yield name, (source / name).read_text()
        except UnicodeDecodeError:
            yield name, ''


def first_line(text):
    return text.split('\n', 1)[0]


@check('every file has an SPDX line')
def spdx():
    for name, text in texts():
        head = '\n'.join(text.splitlines()[:5])
        if name.as_posix() not in NO_COMMENT and \
                not re.search(r'\bSPDX-License-Identifier: MIT\b', head):
            yield str(name)


@check('no file names a package registry or a place on one machine')
def portable():
    for name, text in texts():
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE.search(line) or REGISTRY.search(line):
                yield f'{name}:{number}: {line.strip()}'


@check('shellcheck does not complain')
def shell():
    scripts = [source / name for name, text in texts()
               if name.suffix == '.sh' or name.parent.name == 'completion'
               or re.match(r'#!.*\b(ba|da)?sh\b', first_line(text))]
    run(*tool('SHELLCHECK', 'shellcheck'), '--external-sources',
        f'--source-path=SCRIPTDIR:{source}', *scripts)


@check('every Python file compiles')
def python():
    for name, text in texts():
        if name.suffix == '.py' or re.match(r'#!.*\bpython', first_line(text)):
            try:
                compile(text, name, 'exec', dont_inherit=True)
            except SyntaxError as error:
                yield f'{name}:{error.lineno}: {error.msg}'


main()
