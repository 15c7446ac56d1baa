#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""render.py MANDOC DIRECTORY OUTPUT LIBRARY...

Writes the man pages, which generate.py has written to a directory, as HTML, and
a page with the list of them. htab(1) is taken from here.
"""
import html
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from generate import Pages, here  # noqa: E402

PAGE = '''<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="style.css">
</head>
<body>
<nav><a href="index.html">libhtab {version}</a></nav>
<main>
{body}
</main>
</body>
</html>
'''


class Site:
    def __init__(self, mandoc, directory, libraries):
        self.mandoc, self.libraries = mandoc, libraries
        self.pages = Pages(libraries)
        self.files = {'htab.1': here / 'htab.1'}
        # Where a link to a page goes: an alias is a part of another page.
        self.links = {'htab.1': 'htab.1.html'}
        for section in 3, 7:
            for _, family, name in self.pages.files(section):
                link = f'{family}.{section}.html'
                if name == family:
                    self.files[f'{name}.{section}'] = \
                        directory / f'{name}.{section}'
                else:
                    link += f'#{name}()'
                self.links[f'{name}.{section}'] = link

    def link(self, match):
        """A link of mandoc to NAME.SECTION.html, which may be no page here"""
        target, text = match.groups()
        if target not in self.links:
            return f'<span class="Xr">{text}</span>'
        return f'<a class="Xr" href="{self.links[target]}">{text}</a>'

    def section(self, match):
        """SECTION in PAGE"""
        title, rest, page = match.groups()
        title = ' '.join(title.split())
        anchor = title.replace(' ', '_')
        return f'<a href="{page}.html#{anchor}">{title}</a> in{rest}'

    def body(self, path):
        """A page without its header and footer"""
        out = subprocess.run(
            [self.mandoc, '-T', 'html', '-O', 'fragment,toc,man=%N.%S.html',
             path], check=True, stdout=subprocess.PIPE, text=True).stdout
        out = re.sub(r'<table class="(?:head|foot)">.*?</table>\n?', '', out,
                     flags=re.S)
        out = re.sub(r'<span class="No">([A-Z ()]+?)\s+in</span>'
                     r'(\s*<a class="Xr" href="(\S+)\.html">)', self.section,
                     out)
        return re.sub(r'<a class="Xr"\s+href="([\w.-]+)\.html">(.*?)</a>',
                      self.link, out, flags=re.S)

    def page(self, title, body):
        return PAGE.format(title=html.escape(title), body=body,
                           version=self.pages.version)

    def item(self, names, section, about):
        links = ', '.join(
            f'<a href="{self.links[f"{name}.{section}"]}">{name}'
            f'({section})</a>' for name in names)
        return f'<dt>{links}</dt>\n<dd>{html.escape(about)}</dd>'

    def about(self, name):
        """The description in a page's NAME section"""
        return re.search(r'^\.Nd (.*)$', self.files[name].read_text(),
                         re.M)[1]

    def index(self):
        lines = ['<h1>The manual of libhtab</h1>', '<dl class="index">']
        lines += [self.item([f'lib{library}'], 7,
                            self.about(f'lib{library}.7'))
                  for library in self.libraries]
        lines += [self.item(['htab'], 1, self.about('htab.1')), '</dl>']
        for library in self.libraries:
            families = self.pages.families.get(library, ())
            if families:
                lines += [f'<h2>Functions of lib{library}</h2>',
                          '<dl class="index">']
            for family in families:
                lines.append(self.item(self.pages.functions(family), 3,
                                       self.about(f'{family}.3')))
            if families:
                lines.append('</dl>')
        return '\n'.join(lines)


def main(mandoc, directory, output, *libraries):
    site, output = Site(mandoc, pathlib.Path(directory), libraries), \
        pathlib.Path(output)
    output.mkdir(exist_ok=True)
    (output / 'style.css').write_text((here / 'style.css').read_text())
    (output / 'index.html').write_text(
        site.page('libhtab', site.index()))
    for name, path in site.files.items():
        title = re.sub(r'\.(\d)$', r'(\1)', name)
        body = f'<p class="title">{title}</p>\n{site.body(path)}'
        (output / f'{name}.html').write_text(site.page(title, body))
    print(output / 'index.html')


main(*sys.argv[1:])
