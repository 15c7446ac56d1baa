#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The headers, the library and the tests agree."""
import re

from checks import check, declared, files, header, main, sim_header, source, \
    without_comments


def errors(text):
    """The error codes in the text that have a minus (-EBUSY), without it"""
    return set(re.findall(r'-(E[A-Z0-9]+)\b', text))


def tests(*places):
    """The code of the tests by file name. test-error.c lists every error, so it
    does not show that a function returns one, and is left out."""
    return {name: without_comments((source / name).read_text())
            for name in files() if name.suffix == '.c'
            and name.parent.as_posix() in places
            and name.name != 'test-error.c'}


def function(code, name):
    """The lines of a function's body that are not blank."""
    body = re.search(rf'\b{name}\([^;{{]*\)\n{{\n(.*?)^}}', code,
                     flags=re.M | re.S)
    return [line for line in body[1].splitlines() if line.strip()]


def library():
    """The library's code by file name, without the simulator's."""
    return {name: without_comments((source / name).read_text())
            for name in files()
            if name.parts[:-1] == ('lib',) and name.suffix in ('.c', '.h')}


def not_called(names, *places):
    # test-error.c is the test of htab_strerror().
    code = ' '.join(tests(*places).values()) + without_comments(
        (source / 'tests/unit/test-error.c').read_text())
    for name in sorted(names):
        if not re.search(rf'\b{name}\s*\(', code):
            yield f'{name}: not called in {", ".join(places)}'


@check('every function is called in a test')
def called():
    return not_called(declared(), 'tests/unit', 'tests/conformance')


@check('every function of libhtab-sim.h is called in a test')
def called_sim():
    return not_called(declared(sim_header), 'tests/sim', 'tests/unit',
                      'tests/conformance', 'tests/host', 'examples/vmm')


# The README promises these numbers of lines in the body of a test.
PROMISES = {'reset_of_a_running_guest_is_refused': 5,
            'short_host_gives_a_smaller_table': 4}


@check('EBUSY takes a VMM five lines of test, a smaller table four')
def short_tests():
    code = (source / 'examples/vmm/test-vmm.c').read_text()
    for name, most in PROMISES.items():
        lines = function(without_comments(code), name)
        for line in lines:
            if line.count(';') != 1 or len(line) > 72:
                yield f'{name}: not a statement on a line: {line}'
        if not 0 < len(lines) <= most:
            yield f'{name}: {len(lines)} lines, not {most}'


@check('the README shows the five-line test as it is')
def readme_test():
    readme = (source / 'README.md').read_text()
    test, = re.findall(r'^static void reset_of_a_.*?^}\n',
                       (source / 'examples/vmm/test-vmm.c').read_text(),
                       flags=re.M | re.S)
    if test not in readme:
        yield test


@check('every error in the header is provoked in a test')
def provoked():
    code = ' '.join(tests('tests/unit', 'tests/conformance').values())
    for error in sorted(errors(header.read_text())):
        if not re.search(rf'\b{error}\b', code):
            yield f'{error}: not in tests/unit or tests/conformance'


@check('every error that the library makes is in the header')
def listed():
    in_header = errors(header.read_text())
    for name, code in library().items():
        # An error that the code compares with comes from the kernel.
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
                yield 'shim.c does not include <sys/ioctl.h>'
        # uapi.h needs _IOWR(). That only the shim calls ioctl() is checked in
        # library.py too.
        elif includes - ({'sys/ioctl.h'} if name.name == 'uapi.h' else set()):
            yield f'{name} includes {includes}'


def flowing(text):
    """A file's text with comments' lines joined, so that none ends a phrase."""
    return re.sub(r'\s*\n[ \t]*(\*(?!/)|#|//)?\s*', ' ', text)


def cited(text):
    """The sections that a text cites, in quotes after the page's name and a
    comma; several with commas or "and" between. '' for a citation of none."""
    for names in re.findall(
            r'\bdocs/kernels\.md,((?:(?:,| and|)\s*"[^"]+")*)',
            flowing(text)):
        yield from re.findall(r'"([^"]+)"', names) or ['']


@check('every section of docs/kernels.md that is cited exists')
def sections_exist():
    page = (source / 'docs/kernels.md').read_text()
    sections = set(re.findall(r'^##+ (.*)$', page, re.M))
    citations = 0
    for name in files():
        if name.parts[0] in ('include', 'lib', 'tests', 'examples',
                             'tools') or \
                name.name == 'README.md':
            for section in cited((source / name).read_text()):
                citations += 1
                if section not in sections:
                    yield f'{name}: docs/kernels.md has no "{section}"'
    # Within the page, what is quoted and begins with a capital is a section.
    for section in re.findall(r'"([A-Z][^"]+)"', flowing(page)):
        if section not in sections:
            yield f'docs/kernels.md has no "{section}"'
    if not citations:
        yield 'no citation was found at all'


@check('no file cites a document that is not in the repository')
def only_our_documents():
    for name in files():
        if name.parts[0] in ('docs', 'include', 'lib', 'examples', 'man',
                             'tests', 'tools') or \
                name.name == 'README.md':
            if re.search('[k]ernel-facts', (source / name).read_text()):
                yield f'{name}: names kernel-' 'facts'


@check('lib/uapi.h declares only what libhtab itself uses')
def no_foreign_abi():
    text = (source / 'lib/uapi.h').read_text()
    names = set(re.findall(r'^#define (UAPI_KVM_(?!TYPE\b)\w+)', text, re.M))
    used = ' '.join(code for name, code in library().items()
                    if name.name != 'uapi.h')
    for name in sorted(names):
        if not re.search(rf'\b{name}\b', used):
            yield f'{name}: lib/sim/uapi-sim.h is for what only it uses'


main()
