# SPDX-License-Identifier: MIT
"""A page of section 3, which describes a family of functions."""
import pathlib
import re

from comments import ERRORS
from mdoc import Writer, capital, code, parse

source = pathlib.Path(__file__).resolve().parent.parent
LIBRARIES = {'htab': ('libhtab', "Hashed page tables of PowerPC guests"),
             'htab-sim': ('libhtab-sim', "libhtab on a simulated kernel")}
COMMON = '"Errors" above'


def example(path, names):
    """Functions of a file, with the comment that is directly before each"""
    text = (source / path).read_text()
    return '\n'.join(re.search(
        rf'^(/\*(?:(?!\*/).)*\*/\n)?(?:static )?\w[\w *]*\b{name}\([^;{{]*\)\n'
        r'\{\n.*?^\}\n', text, re.M | re.S)[0] for name in names)


def names(functions, macro='Fn'):
    """Functions in a sentence, as lines"""
    *most, last = functions
    lines = [f'.{macro} {name}' + (' ,' if name != most[-1] else '')
             for name in most]
    return lines + (['and'] if most else []) + [f'.{macro} {last}']


def grouped(pairs):
    """Those with equal values together: [(value, [key...])]"""
    groups = {}
    for key, value in pairs:
        groups.setdefault(value, []).append(key)
    return groups.items()


def joined(lines):
    return ' '.join(' '.join(lines).split())


