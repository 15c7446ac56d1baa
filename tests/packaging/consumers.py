#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A program outside of the tree finds the libraries, links them and runs."""
import functools
import json
import re
import shlex
import shutil

from checks import CC, Failed, build, check, files, main, run, source, \
    temporary, tool

consumer = source / 'pkgconfig' / 'consumer'
vmm = source / 'examples' / 'vmm'
directory = temporary()
built = directory / 'build'
root = directory / 'root'
opt = root / 'opt' / 'libhtab'

# Where the package lies, without a trace of it in the .pc file: a DESTDIR that
# pkg-config takes for the root of another system.
installed = {'PKG_CONFIG_SYSROOT_DIR': root,
             'PKG_CONFIG_LIBDIR': opt / 'lib' / 'pkgconfig'}

# The same, for what also needs packages of this system (CMocka)
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
    """The program has the library in it, if not that shared one."""
    needs = set(re.findall(r'\[(libhtab.*?)\]', run('readelf', '-dW', program)))
    defines = bool(re.search(r' T htab_alloc$', run('nm', program), re.M))
    if needs != ({soname} if soname else set()) or defines == bool(soname):
        yield f'needs {needs or "none"}; has htab_alloc(): {defines}'


def works(program, needs_shared, command=(), **variables):
    """The program runs, and has the library in it or not."""
    for line in run(*command, program, **variables).splitlines():
        print(f'# {line}')
    yield from links(program, 'libhtab.so.0' if needs_shared else None)


@check('an install is the headers, the libraries and the .pc files')
def install():
    build(built, '--buildtype=release', '--prefix=/opt/libhtab',
          '--libdir=lib', '-Dsim=enabled')
    run(*tool('MESON', 'meson'), 'install', '-C', built, DESTDIR=root)
    for name in 'libhtab.pc', 'libhtab-sim.pc':
        text = (opt / 'lib/pkgconfig' / name).read_text()
        (relocated / name).write_text(text.replace('/opt/libhtab', str(opt)))
    found = {re.sub(r'(\.so\.0)\.[\d.]+$', r'\1.VERSION',
                    str(path.relative_to(root)))
             for path in root.rglob('*') if not path.is_dir()}
    expected = {f'opt/libhtab/{path}'.replace('LIBRARY', library)
                for library in ('libhtab', 'libhtab-sim') for path in (
        'include/LIBRARY.h', 'lib/LIBRARY.a', 'lib/LIBRARY.so',
        'lib/LIBRARY.so.0', 'lib/LIBRARY.so.0.VERSION',
        'lib/pkgconfig/LIBRARY.pc')}
    expected.add('opt/libhtab/lib/libhtab-sim-preload.so')
    for name in sorted(found ^ expected):
        yield f"{name}: {'not expected' if name in found else 'missing'}"


@check('the .pc files ask for their library only')
def frugal():
    for package, needed in ('libhtab', set()), ('libhtab-sim', {'-pthread'}):
        expected = {f'-I{opt}/include', f'-L{opt}/lib', f'-l{package[3:]}'}
        found = set(pkg_config('--static', '--cflags', '--libs',
                               package=package))
        for flag in sorted(found ^ (expected | needed)):
            yield f'{package}: {flag}'


@check('the .pc files have the version of the header')
def version():
    for package in 'libhtab', 'libhtab-sim':
        version, = pkg_config('--modversion', package=package)
        if f'"{version}"' not in (opt / 'include/libhtab.h').read_text():
            yield f'{package}: {version}'


@check('pkg-config, shared')
def shared():
    program = compile_consumer('shared', *pkg_config('--cflags', '--libs'))
    return works(program, True, LD_LIBRARY_PATH=opt / 'lib')


@check('pkg-config, the library static')
def static():
    program = compile_consumer(
        'static', *pkg_config('--cflags'), '-Wl,-Bstatic',
        *pkg_config('--libs', '--static'), '-Wl,-Bdynamic')
    return works(program, False)


@check('pkg-config, all static')
def all_static():
    program = compile_consumer('all-static', '-static', *pkg_config(
        '--static', '--cflags', '--libs'))
    yield from works(program, False)
    if 'NEEDED' in run('readelf', '-dW', program):
        yield 'not a static program'


def make(*arguments):
    place = temporary() / 'consumer'
    shutil.copytree(consumer, place)
    run('make', '-C', place, *arguments, CC=CC,
        **installed)
    return place / 'consumer'


@check('Makefile, shared')
def makefile():
    return works(make(), True, LD_LIBRARY_PATH=opt / 'lib')


