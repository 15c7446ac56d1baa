#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The header compiles alone, in every dialect that a VMM may use."""
import functools

from surface import check, main, run, source, temporary, tool

# Twice, so that the guard is tested (and -Wredundant-decls sees it fail); the
# last line is there for the linkage: C++ would mangle the name.
PROGRAM = '''
#include <libhtab.h>
#include <libhtab.h>
#if !HTAB_CHECK_VERSION(0, 1)
#error "HTAB_CHECK_VERSION"
#endif
extern uint32_t (*linkage)(uint64_t);
uint32_t (*linkage)(uint64_t) = htab_order_for_ram;
'''

STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']

# kvmtool's, and those of it that C++ does not know
KVMTOOL = ['-Wundef', '-Wredundant-decls']
KVMTOOL_C = ['-Wstrict-prototypes', '-Wold-style-definition',
             '-Wnested-externs']


def compiles(variable, default, language, flags):
    compiler = tool(variable, default)
    program = temporary() / 'program'
    program.write_text(PROGRAM)
    assembly = run(*compiler, *flags, *STRICT, *KVMTOOL,
                   *(KVMTOOL_C if language == 'c' else []),
                   '-I', source / 'include', '-x', language, '-S', '-o', '-',
                   program)
    if '_Z' in assembly or 'htab_order_for_ram' not in assembly:
        yield 'htab_order_for_ram has no C linkage'


for variable, default, language, dialects in (
        ('GCC', 'gcc', 'c', ('-std=c99', '-std=gnu11')),
        ('CLANG', 'clang', 'c', ('-std=c99', '-std=gnu11')),
        ('GXX', 'g++', 'c++', ('-std=c++98', None)),
        ('CLANGXX', 'clang++', 'c++', ('-std=c++98', None))):
    for dialect in dialects:
        check(f"compiles alone: {default} {dialect or 'by default'}")(
            functools.partial(compiles, variable, default, language,
                              [dialect] if dialect else []))

main()
