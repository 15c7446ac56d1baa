#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""manpages.py [PROGRAM]: the man pages agree with the headers, the libraries
and the examples. PROGRAM is the example of libhtab(7), on the simulator."""
import functools
import re
import shlex
import subprocess
import sys

from checks import Skip, build, check, declared, header, main, run, \
    sim_header, source, temporary, tool, without_comments

sys.path.insert(0, str(source / 'man'))
from comments import ERRORS, Header  # noqa: E402
from page import example  # noqa: E402

directory = temporary()
MACRO = 'HTAB_CHECK_VERSION'
# Pages of others that ours refer to, and the one that only glibc has
ELSEWHERE = {'ld.so.8', 'pkg-config.1', 'virsh.1', 'libhtab-sim-preload.7'}


@functools.cache
def pages():
    """The installed pages by name. Nothing else is built."""
    run(*tool('MESON', 'meson'), 'setup', directory / 'build', source,
        '-Dman=enabled', '-Dsim=enabled', '-Dtests=disabled',
        '-Dexamples=disabled', '--prefix=/usr')
    run(*tool('NINJA', 'ninja'), '-C', directory / 'build',
        'man/libhtab.7', 'man/htab_alloc.3')
    run(*tool('MESON', 'meson'), 'install', '--no-rebuild', '--tags', 'man',
        '-C', directory / 'build', '--destdir', directory / 'root')
    return {path.name: path for path in
            (directory / 'root/usr/share/man').rglob('*.[137]')}


def text(name):
    """The mdoc of a page; for an alias, of the page that it stands for"""
    found = pages()[name].read_text()
    alias = re.match(r'\.so (man\d/(\S+))$', found)
    if alias and not (pages()[name].parents[1] / alias[1]).exists():
        return ''
    return text(alias[2]) if alias else found


def section(page, title):
    found = re.search(rf'^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)', page, re.M | re.S)
    return found[1] if found else ''


def plain(mdoc):
    """mdoc code with its escapes undone"""
    for escaped, character in ((r'\(ha', '^'), (r'\(ti', '~'), (r'\(ga', '`'),
                               (r'\(aq', "'"), (r'\-', '-'), (r'\&', ''),
                               (r'\e', '\\')):
        mdoc = mdoc.replace(escaped, character)
    return mdoc


def families():
    """The pages of section 3 that are no alias"""
    return {name: path.read_text() for name, path in pages().items()
            if name.endswith('.3') and not path.read_text().startswith('.so')}


def functions(path):
    return declared(path) - {'HTAB_MUST_CHECK'}


@check('each function has a page that names it')
def named():
    for name in sorted(functions(header) | functions(sim_header) | {MACRO}):
        if f'{name}.3' not in pages():
            yield f'{name}(3) is not installed'
        elif not re.search(rf'^\.Nm {name}(?: ,)?$',
                           section(text(f'{name}.3'), 'NAME'), re.M):
            yield f'{name}(3) does not name it'


@check('what the maps export has a page')
def exported():
    for path in 'lib/libhtab.map', 'lib/sim/libhtab-sim.map':
        for name in re.findall(r'^\t(htab_\w+);', (source / path).read_text(),
                               re.M):
            if f'{name}.3' not in pages():
                yield f'{path}: {name}(3) is not installed'


@check('no page is installed twice or for nothing')
def no_more():
    known = functions(header) | functions(sim_header) | \
        {MACRO, 'htab_hpte', 'htab_record'}
    for name in sorted(pages()):
        if name.endswith('.3') and name[:-2] not in known:
            yield f'{name}: of what is it?'
    for name in ('htab.1', 'libhtab.7', 'libhtab-sim.7'):
        if name not in pages():
            yield f'{name} is not installed'


def prototypes(synopsis):
    """Those of a SYNOPSIS, with one blank between words"""
    for returns, name, parameters in re.findall(
            r'^\.Ft "?(.*?)"?\n\.Fo (\w+)\n(.*?)^\.Fc$', synopsis,
            re.M | re.S):
        arguments = re.findall(r'^\.Fa "(.*)"$', parameters, re.M)
        yield f"{returns} {name}({', '.join(arguments)})"


def spaced(code):
    """A prototype in which blanks differ from another one's nowhere"""
    return re.sub(r'\s*([*(),])\s*', r' \1 ', ' '.join(code.split()))


