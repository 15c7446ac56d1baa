#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The ABI of the libraries is that of the stored baselines in tests/abi.

abidw reads it from the debug information of a build of its own, for x86-64 and
ppc64le, and abidiff compares. Each complaint is one line. With --update this
writes the baselines instead; tests/abi/update.sh calls it.

A new enumerator and a const more or less do not count as changes. A new symbol
counts, unless it is in an UNRELEASED node.
"""
import functools
import re
import shlex
import shutil
import subprocess
import sys

from checks import CC, Failed, Missing, Skip, build, check, main, run, source, \
    temporary, tool

BASELINES = source / 'tests' / 'abi'
LIBRARIES = {'libhtab': 'lib/libhtab.so',
             'libhtab-sim': 'lib/sim/libhtab-sim.so'}
# What starts the name of the compiler's target
MACHINES = {'x86_64': 'x86_64-', 'ppc64le': 'powerpc64le-'}
CROSS = {'ppc64le': ('powerpc64le-linux-gnu-gcc', 'powerpc64le.ini')}
HEADERS = source / 'include'

# Without paths, and with the identifiers of types that do not move when a type
# is added. Private types are none of a program's business.
ABIDW = ['--no-corpus-path', '--no-comp-dir-path', '--no-show-locs',
         '--no-elf-needed', '--no-parameter-names', '--type-id-style', 'hash',
         '--drop-undefined-syms', '--drop-private-types']


@functools.cache
def built(machine):
    """Builds both libraries for that machine. Returns the directory."""
    options = ['-Dsim=enabled', '-Dpreload=disabled', '--buildtype=debug',
               '-Ddefault_library=shared']
    target = run(*shlex.split(CC), '-dumpmachine')
    if not target.startswith(MACHINES[machine]):
        if machine not in CROSS:
            raise Skip(f'{CC} does not compile for {machine}')
        compiler, cross_file = CROSS[machine]
        if not shutil.which(compiler):
            raise Missing(f'{compiler} is not installed')
        options += ['--cross-file', source / 'tests' / 'cross' / cross_file]
    directory = temporary()
    build(directory, *options)
    return directory


def baseline(machine, library):
    return BASELINES / f'{library}-{machine}.abi'


def dump(library, headers, path):
    """Writes the ABI of a library. abidw names each source file as seen from
    the build directory, and abidiff refuses a file with a comment above its
    root."""
    text = run('abidw', *ABIDW, '--headers-dir', headers, library)
    text = re.sub(r"path='[^']*?(lib/[^']*)'", r"path='\1'", text)
    root, rest = text.split('\n', 1)
    path.write_text(
        f'{root}\n  <!-- SPDX-License-Identifier: MIT -->\n{rest}')


def one_line(lines):
    """Joins the indented lines that abidiff wrote about one change."""
    line = ''
    for part in map(str.strip, lines):
        if part and part != "type size hasn't changed":
            line += part + (' ' if part.endswith(':') else '; ')
    # "htab_f: parameter 2 changed from X to Y" says all of the longer forms.
    line = re.sub(r"(parameter \d+) of type '[^']*' changed:", r'\1 changed:',
                  line)
    line = re.sub(r"changed: (?:pointer type|type name|typedef name|entity) "
                  r"changed from:? '?([^';]*?)'? to:? '?([^';]*?)'?;",
                  r'changed from \1 to \2;', line)
    return re.sub(r"\['?|'\]", '', line).removesuffix('; ')


def complaints(report):
    """One line for each change in a report of `abidiff --leaf-changes-only`."""
    subject, lines = None, []
    for line in [*report.splitlines(), "'' changed:"]:
        symbol = re.match(r"  \[([AD])\] .*\{(\w+)@@([\w.]+)\}", line)
        function = re.match(r"  \[C\] '[^']*?(\w+)\(", line)
        kind = re.match(r"'([^']*)' changed:", line)
        if subject and (symbol or function or kind or line[:1] not in ' '):
            yield one_line([f'{subject}:', *lines])
            subject, lines = None, []
        if symbol and symbol[1] == 'D':
            yield f'{symbol[2]} was removed from {symbol[3]}'
        elif symbol and not symbol[3].endswith('_UNRELEASED'):
            yield f'{symbol[2]} was added to {symbol[3]}, which is released'
        elif function or kind:
            subject, lines = (function or kind)[1], []
        elif subject:
            lines.append(line)


def compare(old, new):
    """What has changed from one dump to another. abidiff must not read the
    library itself: with --drop-private-types it takes every struct of the
    baseline for a private one, because the baseline has no locations, and does
    not report that it grew."""
    command = ['abidiff', '--leaf-changes-only', '--no-show-locs',
               '--show-bytes', old, new]
    done = subprocess.run([str(word) for word in command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # 1 and 2 are errors, 4 is a change, and 8 one that certainly breaks.
    if done.returncode & 3:
        raise Failed(f'{shlex.join(map(str, command))}:\n{done.stdout}')
    found = list(complaints(done.stdout))
    unknown = done.returncode and not found and '[A]' not in done.stdout
    return [done.stdout] if unknown else found


def same(machine, library):
    tool('ABIDIFF', 'abidiff')
    now = temporary() / 'now.abi'
    dump(built(machine) / LIBRARIES[library], HEADERS, now)
    return compare(baseline(machine, library), now)


SMALL_HEADER = '''#include <stdint.h>
struct pair { uint64_t a; uint64_t b; };
enum kind { KIND_A = 1, KIND_B };
int htab_one(int fd, uint32_t *order, enum kind kind);
int htab_two(const struct pair *pair);
int htab_three(void);
'''
SMALL = '''#include "small.h"
int htab_one(int fd, uint32_t *order, enum kind kind)
{ return fd + (int)*order + (int)kind; }
int htab_two(const struct pair *pair) { return (int)pair->a; }
int htab_three(void) { return 0; }
'''
RELEASED = 'LIBHTAB_0.1 { global: htab_one; htab_two; local: *; };\n'
UNRELEASED = RELEASED + 'LIBHTAB_UNRELEASED { global: htab_three; }' \
                        ' LIBHTAB_0.1;\n'
# What is replaced in the library, and the complaint
CHANGES = [
    ('uint32_t *order', 'uint64_t *order',
     'htab_one: parameter 2 changed from uint32_t* to uint64_t*'),
    ('int htab_two(const', 'long htab_two(const',
     'htab_two: return type changed from int to long int; '
     'type size changed from 4 to 8 (in bytes)'),
    ('enum kind kind)', 'enum kind kind, int more)',
     "htab_one: parameter 4 of type 'int' was added"),
    ('KIND_B }', 'KIND_B = 3 }',
     "enum kind: 1 enumerator change: 'kind::KIND_B' from value '2' to '3'"),
    ('uint64_t b; }', 'uint64_t b; int c; }',
     'struct pair: type size changed from 16 to 24 (in bytes); '
     "1 data member insertion: 'int c', at offset 16 (in bytes)"),
    ('htab_two;', '', 'htab_two was removed from LIBHTAB_0.1'),
    ('htab_two;', 'htab_two; htab_three;',
     'htab_three was added to LIBHTAB_0.1, which is released'),
    ('KIND_B }', 'KIND_B, KIND_C }', None),
    (RELEASED, UNRELEASED, None),
]


def small(before='', after=''):
    """The dump of a library of SMALL, in which a text is replaced"""
    directory = temporary()
    include = directory / 'include'
    include.mkdir()
    (include / 'small.h').write_text(SMALL_HEADER.replace(before, after))
    (directory / 'small.c').write_text(SMALL.replace(before, after))
    (directory / 'map').write_text(RELEASED.replace(before, after))
    run(*shlex.split(CC), '-g', '-shared', '-fPIC', '-nostdlib', '-I', include,
        '-o', directory / 'small.so',
        f'-Wl,--version-script={directory}/map', directory / 'small.c')
    dump(directory / 'small.so', include, directory / 'small.abi')
    return directory / 'small.abi'


# A check that cannot fail would look like an ABI that does not change.
@check('abidiff sees each kind of change, and says it in one line')
def sees_changes():
    tool('ABIDIFF', 'abidiff')
    old = small()
    for before, after, expected in CHANGES:
        found = compare(old, small(before, after))
        if found != ([expected] if expected else []):
            yield f'{before} -> {after}: {found}'


@check('no baseline names a directory of a machine')
def no_paths():
    for machine in MACHINES:
        for library in LIBRARIES:
            path = baseline(machine, library)
            for name in re.findall(r"path='([^']*)'", path.read_text()):
                if not name.startswith('lib/'):
                    yield f'{path.name}: {name}'


def update():
    BASELINES.mkdir(exist_ok=True)
    for machine in MACHINES:
        for library in LIBRARIES:
            dump(built(machine) / LIBRARIES[library], HEADERS,
                 baseline(machine, library))
            print(baseline(machine, library).relative_to(source))


for machine in MACHINES:
    for library in LIBRARIES:
        check(f'{library}: the ABI for {machine} is that of the baseline')(
            functools.partial(same, machine, library))

if sys.argv[1:] == ['--update']:
    update()
else:
    main()
