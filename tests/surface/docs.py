#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the header says, the library does and the tests try."""
import re

from surface import check, declared, files, header, main, source, \
    without_comments


def errors(text):
    """The error codes in it, without the minus: -EBUSY, but not EBUSY."""
    return set(re.findall(r'-(E[A-Z0-9]+)\b', text))


def tests():
    """The tests' code by file name. test-error.c lists every code that there
    is, so for none of them does it show that anything returns it."""
    return {name: without_comments((source / name).read_text())
            for name in files() if name.suffix == '.c'
            and name.parts[:2] in (('tests', 'unit'), ('tests', 'conformance'))
            and name.name != 'test-error.c'}


def library():
    """The library's code by file name, without the simulator's."""
    return {name: without_comments((source / name).read_text())
            for name in files()
            if name.parts[:-1] == ('lib',) and name.suffix in ('.c', '.h')}


@check('every function has a comment of its own with Return: and Since:')
def documented():
    comment_of = {}
    for comment, name in re.findall(
            r'/\*((?:(?!\*/).)*)\*/\s*(?:\w+[\s*]+)+(\w+)\(',
            header.read_text(), flags=re.S):
        comment_of[name] = comment
    for name in sorted(declared()):
        comment = comment_of.get(name, '')
        if not re.match(rf'\s*\* {name}\(\) - ', comment):
            yield f'{name}: no comment that begins with "{name}() - "'
        for word in ('Return: ', 'Since: '):
            if word not in comment:
                yield f'{name}: no "{word}"'


@check('every function is called in a test')
def called():
    # test-error.c is the test of htab_strerror().
    code = ' '.join(tests().values()) + without_comments(
        (source / 'tests/unit/test-error.c').read_text())
    for name in sorted(declared()):
        if not re.search(rf'\b{name}\s*\(', code):
            yield f'{name}: not called in tests/unit or tests/conformance'


@check('every error in the header is provoked in a test')
def provoked():
    code = ' '.join(tests().values())
    for error in sorted(errors(header.read_text())):
        if not re.search(rf'\b{error}\b', code):
            yield f'{error}: not in tests/unit or tests/conformance'


@check('every error that the library makes is in the header')
def listed():
    in_header = errors(header.read_text())
    for name, code in library().items():
        # What it compares with comes from the kernel.
        made = errors(re.sub(r'([=!]=|\bcase)\s*-E\w+', '', code))
        for error in sorted(made - in_header):
            yield f'{name}: {error} is not in libhtab.h'


@check('every error in the header, and no other, has a text')
def explained():
    cases = set(re.findall(r'\bcase -(E\w+):',
                           (source / 'lib/error.c').read_text()))
    for error in sorted(cases ^ errors(header.read_text())):
        yield f'{error}: only in one of libhtab.h and htab_strerror()'


@check('only the shim includes system call headers')
def only_shim_enters_the_kernel():
    for name, code in library().items():
        includes = set(re.findall(r'#\s*include\s*<((?:sys/\w+|unistd|fcntl|'
                                  r'poll)\.h)>', code)) - {'sys/types.h'}
        if name.name == 'shim.c':
            if 'sys/ioctl.h' not in includes:
                yield 'shim.c does not include <sys/ioctl.h>; who does?'
        elif includes:
            yield f'{name} includes {includes}'


main()
