#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What release builds of the libraries export, need and weigh.

Sanitizers, coverage and -O0 change all of that, so this measures a build of
its own. All checks need that build, so they stay in this one file. Arguments
are passed on to `meson setup`: with a --cross-file it measures the libraries
for that machine.
"""
import functools
import json
import pathlib
import re
import shlex
import sys

from checks import CC, Failed, Missing, build, check, declared, header, main, \
    run, sim_header, source, temporary, tool

MAX_CODE = 32 * 1024

directory = temporary()


def target(name, kind):
    """The file that Meson built under that name."""
    for found in json.loads(run(*tool('MESON', 'meson'), 'introspect',
                                '--targets', directory)):
        if found['name'] == name and found['type'] == kind:
            return pathlib.Path(found['filename'][0])
    raise Failed(f'no {kind} {name}')


# Their names; what they declare; where they say what they export
LIBRARIES = {
    'htab': ({header}, 'lib/libhtab.map'),
    'htab-sim': ({header, sim_header}, 'lib/sim/libhtab-sim.map'),
}


def check_each(name):
    """Register a function as a check of each library."""
    def register(function):
        for library in LIBRARIES:
            check(f'lib{library}: {name}')(
                functools.partial(function, library))
    return register


def api(library):
    return set().union(*map(declared, LIBRARIES[library][0]))


def nodes(library):
    """The nodes of its version script, and what each exports."""
    text = (source / LIBRARIES[library][1]).read_text()
    return {node: set(re.findall(r'^\s+(\w+);', body, flags=re.M))
            for node, body in re.findall(r'^([\w.]+) \{(.*?)^\}', text,
                                         flags=re.M | re.S)}


def shared(library='htab'):
    return target(library, 'shared library')


def static(library='htab'):
    return target(library, 'static library')


def core():
    return target('htab-core', 'static library')


def names(*nm):
    """Symbols, without their versions, but not the versions themselves (A)."""
    found = re.findall(r'^([^\s@]+)\S* ([A-Za-z])\b',
                       run('nm', '--format=posix', *nm), flags=re.M)
    return {name for name, kind in found if kind != 'A'}


def dynamic(library):
    """(tag, value) of its dynamic section."""
    return re.findall(r'\((\w+)\)\s+(.*)', run('readelf', '-dW', library))


@check('builds without a warning')
def builds():
    build(directory, '--buildtype=release', '--werror', '-Dwarning_level=3',
          '-Dsim=enabled', *sys.argv[1:])


@check_each('exports, map and header agree')
def exports(library):
    in_map = set().union(*nodes(library).values())
    exported = names('-D', '--defined-only', shared(library))
    for name in sorted(api(library) | in_map | exported):
        missing = [where for where, there in (
            ('header', api(library)), ('map', in_map), ('library', exported))
            if name not in there]
        if missing:
            yield f"{name}: not in {' and '.join(missing)}"


# So that what was linked with the one runs with the other.
@check('libhtab-sim has each node of libhtab as it is')
def same_nodes():
    simulated = nodes('htab-sim')
    if 'LIBHTAB_0.1' not in nodes('htab'):
        yield 'libhtab.map has no LIBHTAB_0.1; is it understood?'
    for node, symbols in nodes('htab').items():
        for name in sorted(symbols ^ simulated.get(node, set())):
            yield f'{node}: {name} is in one of them only'


@check_each('each function is in the node of the release that added it')
def since(library):
    text = ''.join(path.read_text() for path in sorted(LIBRARIES[library][0]))
    coming = re.search(r'HTAB_VERSION\s+"(\d+\.\d+)', text)
    for node, symbols in nodes(library).items():
        for name in sorted(symbols):
            comment = re.search(
                r'/\*((?:(?!\*/).)*)\*/\s*(?:\w+[\s*]+)+' + name + r'\(',
                text, re.S)
            version = re.search(r'Since: (\d+\.\d+)', comment[1])[1]
            if not node.endswith(f'_{version}') and \
                    (node, version) not in (
                        ('LIBHTAB_UNRELEASED', coming[1]),
                        ('LIBHTAB_SIM_UNRELEASED', coming[1])):
                yield f'{node}: {name} is there since {version}'


@check_each('each node is chained to the one before')
def chained(library):
    text = (source / LIBRARIES[library][1]).read_text()
    for prefix in ('LIBHTAB', 'LIBHTAB_SIM'):
        chain = re.findall(
            r'^(' + prefix + r'_(?:[\d.]+|UNRELEASED)) \{.*?^\} ?(.*?);', text,
            flags=re.M | re.S)
        for (name, before), expected in zip(chain,
                                            ['', *(n for n, _ in chain)]):
            if before != expected:
                yield f'{name}: after {before or "none"}, not {expected}'


# Of the baselines, so that no tool is needed. abi.py compares types too.
@check_each('each released node has the symbols that it was released with')
def frozen(library):
    baseline = source / 'tests' / 'abi' / f'lib{library}-x86_64.abi'
    released = {}
    for name, node in re.findall(
            r"<elf-symbol name='(\w+)' version='([\w.]+)'",
            baseline.read_text()):
        released.setdefault(node, set()).add(name)
    now = {node: symbols for node, symbols in nodes(library).items()
           if not node.endswith('_UNRELEASED')}
    if 'LIBHTAB_0.1' not in released:
        yield f'{baseline.name} has no LIBHTAB_0.1; is it understood?'
    for node in sorted(released.keys() | now.keys()):
        for name in sorted(released.get(node, set()) ^ now.get(node, set())):
            yield f'{node}: {name} is in the map only' \
                if name in now.get(node, set()) else \
                f'{node}: {name} is in the baseline only'


@check('libhtab has nothing of the simulator')
def no_simulator():
    if 'htab_sim_host_new' not in names(static('htab-sim')):
        yield 'libhtab-sim has no htab_sim_host_new?'
    for name in sorted(names(static()) | names(shared())):
        if name.startswith(('htab_sim', 'htab_kernel')):
            yield name


# A name that is hidden would still be global in an archive, where a VMM could
# collide with it or replace it.
@check_each('the archive defines what the map lists, and no other global name')
def archive(library):
    in_map = set().union(*nodes(library).values())
    found = names('--defined-only', '--extern-only', static(library))
    for name in sorted(in_map ^ found):
        yield f"{name}: {'not in the map' if name in found else 'missing'}"


@check_each('every public name begins with htab_')
def prefix(library):
    for name in sorted(api(library)):
        if not name.startswith('htab_'):
            yield name


# Functions, variables and struct members of QEMU's own files. A public function
# of such a name breaks their build.
QEMU = {
    'htab_base', 'htab_cap', 'htab_fd', 'htab_load', 'htab_mask',
    'htab_save_chunk', 'htab_save_cleanup', 'htab_save_complete',
    'htab_save_end_marker', 'htab_save_first_pass', 'htab_save_iterate',
    'htab_save_later_pass', 'htab_save_setup', 'htab_shift',
}


@check_each('no public name is one of QEMU\'s')
def qemu(library):
    return sorted(api(library) & QEMU)


@check_each('no public name is one of libiberty\'s')
def libiberty(library):
    path = run(*shlex.split(CC), '-print-file-name=libiberty.a').strip()
    if '/' not in path:
        raise Missing('libiberty is not installed (Debian: libiberty-dev)')
    theirs = names('--defined-only', '--extern-only', path)
    if 'htab_create' not in theirs:
        yield f'{path} has no htab_create; is it libiberty?'
    for name in sorted(api(library) & theirs):
        yield name


@check('the header names every type of libiberty that it clashes with')
def clash():
    program = temporary() / 'program.c'
    program.write_text('#include <libiberty/hashtab.h>\n')
    try:
        text = run(*shlex.split(CC), '-E', '-P', program)
    except Failed as failed:
        if 'No such file' in str(failed) or 'not found' in str(failed):
            raise Missing('libiberty is not installed') from None
        raise
    theirs = set(re.findall(r'\bhtab_\w+', text))
    about = re.search(r' \* Name\n \* -+\n.*? \* -+\n', header.read_text(),
                      re.S).group()
    for name in sorted(declared() & theirs):
        if name not in about:
            yield f'{name} is also in libiberty/hashtab.h'


@check_each('the soname ends in .so.0')
def soname(library):
    found = [value for tag, value in dynamic(shared(library))
             if tag == 'SONAME']
    if found != [f'Library soname: [lib{library}.so.0]']:
        yield str(found)


# glibc, musl; some machines also list the loader.
LIBC = r'libc\.so(\.6)?|libc\.musl-\w+\.so\.1|ld(-linux\S*|64)\.so\.\d'


def needed_by(library):
    return re.findall(r'Shared library: \[(.*)\]', '\n'.join(
        value for tag, value in dynamic(library) if tag == 'NEEDED'))


@check_each('needs the C library and nothing else')
def needed(library):
    found = needed_by(shared(library))
    if not found:
        yield 'needs nothing at all?'
    for value in found:
        if not re.fullmatch(LIBC, value):
            yield value


@check_each('has no text relocations')
def text_relocations(library):
    for tag, value in dynamic(shared(library)):
        if tag == 'TEXTREL' or 'TEXTREL' in value:
            yield f'{tag} {value}'


INTERPOSED = {
    '__open64_2', '__open_2', '__openat64_2', '__openat_2', '__pread64_chk',
    '__pread_chk', '__read_chk', 'access', 'dup', 'dup2', 'dup3', 'eaccess',
    'epoll_ctl', 'euidaccess', 'faccessat', 'fcntl', 'fcntl64', 'fopen',
    'fopen64', 'freopen', 'freopen64', 'ioctl', 'lseek', 'lseek64', 'mmap',
    'mmap64', 'open', 'open64', 'openat', 'openat64', 'pread', 'pread64',
    'pwrite', 'pwrite64', 'read', 'readv', 'recvmmsg', 'recvmsg', 'write',
    'writev',
}


# Anything more would hide a function of the VMM or of its libraries.
@check('libhtab-sim-preload defines functions of the C library only')
def interposes():
    preload = target('htab-sim-preload', 'shared library')
    defined = names('-D', '--defined-only', preload)
    # Where time_t has 32 bits
    if '__ioctl_time64' in defined:
        defined -= {'__fcntl_time64', '__ioctl_time64', '__recvmmsg64',
                    '__recvmsg64'}
    for name in sorted(INTERPOSED ^ defined):
        yield name
    for value in needed_by(preload):
        if not re.fullmatch(LIBC + r'|libhtab-sim\.so\.0', value):
            yield value


# The rule: no object of ours has a writable section with anything in it. What
# else is writable in the shared library is the toolchain's (crtbegin, GOT).
# Exempt are constants that hold addresses, which the loader fills in and then
# makes read-only, and the function descriptors and TOC of 64-bit powerpc.
NOT_STATE = r'\.data\.rel\.ro(\..*)?|\.opd|\.toc'


@check('libhtab: has no writable data of its own')
def writable():
    sections = re.findall(
        r'^\s*\[ *\d+\] (\S+) +\w+ +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) '
        r'[0-9a-f]{2} +([A-Za-z]*) ',
        run('readelf', '-SW', static()), flags=re.M)
    if ('.rodata', True) not in {(name.split('.str')[0], int(size, 16) > 0)
                                 for name, size, _ in sections}:
        yield 'there are no constants either; is readelf understood?'
    for name, size, flags in sections:
        if 'W' in flags and int(size, 16) and not re.fullmatch(
                NOT_STATE, name):
            yield f'{name}: {int(size, 16)} bytes'


@check(f'libhtab: its code is at most {MAX_CODE} bytes')
def code():
    size = sum(int(bytes_, 16) for bytes_ in re.findall(
        r'^ *LOAD +\S+ +\S+ +\S+ +0x([0-9a-f]+) +\S+ +[RW ]*E',
        run('readelf', '-lW', shared()), flags=re.M))
    print(f'# {size} bytes of code')
    if not 0 < size <= MAX_CODE:
        yield f'{size} bytes in executable segments'


@check('libhtab: only the shim calls the C library, and knows errno')
def only_the_shim():
    undefined = names('--undefined-only', core())
    if 'htab_shim_ioctl' not in undefined:
        yield 'the core does not call the shim?'
    # Compilers call the memory functions by themselves, for large structs,
    # and some add a stack protector; the others are names of tables.
    toolchain = {'memcpy', 'memset', '__stack_chk_fail',
                 '_GLOBAL_OFFSET_TABLE_', '.TOC.'}
    for name in sorted(undefined - names('--defined-only', core())):
        if not name.startswith('htab_shim_') and name not in toolchain:
            yield name


# What a model of memory and locks may need: no descriptor, no output, no
# thread, no clock, nothing of the simulator above it.
PURE = {'calloc', 'free', 'malloc', 'memcpy', 'memset', 'strchr',
        'strcmp', 'strdup', 'strtok_r', 'strtoull', 'vsnprintf', 'tdelete',
        'tdestroy', 'tfind', 'tsearch', 'pthread_mutex_destroy',
        'pthread_mutex_init', 'pthread_mutex_lock', 'pthread_mutex_unlock',
        'pthread_mutexattr_destroy', 'pthread_mutexattr_init',
        'pthread_mutexattr_settype',
        '__errno_location', '__stack_chk_fail',
        '_GLOBAL_OFFSET_TABLE_', '.TOC.'}


# A VMM that puts functions of its own there calls the simulator in them.
@check('libhtab-sim: calls no function by name that it is to be reached by')
def no_way_back():
    undefined = names('--undefined-only', static('htab-sim'))
    if 'syscall' not in undefined:
        yield 'how does it reach the kernel?'
    for name in sorted(undefined):
        # With a size of file offsets in it, or of time
        if re.fullmatch(r'_*(ioctl|mmap|read|write)\d*(_time64)?', name):
            yield name


@check('libhtab-sim: the model of the kernel needs nothing above it')
def pure_model():
    model = target('htab-model', 'static library')
    undefined = names('--undefined-only', model)
    if 'tsearch' not in undefined:
        yield 'the model keeps no entries?'
    for name in sorted(undefined - names('--defined-only', model) - PURE):
        # Headers and compilers have other names for the same function.
        if re.sub(r'^__(?:isoc\d+_)?(\w+?)(_chk)?$', r'\1', name) not in PURE:
            yield name
    for name in re.findall(r'\.t(?:bss|data)\b', run('readelf', '-SW', model)):
        yield f'{name}: a thread-local'


main()