@check('the synopses are the prototypes of the headers')
def synopses():
    seen = [spaced(prototype) for page in families().values()
            for prototype in prototypes(section(page, 'SYNOPSIS'))]
    for path in header, sim_header:
        code = re.sub('^#.*$', ' ', without_comments(path.read_text()),
                      flags=re.M)
        code = re.sub(r'\btypedef\b[^;]*;', '', code)
        for name in sorted(functions(path)):
            prototype = re.search(rf'([\w *]+\b{name}\([^)]*\))',
                                  ' '.join(code.split()))[1].strip()
            if seen.count(spaced(prototype)) != 1:
                yield f'not once in a SYNOPSIS: {prototype}'
            else:
                seen.remove(spaced(prototype))
    for prototype in seen:
        yield f'in no header: {prototype}'


def listed(errors):
    """The errors that are a title in a list"""
    return {word.replace('\\-', '-') for line in
            re.findall(r'^\.It (Er .*)$', errors, re.M)
            for word in re.findall(r'Er (\S+)', line)}


@check('ERRORS has each error of each function')
def errors():
    for path in header, sim_header:
        for name, comment in Header(path).comments.items():
            wanted = {error for item in comment.returned()[1]
                      for keys in [re.match(f'({ERRORS}): ', item)] if keys
                      for error in keys[1].split(', ')}
            if not wanted:
                continue
            found = section(text(f'{name}.3'), 'ERRORS')
            own = re.search(rf'^\.Ss Errors of {name}\(\)\n(.*?)(?=^\.Ss|\Z)',
                            found, re.M | re.S)
            missing = wanted - listed(own[1] if own else found)
            if missing:
                yield f"{name}(3): no {', '.join(sorted(missing))}"


@check('what is said to be a common error is explained on the page')
def common():
    for name, page in families().items():
        found = section(page, 'ERRORS')
        own, _, shared = found.partition('.Ss Common errors\n')
        for keys, body in re.findall(r'^\.It (Er .*)\n((?:(?!\.It|\.El).*\n)+)',
                                     own, re.M):
            if '.Sx Common errors' in body:
                missing = listed(f'.It {keys}') - listed(shared)
                if missing:
                    yield f"{name}: {', '.join(sorted(missing))}"


