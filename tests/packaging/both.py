# SPDX-License-Identifier: MIT
"""Checks of programs that are linked with libhtab and with libhtab-sim.
consumers.py imports this module."""
import shlex

from checks import CC, Failed, check, run, temporary
from installed import opt
from preloaded import on_simulator, preload

PROGRAM = '''
#include <errno.h>
#include <libhtab.h>
#include <libhtab-sim.h>
#include <stdint.h>
#include <stdio.h>

int main(void)
{
	struct htab_sim_host *host = htab_sim_host_new(NULL);
	uint32_t order = 24;

	if (!host)
		return errno == ELIBBAD ? 3 : 4;
	if (*htab_sim_journal(host))
		return 5;
	return htab_alloc(htab_sim_vm_new(host), &order) == 0 ? 0 : 6;
}
'''


def link(*libraries):
    place = temporary()
    (place / 'program.c').write_text(PROGRAM)
    run(*shlex.split(CC), '-I', opt / 'include', place / 'program.c', '-o',
        place / 'program', '-L', opt / 'lib', *libraries, '-pthread')
    return place / 'program'


def static(name):
    return f'-l:lib{name}.a'


def refused(program, *libraries):
    """Complains unless htab_sim_host_new() says what is wrong."""
    try:
        yield f'it runs: {on_simulator([program], libraries)}'
    except Failed as failed:
        for words in 'status 3', 'with libhtab-sim instead of libhtab':
            if words not in str(failed):
                yield str(failed)


def works(program, *libraries):
    on_simulator([program], libraries)
    return ()


@check('both linked: libhtab first, shared, is noticed')
def libhtab_first():
    return refused(link('-lhtab', '-lhtab-sim'))


@check('both linked: libhtab first and static, libhtab-sim shared, is noticed')
def libhtab_first_static():
    return refused(link(static('htab'), '-lhtab-sim'))


@check('both linked: libhtab first, shared, works under the preload library')
def libhtab_first_preloaded():
    return works(link('-lhtab', '-lhtab-sim'), preload)


@check('both linked: libhtab-sim first works')
def libhtab_sim_first():
    for sim in '-lhtab-sim', static('htab-sim'):
        for htab in '-lhtab', static('htab'):
            yield from works(link(sim, htab))
    yield from works(link('-lhtab', static('htab-sim')))


@check('both linked: two archives, libhtab first, is an error of the linker')
def archives():
    try:
        link(static('htab'), static('htab-sim'))
        yield 'they can be linked'
    except Failed as failed:
        if 'htab_alloc' not in str(failed):
            yield str(failed)