@check('Makefile, all static')
def makefile_static():
    return works(make('PKG_CONFIG=pkg-config --static', 'LDFLAGS=-static'),
                 False)


def test_vmm(soname, *arguments, **variables):
    """A VMM's tests, as its author runs them"""
    place = temporary() / 'vmm'
    shutil.copytree(vmm, place)
    out = run('make', '-C', place, 'check', *arguments, CC=CC,
              CPPFLAGS='-Werror', **beside, **variables)
    if '10 test(s) run' not in out:
        yield f'other than 10 tests: {out}'
    yield from links(place / 'test-vmm', soname)


@check('a VMM\'s tests: Makefile, shared')
def vmm_shared():
    return test_vmm('libhtab-sim.so.0', LD_LIBRARY_PATH=opt / 'lib')


@check('a VMM\'s tests: Makefile, libhtab-sim static')
def vmm_static():
    return test_vmm(None, 'LINK=-Wl,-Bstatic',
                    'PKG_CONFIG=pkg-config --static')


@check('a VMM\'s tests: Meson, installed')
def vmm_meson():
    meson = tool('MESON', 'meson')
    place = temporary() / 'build'
    run(*meson, 'setup', place, vmm, '--werror', CC=CC, **beside)
    run(*meson, 'compile', '-C', place)
    run(*meson, 'test', '-C', place, LD_LIBRARY_PATH=opt / 'lib')
    yield from links(place / 'test-vmm', 'libhtab-sim.so.0')
    yield from links(place / 'vmm', 'libhtab.so.0')


@check('not installed: meson devenv')
def uninstalled():
    meson = tool('MESON', 'meson')
    devenv = (*meson, 'devenv', '-C', built)
    pkg_config = (*devenv, *tool('PKG_CONFIG', 'pkg-config'), '--cflags',
                  '--libs')
    program = compile_consumer('uninstalled',
                               *run(*pkg_config, 'libhtab').split())
    yield from works(program, True, devenv)
    program = compile_consumer('uninstalled-sim',
                               *run(*pkg_config, 'libhtab-sim').split())
    run(*devenv, program)
    yield from links(program, 'libhtab-sim.so.0')


# --- what was linked with libhtab, on the simulator ---

preload = opt / 'lib' / 'libhtab-sim-preload.so'


def build_vmm():
    place = temporary() / 'vmm'
    shutil.copytree(vmm, place)
    run('make', '-C', place, 'vmm', CC=CC, **installed)
    return place / 'vmm'


def on_simulator(command, libraries, host=None, **variables):
    if host is not None:
        variables['HTAB_SIM'] = host
    return run(*command, LD_PRELOAD=':'.join(map(str, libraries)),
               LD_LIBRARY_PATH=opt / 'lib', **variables)


def preloaded(*libraries):
    program = build_vmm()
    yield from links(program, 'libhtab.so.0')
    for host, order in ((None, 26), ('cma=32M', 25),
                        ('linux=4.3 cma=32M', 24)):
        out = on_simulator([program], libraries, host)
        if out.splitlines() != [
                'boot: done', f'ibm,pft-size: <0 {order}>',
                'reset with the vcpu in KVM_RUN: a vcpu is inside KVM_RUN: '
                'stop all vcpus and try again',
                'reset: done', 'KVM_RUN: Interrupted system call']:
            yield f'HTAB_SIM={host}: {out}'


def bound(name, libraries):
    """The libraries that the loader takes a function from"""
    # The loader's report goes to standard error, or to a file.
    log = temporary() / 'log'
    on_simulator([build_vmm()], libraries, LD_DEBUG='bindings',
                 LD_DEBUG_OUTPUT=log)
    text = ''.join(path.read_text() for path in log.parent.iterdir())
    return [re.sub('.*/', '', library) for library in re.findall(
        rf"to (\S+) \[\d+\]: normal symbol `{name}'", text)]


@check('preloaded: a VMM with its own libhtab')
def preload_alone():
    yield from preloaded(preload)
    taken = bound('htab_alloc_at_least', [preload])
    if taken != ['libhtab.so.0']:
        yield f'htab_alloc_at_least() is that of {taken}'


@check('preloaded: a VMM with libhtab-sim\'s functions')
def preload_both():
    libraries = opt / 'lib' / 'libhtab-sim.so.0', preload
    yield from preloaded(*libraries)
    taken = bound('htab_alloc_at_least', libraries)
    if taken != ['libhtab-sim.so.0']:
        yield f'htab_alloc_at_least() is that of {taken}'