@check('mandoc -T lint finds nothing')
def lint():
    mandoc = tool('MANDOC', 'mandoc')
    done = subprocess.run(
        [*mandoc, '-T', 'lint', '-W', 'warning',
         *(path for path in pages().values()
           if not path.read_text().startswith('.so'))],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        yield from done.stdout.replace(str(directory), '').splitlines()


@check('each page that a page refers to exists, and each section')
def references():
    for name in pages():
        page = text(name)
        for word, number in re.findall(r'\bXr (\S+) (\d)', page):
            if f'{word}.{number}' not in set(pages()) | ELSEWHERE:
                yield f'{name}: there is no {word}({number})'
        titles = set(re.findall(r'^\.S[hs] (.*)$', page, re.M))
        for title in re.findall(r'^\.Sx (.*?)(?: [.,:;)]*)*$', page, re.M):
            if title not in titles:
                yield f'{name}: there is no section {title}'
        for title, word in re.findall(
                r'\bNo ([A-Z ()]+) in Xr (libhtab\S*) 7', page):
            if f'.Sh {title}\n' not in text(f'{word}.7'):
                yield f'{name}: {word}(7) has no {title}'


@check('the pages of section 7 have each section of the manuals, once')
def manuals():
    for path, library in (header, 'libhtab'), (sim_header, 'libhtab-sim'):
        template = (source / f'man/{library}.7.in').read_text()
        used = re.findall(r'^@(?:manual|text) ([^:\n]*)', template, re.M)
        # The preload library has a page of its own, written by hand.
        for title in {*Header(path).manual, *used} - {'Programs as they are'}:
            if used.count(title) != 1:
                yield f'{library}(7) has "{title}" {used.count(title)} times'


@check('the examples are those that are compiled and run')
def examples():
    shown = re.findall(r'^examples = (\S+) (.*)$',
                       (source / 'man/pages.ini').read_text(), re.M)
    bodies = [plain(section(page, 'EXAMPLES')) for page in families().values()]
    calls = (source / 'man/examples/check.c').read_text()
    for path, names in shown:
        code = example(path, names.split()).expandtabs()
        if sum(code.rstrip() in body for body in bodies) != 1:
            yield f'not on one page: {names}'
        # Those of examples/ have tests of their own.
        if path.startswith('man/') and not any(
                re.search(rf'\b{name}\(', calls) for name in names.split()):
            yield f'not called in man/examples/check.c: {names}'
    if len(shown) != len(families()):
        yield f'{len(families())} pages, and {len(shown)} examples'
    code = (source / 'man/examples/libhtab.c').read_text().partition('\n')[2]
    if code.expandtabs() not in plain(section(text('libhtab.7'), 'EXAMPLES')):
        yield 'libhtab(7) does not show libhtab.c'


@check('the example of libhtab(7) prints what the page says')
def prints():
    if len(sys.argv) < 2:
        raise Skip('this build has no libhtab-sim-preload')
    runs = re.findall(r"^\$ HTAB_SIM='?(.*?)'? LD_PRELOAD=\S+ \./table\n(.*)$",
                      plain(section(text('libhtab.7'), 'EXAMPLES')), re.M)
    for host, output in runs:
        printed = run(*shlex.split(sys.argv[1]), HTAB_SIM=host).strip()
        if printed != output:
            yield f'{host}: {printed!r}, not {output!r}'
    if len(runs) < 2:
        yield 'the page does not show how it is run'


@check('without the simulator there are no pages of it')
def without():
    other = temporary()
    build(other, '-Dman=enabled')
    plan = run(*tool('MESON', 'meson'), 'introspect', '--install-plan', other)
    for name in sorted(set(re.findall(r'/([\w.-]+\.[137])"', plan))):
        if 'sim' in name or name == 'htab.1':
            yield f'{name} is installed'
    if '/libhtab.7"' not in plan:
        yield 'libhtab.7 is not installed'


@check('each link of the HTML pages leads somewhere')
def links():
    html = temporary()
    run(sys.executable, source / 'man/render.py', *tool('MANDOC', 'mandoc'),
        directory / 'build/man', html,
        *(library for library in ('htab', 'htab-sim', 'htab-sim-preload')
          if f'lib{library}.7' in pages()))
    places = {path.name: {'', *re.findall(r' id="(.*?)"', path.read_text())}
              for path in html.iterdir()}
    followed = 0
    for path in html.glob('*.html'):
        for file, place in re.findall(r'href="([^"#]*)#?([^"]*)"',
                                      path.read_text()):
            followed += 1
            if place not in places.get(file or path.name, ()):
                yield f'{path.name}: {file}#{place}'
    if followed < 1000:
        yield f'only {followed} links'


@check('two builds have the same pages')
def reproducible():
    again = temporary()
    for number in '3', '7':
        run(sys.executable, source / 'man/generate.py', number, again, 'htab',
            'htab-sim', SOURCE_DATE_EPOCH=0, LC_ALL='C', TZ='Asia/Tokyo')
    for path in again.iterdir():
        if path.read_bytes() != pages()[path.name].read_bytes():
            yield path.name


main()
