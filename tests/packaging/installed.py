# SPDX-License-Identifier: MIT
"""The checks of consumers.py share one build of the libraries, installed into a
temporary directory."""
import re
import shlex

from checks import CC, run, source, temporary, tool

consumer = source / 'pkgconfig' / 'consumer'
vmm = source / 'examples' / 'vmm'
directory = temporary()
built = directory / 'build'
root = directory / 'root'
opt = root / 'opt' / 'libhtab'

# The package is in a DESTDIR, which its .pc files do not mention. pkg-config
# takes it for the root of another system.
installed = {'PKG_CONFIG_SYSROOT_DIR': root,
             'PKG_CONFIG_LIBDIR': opt / 'lib' / 'pkgconfig'}

# The same package, for a build that also needs packages of this system (CMocka)
relocated = temporary()
beside = {'PKG_CONFIG_PATH': relocated}


def pkg_config(*arguments, package='libhtab'):
    return run(*tool('PKG_CONFIG', 'pkg-config'), *arguments, package,
               **installed).split()


def compile_consumer(name, *flags):
    program = directory / name
    run(*shlex.split(CC), consumer / 'consumer.c', '-o', program, *flags)
    return program


def links(program, soname):
    """Complains unless the program needs the shared library of that name or,
    if the name is None, has the library in it."""
    needs = set(re.findall(r'\[(libhtab.*?)\]', run('readelf', '-dW', program)))
    defines = bool(re.search(r' T htab_alloc$', run('nm', program), re.M))
    if needs != ({soname} if soname else set()) or defines == bool(soname):
        yield f'needs {needs or "none"}; has htab_alloc(): {defines}'


def works(program, needs_shared, command=(), **variables):
    """Complains unless the program runs and has the right kind of library."""
    for line in run(*command, program, **variables).splitlines():
        print(f'# {line}')
    yield from links(program, 'libhtab.so.0' if needs_shared else None)


def prints_its_output(out):
    """Complains unless examples/vmm has printed what it prints on every host
    that has enough memory."""
    if out != (vmm / 'output.txt').read_text().partition('\n')[2]:
        yield f'examples/vmm printed {out!r}'
