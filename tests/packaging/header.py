#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The headers compile alone, in every dialect that a VMM may use."""
import functools
import itertools

from checks import check, header, main, run, sim_header, source, temporary, \
    tool

# Each header is included twice to test its guard: -Wredundant-decls would warn.
# The last line tests the linkage, because C++ would mangle the name.
PROGRAMS = {
    header: ('htab_order_for_ram', '''
#include <libhtab.h>
#include <libhtab.h>
#if !HTAB_CHECK_VERSION(0, 1)
#error "HTAB_CHECK_VERSION"
#endif
extern uint32_t (*linkage)(uint64_t);
uint32_t (*linkage)(uint64_t) = htab_order_for_ram;
'''),
    sim_header: ('htab_sim_vcpu_enter', '''
#include <libhtab-sim.h>
#include <libhtab-sim.h>
extern int (*linkage)(int);
int (*linkage)(int) = htab_sim_vcpu_enter;
'''),
}

STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']

# kvmtool's flags, and those of them that are for C only
KVMTOOL = ['-Wundef', '-Wredundant-decls']
KVMTOOL_C = ['-Wstrict-prototypes', '-Wold-style-definition',
             '-Wnested-externs']


def compiles(header, variable, default, language, flags):
    compiler = tool(variable, default)
    program = temporary() / 'program'
    name, text = PROGRAMS[header]
    program.write_text(text)
    assembly = run(*compiler, *flags, *STRICT, *KVMTOOL,
                   *(KVMTOOL_C if language == 'c' else []),
                   '-I', source / 'include', '-x', language, '-S', '-o', '-',
                   program)
    if '_Z' in assembly or name not in assembly:
        yield f'{name} has no C linkage'


for variable, default, language, dialects in (
        ('GCC', 'gcc', 'c', ('-std=c99', '-std=gnu11')),
        ('CLANG', 'clang', 'c', ('-std=c99', '-std=gnu11')),
        ('GXX', 'g++', 'c++', ('-std=c++98', None)),
        ('CLANGXX', 'clang++', 'c++', ('-std=c++98', None))):
    for dialect, each in itertools.product(dialects, PROGRAMS):
        check(f"{each.name} compiles alone: {default} "
              f"{dialect or 'by default'}")(
            functools.partial(compiles, each, variable, default, language,
                              [dialect] if dialect else []))

main()