# What main.c of examples/vmm says there
HOSTS = {
    'cma=32M': '<0 25>',
    'cma=0 memory=0': 'no contiguous memory',
    'linux=4.3 cma=32M': '<0 24>',
    'linux=4.10 kvm=pr': '<0 26>',
    'kvm=nested': 'cannot run on this host',
    'cpu=power9-dd2.0': 'cannot run on this host',
}


@check('preloaded: every host that the README describes is so')
def readme_hosts():
    rows = re.findall(r'^\| (`.*?`) \|', (source / 'README.md').read_text(),
                      flags=re.M)
    in_readme = set(re.findall(r'`(.+?)`', ' '.join(rows)))
    for host in sorted(HOSTS.keys() ^ in_readme):
        yield f'{host}: only in one of the README and this test'
    program = build_vmm()
    for host, expected in HOSTS.items():
        # It ends with an error if it has no table.
        out = on_simulator(['sh', '-c', '"$0" || :', program], [preload], host)
        if expected not in out:
            yield f'{host}: {out}'


@check('preloaded: what is no host is refused')
def preload_nonsense():
    try:
        yield on_simulator([build_vmm()], [preload], 'cma=lots')
    except Failed as failed:
        if 'not a setting: cma=lots' not in str(failed):
            yield str(failed)


# _FORTIFY_SOURCE gives calls other names.
FORTIFIED = {'__open_2', '__open64_2', '__openat_2', '__openat64_2',
             '__read_chk'}


def preload_calls(flag, expected):
    program = temporary() / 'preload-calls'
    run(*shlex.split(CC), '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra',
        '-Werror', '-U_FORTIFY_SOURCE', flag, '-I', source / 'lib',
        source / 'tests/packaging/preload-calls.c', '-o', program)
    called = set(re.findall(r' U (\w+)', run('nm', program)))
    for name in sorted(expected ^ (called & FORTIFIED)):
        yield f'{name}: tried, and should not be, or the other way round'
    on_simulator([program], [preload])


check('preloaded: every call that is taken over')(
    functools.partial(preload_calls, '-D_FORTIFY_SOURCE=0', set()))
check('preloaded: every call that is taken over, fortified')(
    functools.partial(preload_calls, '-D_FORTIFY_SOURCE=2', FORTIFIED))


# --- as part of a VMM's build ---

def with_subproject(project):
    """A copy of a VMM's project, with ours in it"""
    place = temporary() / 'project'
    shutil.copytree(project, place)
    for name in files():
        copy = place / 'subprojects' / 'libhtab' / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, copy)
    return place


def subproject(how, library):
    meson = tool('MESON', 'meson')
    place = with_subproject(consumer)
    log = run(*meson, 'setup', place / 'build', place, f'-Dhow={how}',
              f'-Dlibrary={library}', '--force-fallback-for=libhtab', CC=CC)
    run(*meson, 'compile', '-C', place / 'build')
    yield from works(place / 'build' / 'consumer', library == 'shared')

    # A VMM's build is not the place for what belongs to our own.
    if re.search('cmocka', log, re.I):
        yield 'looks for CMocka'
    targets = json.loads(run(*meson, 'introspect', '--targets',
                             place / 'build'))
    for target in targets:
        where = re.sub('.*/subprojects/', '', target['defined_in'])
        if where not in ('libhtab/lib/meson.build', f'{place}/meson.build'):
            yield f"{where} builds {target['name']}"
    if len(targets) < 2:
        yield 'the library is not among the targets?'


for how, library in (('dependency', 'shared'), ('dependency', 'static'),
                     ('variable', 'static')):
    check(f'Meson subproject, {how}, {library}')(
        functools.partial(subproject, how, library))


@check('Meson subproject with sim=enabled: a VMM\'s tests')
def subproject_sim():
    meson = tool('MESON', 'meson')
    place = with_subproject(vmm)
    run(*meson, 'setup', place / 'build', place,
        '--force-fallback-for=libhtab,libhtab-sim', CC=CC)
    run(*meson, 'test', '-C', place / 'build')
    yield from links(place / 'build' / 'test-vmm', 'libhtab-sim.so.0')


@check('Meson subproject: libhtab_sim_dep is found if asked for')
def subproject_variable():
    meson = tool('MESON', 'meson')
    project = temporary()
    (project / 'meson.build').write_text("""
        project('probe', 'c')
        message('found:', subproject('libhtab').get_variable(
            'libhtab_sim_dep').found())
    """)
    place = with_subproject(project)
    for asked, expected in ((), 'false'), (('-Dlibhtab:sim=enabled',), 'true'):
        log = run(*meson, 'setup', temporary(), place, *asked, CC=CC)
        if f'found: {expected}' not in log:
            yield f'{asked}: not {expected}'

main()
