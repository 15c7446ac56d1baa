#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The comments of public functions are kernel-doc, and the header's example
works.

kernel-doc is a script of the Linux kernel that Debian does not package. These
are its rules, as far as the headers need them, and some of the project's own.
"""
import functools
import re
import shlex
import sys

from checks import CC, build, check, declared, header, main, run, \
    sim_header, source, temporary, tool, without_comments

sys.path.insert(0, str(source / 'man'))
from comments import COMMENT, items, sections, without_stars  # noqa: E402

ERRORS = r'-E[A-Z0-9]+(?:, -E[A-Z0-9]+)*'


def complaints_about_return(parts, returns):
    if len(parts) != (returns != 'void'):
        yield f'Return: comes {len(parts)} times, and it returns {returns}'
        return
    text = '\n'.join(parts[0]).strip() if parts else 'nothing'
    if not text:
        yield 'nothing after Return:'
    if not re.search(rf'(?<!\w){ERRORS}\b', text):
        return
    listed = items(parts[0])
    if listed is None:
        yield 'its errors are not a list and nothing else'
        return
    errors = []
    for item in listed:
        if not re.match(rf'0\b|{ERRORS}: \S', item):
            yield f'neither 0 nor an error: {item}'
        errors += re.findall(r'-E\w+', item.split(':')[0])
    for error in sorted({e for e in errors if errors.count(e) > 1}):
        yield f'{error} is listed twice'


def complaints_about(name, returns, parameters, comment):
    """One function"""
    lines = without_stars(comment)
    if not re.fullmatch(rf'{name}\(\) - \S.*\S', lines[0]):
        yield f'does not begin with "{name}() - "'
    if len(lines) > 1 and lines[1] and not lines[1].startswith('@'):
        yield 'the summary takes more than a line'
    found = sections(lines[1:])
    documented = [section[1:] for section, text in found
                  if section[0] == '@' and ''.join(text)]
    for parameter in sorted({*documented, *parameters}):
        if documented.count(parameter) != parameters.count(parameter):
            yield f'@{parameter}: {documented.count(parameter)} in the ' \
                  f'comment, {parameters.count(parameter)} in the function'
    yield from complaints_about_return(
        [text for section, text in found if section == 'Return'], returns)
    if len(re.findall(r'\bSince: \d+\.\d+(?!\S)', '\n'.join(lines))) != 1:
        yield 'not one Since:'


def complaints(text, functions):
    """All comments of a header's text"""
    seen = []
    for match in COMMENT.finditer(text):
        comment = match[1]
        if comment.startswith(' * DOC: '):
            continue
        after = without_comments(text[match.end():])
        function = re.match(r'((?:\w+[\s*]+)+)(\w+)\(([^;{]*?)\)[^;()]*'
                            r'(?:\(\([^;]*)?;', after)
        kind = re.match(r' \* (?:(define|struct|enum|typedef) )?(\w+)', comment)
        if not kind:
            yield f'a comment that names nothing: {comment.splitlines()[0]}'
        elif function and not kind[1]:
            name = function[2]
            parameters = [
                re.search(r'(\w+)$', parameter.strip())[1]
                for parameter in function[3].split(',')
                if parameter.strip() != 'void']
            seen.append(name)
            for complaint in complaints_about(
                    name, function[1].strip(), parameters, comment):
                yield f'{name}: {complaint}'
        elif not re.match(rf'{kind[1] or "define"}\b.*?\b{kind[2]}\b'
                          if kind[1] != 'typedef' else
                          rf'typedef [^;]*\b{kind[2]}\b',
                          after.lstrip('#')):
            yield f'{kind[2]}: its comment is not directly before it'
    for name in sorted({*functions, *seen}):
        if seen.count(name) != 1:
            yield f'{name}: {seen.count(name)} comments'


def of_header(path):
    return complaints(path.read_text(), declared(path))


for each in header, sim_header:
    check(f'{each.name}: a kernel-doc comment for every function')(
        functools.partial(of_header, each))


GOOD = '''
/**
 * htab_good() - Do what is right.
 * @fd: a descriptor
 * @order: in, what is wanted;
 *	out, what is given
 *
 * It says how.
 *
 * Since: 0.1
 *
 * Context: Any.
 *
 * Return:
 * * 0: success.
 * * -EBADF, -EINVAL: not a descriptor, or
 *   none of the right kind.
 * * -ENOMEM: no memory.
 */
int htab_good(int fd, unsigned int *order) ATTRIBUTE;

/**
 * htab_quiet() - Return nothing.
 *
 * Since: 0.1
 */
void htab_quiet(void);
'''

