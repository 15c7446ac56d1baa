#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""generate.py --list PAGES.INI LIBRARY...
generate.py SECTION DIRECTORY LIBRARY...

Writes the man pages of section 3 or 7 to a directory, or lists the files. A
library is htab, htab-sim or htab-sim-preload.

The pages are made from the comments of the headers, and not written beside
them: those comments specify every function with every error, and tests check
them, so that a second text could only be out of date. What pages.ini has is the
order of things. The pages of section 7 are written by hand (*.7.in), and take
the sections of the manual at the top of the headers where they have a line
that begins with @:

@date               the line with the date of the release
@manual SECTION     a section of the manual, with its title, which another one
                    replaces that comes after a colon
@text SECTION       the same without the title
@description NAME   the description of a function
@functions          a list of the pages of section 3
@example FILE       a file, without its first line
"""
import configparser
import pathlib
import re
import sys

sys.dont_write_bytecode = True
import comments  # noqa: E402
from mdoc import Writer, code  # noqa: E402
from page import Page  # noqa: E402

here = pathlib.Path(__file__).resolve().parent
HEADERS = {'htab': 'libhtab.h', 'htab-sim': 'libhtab-sim.h'}


class Pages:
    """All pages of some libraries"""

    def __init__(self, libraries):
        self.libraries = libraries
        self.ini = configparser.ConfigParser(interpolation=None)
        self.ini.read(here / 'pages.ini')
        self.headers = {
            library: comments.Header(here.parent / 'include' / name)
            for library, name in HEADERS.items()}
        self.version = re.search(
            r'HTAB_VERSION\s+"(.*)"',
            self.headers['htab'].path.read_text())[1]
        self.families = {library: [
            name for name in self.ini.sections()
            if name.startswith('htab_sim') == (library == 'htab-sim')]
            for library in HEADERS}
        # The page of each function
        self.page_of = {function: name for name in self.ini.sections()
                        for function in self.functions(name)}

    def functions(self, family):
        return self.ini[family]['functions'].split()

    def files(self, section):
        """The names of the files: a page, or its alias in a pair with it"""
        for library in self.libraries:
            if section == 7:
                yield library, f'lib{library}', f'lib{library}'
                continue
            for family in self.families.get(library, ()):
                yield library, family, family
                for function in self.functions(family):
                    if function != family:
                        yield library, family, function

    def three(self, library, family):
        return Page(self, library, family).lines()

    def reference(self, name):
        """The macro for a function on another page"""
        if name in self.page_of:
            return f'Xr {name} 3'
        return f'Fn {name}'

    def template(self, library):
        return (here / f'lib{library}.7.in').read_text()

    def titles(self, library):
        """The sections of the manual that are sections of the page"""
        return {section: (title or section).upper() for section, title in
                re.findall(r'^@manual ([^:\n]*)(?:: (.*))?$',
                           self.template(library), re.M)}

    def section(self, library, section):
        """The macros for a section of the manual, on another page; None if
        there is no such section"""
        title = self.titles(library).get(section)
        return title and f'No {title} in Xr lib{library} 7'

    def seven(self, library, name):
        header = self.headers.get(library)
        text, titles = self.template(library), self.titles(library)
        writer = Writer(self.reference, lambda section:
                        section in titles and f'Sx {titles[section]}')
        for line in text.splitlines():
            word, _, rest = line.partition(' ')
            if word == '@date':
                yield f".Dd {self.ini['DEFAULT']['date']}"
                yield f'.Dt {name.upper()} 7'
                yield f'.Os libhtab {self.version}'
            elif word in ('@manual', '@text'):
                rest = rest.partition(':')[0]
                if word == '@manual':
                    yield f'.Sh {titles[rest]}'
                yield from writer.section_of(header.manual[rest])
            elif word == '@description':
                yield from writer.section_of(
                    header.comments[rest].description)
            elif word == '@functions':
                yield from self.list_of_functions(library)
            elif word == '@example':
                yield from code((here / rest).read_text().splitlines()[1:])
            else:
                yield line

    def list_of_functions(self, library):
        yield '.Bl -tag -width Ds'
        for family in self.families[library]:
            yield '.It ' + ' , '.join(
                f'Xr {name} 3' for name in self.functions(family)
                if name.startswith('htab'))
            about = self.ini[family]['about']
            yield about[0].upper() + about[1:] + '.'
        yield '.El'


def main(first, *arguments):
    if first == '--list':
        # The file is named for Meson, which configures again if it changes.
        pages = Pages(arguments[1:])
        for section in 3, 7:
            for _, _, name in pages.files(section):
                print(f'{name}.{section}')
        return
    section, directory = int(first), pathlib.Path(arguments[0])
    pages = Pages(arguments[1:])
    write = pages.three if section == 3 else pages.seven
    for library, family, name in pages.files(section):
        lines = [f'.so man{section}/{family}.{section}'] \
            if name != family else write(library, family)
        (directory / f'{name}.{section}').write_text(
            ''.join(line + '\n' for line in lines))


if __name__ == '__main__':
    main(*sys.argv[1:])