class Page:
    def __init__(self, pages, library, family):
        self.pages, self.library, self.family = pages, library, family
        self.ini = pages.ini[family]
        self.header = pages.headers[library]
        self.functions = self.ini['functions'].split()
        self.comments = [self.header.comments[name] for name in self.functions]
        self.writer = Writer(self.function, self.section)

    def function(self, name):
        return f'Fn {name}' if name in self.functions \
            else self.pages.reference(name)

    def section(self, title):
        if title == 'Errors' and self.library == 'htab':
            return 'Sx Common errors'
        return self.pages.section(self.library, title)

    def lines(self):
        yield from (f".Dd {self.ini['date']}",
                    f'.Dt {self.family.upper()} 3',
                    f'.Os libhtab {self.pages.version}', '.Sh NAME')
        named = self.functions if self.family in self.functions \
            else [self.family, *self.functions]
        for name in named:
            yield f'.Nm {name}' + (' ,' if name != named[-1] else '')
        yield f".Nd {self.ini['about']}"
        yield '.Sh LIBRARY'
        name, what = LIBRARIES[self.library]
        yield f'{what} ({name}, \\-l{self.library})'
        yield from self.synopsis()
        yield '.Sh DESCRIPTION'
        yield from self.description()
        yield from self.return_values()
        path, *shown = self.ini['examples'].split()
        yield from ('.Sh EXAMPLES',
                    *code(example(path, shown).splitlines()))
        yield from self.errors()
        yield from self.see_also()
        yield from self.history()

    def synopsis(self):
        yield '.Sh SYNOPSIS'
        yield f'.In {self.header.path.name}'
        for name in self.functions:
            returns, parameters = self.header.prototype(name)
            if returns == '#define':
                yield f".Fd #define {name}({', '.join(parameters)})"
                continue
            yield f'.Ft "{returns}"' if ' ' in returns else f'.Ft {returns}'
            yield f'.Fo {name}'
            for parameter in parameters:
                yield f'.Fa "{parameter}"'
            yield '.Fc'

    def description(self):
        if self.ini['introduction']:
            yield from self.writer.section_of(
                self.header.introduction(self.ini['introduction']))
        for comment in self.comments:
            if len(self.comments) > 1:
                yield f'.Ss {comment.name}()'
            yield from self.writer.text(comment.summary)
            if comment.parameters:
                yield '.Bl -tag -width Ds'
                for name, text in comment.parameters:
                    text = joined(text)
                    yield f'.It Fa {name}'
                    yield from self.writer.text(text[0].upper() + text[1:] +
                                                '.' * (text[-1] != '.'))
                yield '.El'
            yield from self.writer.blocks(comment.description)
            if comment.context:
                text = joined(comment.context)
                yield from ('.Pp', '.Em Context :')
                yield from self.writer.text(text[0].upper() + text[1:])
        yield from self.types()

    def types(self):
        documented = []
        for name in self.ini['types'].split():
            comment = self.header.comments.get(name)
            if comment and comment.kind == 'define':
                documented.append(comment)
                continue
            yield f'.Ss {self.title(name)}'
            if comment:
                yield from self.writer.text(comment.summary)
                yield from code(comment.code.splitlines())
                yield from self.writer.listed('-tag -width Ds', [
                    (f'Fa {member}', joined(text)[0].upper() +
                     joined(text)[1:] + '.')
                    for member, text in comment.parameters])
            else:
                yield from self.plain(name)
        if documented:
            yield '.Ss Constants'
            yield from ('.Bl -tag -width Ds',)
            for comment in documented:
                yield f'.It Dv {comment.name}'
                yield from self.writer.text(comment.summary)
                yield from self.writer.section_of(comment.description)
            yield '.El'

    def title(self, name):
        if re.fullmatch('[A-Z_0-9]+', name):
            return 'Version' if 'VERSION' in name else \
                f'Bits of an entry: {name[:7]}*'
        return {'enum': 'enum ', 'struct': 'struct '}.get(
            re.search(rf'(\w+) {name}\b|\(', self.of(name))[1], '') + name

    def of(self, name):
        comment = self.header.comments.get(name)
        return comment.code if comment else re.sub(
            r'/\*.*?\*/', '', self.header.block(name), flags=re.S)

    def plain(self, name):
        """A declaration without kernel-doc: the comment before it, and the
        code. Of an enum that explains each value, a list of the values."""
        block = self.header.block(name)
        values = re.findall(r'/\* ((?:(?!\*/).)*)\*/\n\t(\w+ = \d+)', block,
                            re.S)
        comment = re.match(r'/\*(.*?)\*/\n(?!#)', block, re.S)
        if comment:
            block = block[comment.end():]
            text = re.sub(r'\n \* ?', ' ', comment[1])
            text = re.sub(r'\s*Since: [\d.]+', '', text)
            yield from self.writer.text(text)
        if not values:
            yield from code(block.splitlines())
            return
        yield from self.writer.listed('-tag -width Ds', [
            (f"Dv {value.split()[0]} Pq {value.split()[2]}",
             re.sub(r'\n\t \* ', ' ', text).strip()) for text, value in values])

    def return_values(self):
        """What the functions return on success, those together that return the
        same"""
        pairs = []
        for comment in self.comments:
            if not comment.returns:
                continue
            text, listed = comment.returned()
            good = tuple(re.sub('^0 or an error of.*', '0: success.', item)
                         for item in listed if not re.match(ERRORS, item)
                         and not item.startswith('Others '))
            bad = any(re.match('-' + ERRORS, item) for item in listed) or \
                any(item.startswith('0 or an error') for item in listed)
            pairs.append((comment.name, (text.rstrip(':'), good, bad)))
        if not pairs:
            return
        yield '.Sh RETURN VALUES'
        for i, ((text, good, bad), functions) in enumerate(grouped(pairs)):
            if i:
                yield '.Pp'
            yield from names(functions)
            verb = 'returns' if len(functions) == 1 else 'return'
            key, _, value = good[0].partition(': ') if good else ('', '', '')
            errors = 'a negative errno: see', '.Sx ERRORS .'
            if not good:
                yield from self.writer.text(
                    f'{verb} {text}' + '.' * (text[-1] != '.'))
            elif good == ('0: success.',):
                yield from (f'{verb} 0 on success, or', *errors)
            elif len(good) == 1 and key == '0':
                yield from self.writer.text(f'{verb} 0 if {value}')
                yield from ('Otherwise it returns', *errors)
            elif len(good) == 1:
                yield from self.writer.text(f'{verb} {value.rstrip(".")}, or')
                yield from errors
            else:
                yield f'{verb}'
                rows = [item.split(': ', 1) for item in good]
                yield from self.writer.listed('-tag -width Ds', [
                    (self.writer.key(key), capital(value))
                    for key, value in rows])
                if bad:
                    yield from ('.Pp', 'Otherwise it returns', *errors)

    def errors(self):
        common, out = set(), []
        for comment in self.comments:
            text, listed = comment.returned()
            listed = [item for item in listed or [] if
                      not re.match(r'0( or more)?:', item)]
            if not listed:
                continue
            out.append(f'.Ss Errors of {comment.name}()')
            entries, rest = [], []
            for item in listed:
                match = re.match(rf'({ERRORS}): (.*)', item)
                if match:
                    entries.append(match.groups())
                    if COMMON in item:
                        common |= set(match[1].split(', '))
                elif item.startswith('0 or an error of'):
                    out += self.writer.text('An error' + item[13:])
                else:
                    rest.append(item)
            out += self.writer.listed('-tag -width Ds', [
                (self.writer.key(key), capital(value))
                for key, value in entries])
            for item in rest:
                out += ['.Pp', *self.writer.text(item)]
            out += self.writer.blocks(comment.rest)
        if not out:
            return
        yield '.Sh ERRORS'
        if len([line for line in out if line.startswith('.Ss')]) == 1:
            out = [line for line in out if not line.startswith('.Ss')]
        yield from out
        if common:
            yield from self.common(common)

    def common(self, errors):
        """What the manual says of errors that mean the same everywhere. Those
        of a security module can come from any function."""
        yield '.Ss Common errors'
        yield '.Bl -tag -width Ds'
        for kind, content in parse(
                self.header.manual['Errors']):
            if kind != 'list':
                continue
            for item in content:
                keys, text = item.split(': ', 1)
                if errors & set(keys.split(', ')) or 'EACCES' in keys:
                    yield f'.It {self.writer.key(keys)}'
                    yield from self.writer.text(capital(text))
        yield '.El'

    def history(self):
        yield '.Sh HISTORY'
        for since, functions in grouped(
                (comment.name, comment.since) for comment in self.comments):
            yield from names(functions)
            yield f'appeared in libhtab {since}.'
        ioctls = {}
        for comment in self.comments:
            for name, kernel in re.findall(
                    r'(KVM_[A-Z_]+)\s\(Linux\s([^)]+)\)',
                    ' '.join(comment.description)):
                ioctls[name] = kernel
        for name, kernel in ioctls.items():
            yield from ('The ioctl', f'.Dv {name}',
                        f"appeared in Linux {kernel.replace(';', ', for')}.")

    def see_also(self):
        yield '.Sh SEE ALSO'
        refs = [(name, 3) for name in self.ini['see'].split()]
        refs.append((f'lib{self.library}', 7))
        refs.sort(key=lambda ref: (ref[1], ref[0]))
        for ref in refs:
            yield f'.Xr {ref[0]} {ref[1]}' + (' ,' if ref != refs[-1] else '')