# What is changed, and what is then said
BAD = (
    ('/**\n * htab_good', '/*\n * htab_good', 'htab_good: 0 comments'),
    ('int htab_good', '\nint other;\nint htab_good', 'not directly before'),
    ('int htab_good', '\nint htab_good', 'htab_good: 0 comments'),
    ('htab_good() - Do', 'htab_god() - Do', 'does not begin with'),
    ('htab_good() - Do', 'htab_good - Do', 'does not begin with'),
    ('is right.', '\n * is right.', 'does not begin with'),
    ('is right.', 'is\n * right.', 'more than a line'),
    (' * @fd: a descriptor\n', '', '@fd: 0 in the comment, 1'),
    ('@fd: a', '@file: a', '@file: 1 in the comment, 0'),
    ('@fd: a descriptor', '@fd:', '@fd: 0 in the comment, 1'),
    (' * @fd', ' * @fd: twice\n * @fd', '@fd: 2 in the comment, 1'),
    (' * Return:\n * * 0', ' * * 0', 'Return: comes 0 times'),
    (' * Context:', ' * Return: 0\n *\n * Context:', 'Return: comes 2 times'),
    ('nothing.\n *\n', 'nothing.\n *\n * Return: 0\n *\n', 'Return: comes 1 t'),
    (' * Return:\n', ' * Return:\n *\n', 'nothing after Return:'),
    (' * Return:\n', ' * Return: 0, or\n', 'not a list'),
    ('* -ENOMEM', '-ENOMEM', 'not a list'),
    ('* -ENOMEM: no', '* No', 'neither 0 nor an error: No'),
    ('-ENOMEM', '-EINVAL', '-EINVAL is listed twice'),
    ('Since: 0.1\n *\n * Context', 'Context', 'htab_good: not one Since:'),
    ('Since: 0.1\n */', 'Since: now\n */', 'htab_quiet: not one Since:'),
    ('htab_quiet() - R', 'htab_good() - R', 'does not begin with'),
    ('\n/**\n * htab_quiet', GOOD + '\n/**\n * htab_quiet', 'good: 2 comments'),
)


@check('each of these rules finds what it is for')
def rules():
    names = {'htab_good', 'htab_quiet'}
    for complaint in complaints(GOOD, names):
        yield f'nothing is wrong, but: {complaint}'
    for old, new, expected in BAD:
        text = GOOD.replace(old, new, 1)
        found = list(complaints(text, names))
        if text == GOOD or not any(expected in each for each in found):
            yield f'{old!r}, {new!r}: not "{expected}" but {found}'


# --- the example at the top of libhtab.h ---

def example():
    """Its code: what is indented after the first "::"."""
    block = re.search(r'::\n \*\n((?: \*\t.*\n| \*\n)+)', header.read_text())
    return re.sub(r'^ \*\t?', '', block[1], flags=re.M)


def compiles(variable, default, language, standard):
    program = temporary() / 'example'
    program.write_text(example())
    run(*tool(variable, default), standard, '-Wall', '-Wextra', '-Wpedantic',
        '-Werror', '-I', source / 'include', '-x', language, '-S', '-o',
        '/dev/null', program)


for compiler in (('GCC', 'gcc', 'c', '-std=c99'),
                 ('CLANG', 'clang', 'c', '-std=c99'),
                 ('GXX', 'g++', 'c++', '-std=c++11'),
                 ('CLANGXX', 'clang++', 'c++', '-std=c++11')):
    check(f'the example of libhtab.h compiles: {compiler[1]}')(
        functools.partial(compiles, *compiler))


# The last guest's real mode has grown beyond what the host can give. To close
# its VM is a hazard of Linux 4.14, and aborts unless the example takes care.
PROGRAM = '''
#include <libhtab-sim.h>

void guest_stop_vcpus(struct guest *guest)
{
	while (htab_sim_vcpu_leave(guest->vmfd) == 0)
		;
}

#define EXPECT(x) ((x) ? 0 : (printf("line %d: not %s\\n", __LINE__, #x), 1))

int main(void)
{
	struct htab_sim_host *host = htab_sim_host_new("linux=4.14 cma=32M "
						       "memory=64M");
	struct guest guest = { htab_sim_vm_new(host), (uint64_t)8 << 30,
			       64 << 20, 12, 0, 0 };
	int failures = EXPECT(guest_boot(&guest) == 0);

	failures += EXPECT(guest.pft_size == 25);
	htab_sim_vcpu_enter(guest.vmfd);
	failures += EXPECT(guest_reset(&guest) == 0);
	guest.ram = (uint64_t)1 << 30;
	htab_sim_vcpu_enter(guest.vmfd);
	failures += EXPECT(guest_reboot(&guest) == 0);
	failures += EXPECT(guest.pft_size == 23);
	guest.real_mode = (uint64_t)8 << 30;
	failures += EXPECT(guest_reboot(&guest) == -ENOMEM);
	guest_close(&guest);
	failures += EXPECT(htab_sim_host_free(host) == 0);
	return failures;
}
'''


@check('the example of libhtab.h works on the simulator')
def works():
    directory = temporary()
    build(directory, '-Dsim=enabled')
    program = directory / 'example.c'
    program.write_text(example() + PROGRAM)
    flags = run(*tool('MESON', 'meson'), 'devenv', '-C', directory,
                *tool('PKG_CONFIG', 'pkg-config'), '--cflags', '--libs',
                'libhtab-sim').split()
    run(*shlex.split(CC), '-Wall', program, '-o', directory / 'example', *flags)
    run(directory / 'example', LD_LIBRARY_PATH=directory / 'lib/sim')


main()
