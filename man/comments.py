# SPDX-License-Identifier: MIT
"""Takes a header of libhtab apart: its manual, which is the comment at its top,
the kernel-doc comments, and the declarations.

The man pages are made from this, and tests check the comments with it.
"""
import re

COMMENT = re.compile(r'^/\*\*\n(.*?)^ \*/\n', re.M | re.S)
ERRORS = r'-?E[A-Z][A-Z0-9]+(?:, -?E[A-Z][A-Z0-9]+)*'


def without_stars(comment):
    """The lines of a comment without what makes them one"""
    return [re.sub(r'^ \* ?', '', line) for line in comment.splitlines()]


def sections(lines):
    """A comment without its first line: what is said of each @parameter, and
    what stands under Description, Context and Return. Names are in a list, so
    that one which comes twice is seen."""
    found = [('Description', [])]
    for line in lines:
        # kernel-doc knows these words only. "Since:" is part of what it finds
        # it in.
        start = re.match(r'(@\w+|Context|Return):(?: (.*))?$', line)
        if start:
            found.append((start[1], [start[2]] if start[2] else []))
        elif found[-1][0] != 'Description' and re.match(r'\S', line) and \
                found[-1][1][-1:] == ['']:
            # After an empty line kernel-doc is back in the description.
            found.append(('Description', [line]))
        else:
            found[-1][1].append(line)
    return found


def items(lines):
    """The items of a list in a section, or None if there is other text."""
    found = []
    for line in lines:
        if line.startswith('* '):
            found.append(line[2:])
        elif line.startswith('  ') and found:
            found[-1] += ' ' + line.strip()
        elif line:
            return None
    return found


class Comment:
    """A kernel-doc comment and what it describes"""

    def __init__(self, lines, code):
        first = re.match(r'(?:(define|struct|enum|typedef) )?(\w+)(?:\(\))? - '
                         r'(.*)', lines[0])
        self.kind, self.name, self.summary = first.groups()
        self.code = code
        text = '\n'.join(lines[1:])
        self.since = re.search(r'\bSince: (\d+\.\d+)', text)[1]
        text = re.sub(r'\s*\bSince: \d+\.\d+', '', text)
        self.parameters = []
        # What stands under Description, Context and Return, and what comes
        # after Return
        self.description, self.context, self.returns, self.rest = [], [], [], []
        for name, part in sections(text.split('\n')):
            if name[0] == '@':
                self.parameters.append((name[1:], part))
            elif name == 'Context':
                self.context = part
            elif name == 'Return':
                self.returns = part
            elif self.returns:
                self.rest += part
            else:
                self.description += part

    def returned(self):
        """What Return: has: its text, and the items of its list."""
        listed = next((i for i, line in enumerate(self.returns)
                       if line.startswith('* ')), len(self.returns))
        return (' '.join(self.returns[:listed]).strip(),
                items(self.returns[listed:]))


class Header:
    def __init__(self, path):
        self.path = path
        text = path.read_text()
        self.comments = {}
        for match in COMMENT.finditer(text):
            lines = without_stars(match[1])
            if not lines[0].startswith('DOC: '):
                comment = Comment(lines,
                                  text[match.end():].split('\n\n', 1)[0])
                self.comments[comment.name] = comment
        self.blocks = text.split('\n\n')
        self.manual = self._manual(text)

    @staticmethod
    def _manual(text):
        """The lines of each section of the comment at the top"""
        top = next(m[1] for m in COMMENT.finditer(text)
                   if m[1].startswith(' * DOC: '))
        found, lines = {}, without_stars(top)
        for line, below in zip(lines, lines[1:] + ['']):
            if line and re.fullmatch('-+', below):
                section = found.setdefault(line, [])
            elif found and not re.fullmatch('-{3,}', line):
                section.append(line)
        return found

    def prototype(self, name):
        """What a function returns, and its parameters"""
        code = ' '.join(self.comments[name].code.split())
        match = re.match(rf'(.*?)\b{name}\((.*?)\)', code)
        return match[1].strip(), re.split(r', ', match[2])

    def introduction(self, title):
        """The lines of a plain comment that has a title underlined with ="""
        match = re.search(rf'^/\*\n \* {re.escape(title)}\n \* =+\n(.*?)^ \*/',
                          self.path.read_text(), re.M | re.S)
        return without_stars(match[1])

    def block(self, name):
        """A declaration without a kernel-doc comment, as it stands, with the
        plain comment before it"""
        return next(
            block.strip() for block in self.blocks if re.search(
                rf'^(?:(?:enum|struct) {name} \{{|#define {name}\b|'
                rf'typedef [^;]*\(\*{name}\))', block, re.M))
