# SPDX-License-Identifier: MIT
"""Checks of programs that are linked with libhtab and run on the simulator.
consumers.py imports this module."""
import functools
import re
import shlex
import shutil

from checks import CC, Failed, check, run, source, temporary, tool
from installed import installed, links, opt, prints_its_output, vmm

preload = opt / 'lib' / 'libhtab-sim-preload.so'


def build_vmm():
    place = temporary() / 'vmm'
    shutil.copytree(vmm, place)
    run(*tool('MAKE', 'make'), '-C', place, 'vmm', CC=CC, **installed)
    return place / 'vmm'


def on_simulator(command, libraries, host=None, **variables):
    """Runs a command on a simulated host, whose vcpu does what the guest of
    examples/vmm does."""
    if host is not None:
        variables['HTAB_SIM'] = host
    return run(*command, LD_PRELOAD=':'.join(map(str, libraries)),
               LD_LIBRARY_PATH=opt / 'lib', HTAB_SIM_EXITS=vmm / 'guest.exits',
               **variables)


def preloaded(*libraries):
    program = build_vmm()
    yield from links(program, 'libhtab.so.0')
    yield from prints_its_output(on_simulator([program], libraries))
    for host, at_first, at_reboot in (('cma=64M memory=256M', 26, 26),
                                      ('cma=32M', 25, 25),
                                      ('linux=4.3 cma=32M', 24, 24)):
        out = on_simulator([program], libraries, host)
        if out.splitlines() != [f'ibm,pft-size: <0 {at_first}>', 'hello',
                                f'ibm,pft-size: <0 {at_reboot}>', 'hello']:
            yield f'HTAB_SIM={host}: {out}'


def bound(name, libraries):
    """The libraries from which the loader takes a function"""
    # The loader writes its report to a file, not to standard error.
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


# A part of the output of examples/vmm/main.c on each host
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
        # The VMM exits with an error if it has no table.
        out = on_simulator(['sh', '-c', '"$0" 2>&1 || :', program], [preload], host)
        if expected not in out:
            yield f'{host}: {out}'


@check('preloaded: a wrong description of a host is refused')
def preload_nonsense():
    try:
        yield on_simulator([build_vmm()], [preload], 'cma=lots')
    except Failed as failed:
        if 'not a setting: cma=lots' not in str(failed):
            yield str(failed)


# With _FORTIFY_SOURCE some calls have other names.
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
