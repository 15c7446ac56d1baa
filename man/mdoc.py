# SPDX-License-Identifier: MIT
"""Turns the text of kernel-doc comments into mdoc."""
import errno
import re

# What becomes a macro. A reference is to a section of the manual.
TOKEN = re.compile(r'''
    "(?P<section>[A-Z][^"]*|vcpus|fork\(\))"\ (?:above|below)\b
    |\*(?P<emphasis>\w+)\*
    |(?P<parameter>\*?@\w+)
    |(?P<function>\b[A-Za-z_][\w*]*\(\))
    |(?P<error>(?<!\w)-?E[A-Z][A-Z0-9]+\b)
    |(?P<constant>\b(?:HTAB|KVM|MAP)_[A-Z0-9_]+\b(?!\*)|\bNULL\b)
    |<(?P<include>[\w/-]+\.h)>
    ''', re.X)
MACROS = {'constant': 'Dv', 'emphasis': 'Em', 'include': 'In'}
CLOSING = re.compile(r'[.,:;)?!]*')


def escape(text):
    """Text that roff takes as it is"""
    text = text.replace('\\', r'\e').replace('^', r'\(ha')
    text = text.replace('~', r'\(ti').replace('`', r'\(ga')
    text = re.sub(r'(?<![\w\\])-(?=[-\w])', r'\\-', text)
    text = re.sub(r'(^|[\s(])"', r'\1\\(lq', text)
    text = text.replace('"', r'\(rq')
    return re.sub(r"^(?=[.'])", r'\\&', text)


def capital(text):
    """Text that begins like a sentence, unless it begins with a name"""
    return text[0].upper() + text[1:] if re.match('[a-z]+ ', text) else text


class Writer:
    """What the text becomes on one page. function(name) and section(title) are
    the macros, with their arguments, for what the text refers to."""

    def __init__(self, function, section):
        self.function, self.section = function, section

    def macro(self, match):
        """The macro for a match of TOKEN, or None if it is text after all"""
        kind, value = match.lastgroup, match[match.lastgroup]
        if kind == 'function':
            return self.function(value[:-2])
        if kind == 'section':
            return self.section(value)
        if kind == 'parameter':
            return f"Fa {value.replace('@', '')}"
        if kind == 'error':
            return 'Er ' + value.replace('-', r'\-') \
                if value.strip('-') in errno.errorcode.values() else None
        return f'{MACROS[kind]} {value}'

    def sentence(self, text):
        """The lines of a sentence. A macro has a line, with the punctuation
        that touches it."""
        lines, at = [], 0
        pending = ''
        matches = [m for m in TOKEN.finditer(text) if self.macro(m)]
        for i, match in enumerate(matches):
            if match.start() < at:
                continue
            pending += text[at:match.start()]
            head = re.search(r'\S*$', pending)[0]
            pending = pending[:len(pending) - len(head)]
            if pending.strip():
                lines.append(escape(pending.strip()))
            words = (['Pf', escape(' ' + head)[1:]] if head else []) + \
                [self.macro(match)]
            at = match.end()
            limit = matches[i + 1].start() if i + 1 < len(matches) \
                else len(text)
            tail = re.match(r'\S*', text[at:limit])[0]
            at += len(tail)
            closing = CLOSING.match(tail)[0]
            if closing == tail:
                words += list(tail)
            else:
                words += ['Ns', escape('\0' + tail)[1:]]
            # Nothing is between this word and the next macro.
            if at == limit < len(text):
                words += ['Ns', self.macro(matches[i + 1])]
                at = matches[i + 1].end()
                tail = re.match(r'\S*', text[at:])[0]
                words += list(tail) if CLOSING.fullmatch(tail) else \
                    ['Ns', escape('\0' + tail)[1:]]
                at += len(tail)
            lines.append('.' + ' '.join(words))
            pending = ''
        pending += text[at:]
        if pending.strip():
            lines.append(escape(pending.strip()))
        return lines

    def text(self, text):
        """The lines of a paragraph: each sentence begins on a new one."""
        lines = []
        for sentence in re.split(r'(?<=[a-z0-9A-Z)"][.?!])\s+(?=["(*@A-Z-])',
                                 ' '.join(text.split())):
            lines += self.sentence(sentence)
        return lines

    def listed(self, kind, entries, compact=False):
        lines = [f'.Bl {kind}' + (' -compact' if compact else '')]
        for key, text in entries:
            lines += ['.It' + (f' {key}' if key else ''), *self.text(text)]
        return lines + ['.El']

    def key(self, text):
        """The argument of .It for a literal word or for errors"""
        if re.fullmatch(r'-?E[A-Z0-9]+(, -?E[A-Z0-9]+)*', text):
            return ' , '.join('Er ' + each.replace('-', r'\-')
                              for each in text.split(', '))
        return 'Li ' + escape(text).replace(' ', r'\ ')

    def section_of(self, lines):
        """The mdoc lines of a text that is all of a section"""
        found = self.blocks(lines)
        return found[1:] if found[:1] == ['.Pp'] else found

    def blocks(self, lines):
        """The mdoc lines of a text with paragraphs, lists, tables and code"""
        out = []
        for kind, content in parse(lines):
            if kind == 'text':
                label = re.match(r'(Ioctls|System calls): ', content)
                if label:
                    content = content[label.end():]
                    out += ['.Pp', f'.Em {label[1]} :', *self.text(
                        content[0].upper() + content[1:]
                        if content.startswith(('once', 'those'))
                        else content)]
                else:
                    out += ['.Pp', *self.text(content)]
            elif kind == 'code':
                out += code(content)
            elif kind == 'table':
                out += self.listed('-tag -width Ds', [
                    (self.key(key), text) for key, text in content])
            elif kind == 'list':
                pairs = [re.match(r'(0|-E[A-Z, E-]+|all else|[\d,]+ [^:]*?)'
                                  r': (.*)', item) for item in content]
                if all(pairs):
                    out += self.listed('-tag -width Ds', [
                        (self.key(pair[1]), capital(pair[2]))
                        for pair in pairs])
                else:
                    out += self.listed('-bullet', [
                        ('', item) for item in content])
            else:
                out += self.listed('-enum', [('', item) for item in content])
        return out


def code(lines):
    """Lines that stand as they are"""
    return ['.Bd -literal', *(
        re.sub(r"^(?=[.'])", r'\\&', line.replace('\\', r'\e')
               .replace('^', r'\(ha').replace('~', r'\(ti')
               .replace('`', r'\(ga').replace('-', r'\-')
               .replace("'", r'\(aq').expandtabs())
        for line in lines), '.Ed']


def table(lines):
    """The rows of code that has two columns, or None"""
    rows = []
    for line in lines:
        row = re.match(r'(\S+)(?:\t+| {2,})(\S.*)', line)
        if row and (not re.match(r'[-=]>', row[2])):
            rows.append([row[1], row[2]])
        elif rows and re.match(r'\s', line):
            rows[-1][1] += ' ' + line.strip()
        else:
            return None
    return rows if len(rows) > 1 else None


def parse(lines):
    """The blocks of a text: (kind, content)"""
    blocks, i, lines = [], 0, list(lines)
    while i < len(lines):
        line = lines[i]
        if not line.strip():
            i += 1
        elif line.startswith('\t'):
            end = i
            while end < len(lines) and (lines[end].startswith('\t')
                                        or not lines[end].strip()):
                end += 1
            text = [each[1:] for each in lines[i:end]]
            while not text[-1].strip():
                text.pop()
            rows = table(text)
            blocks.append(('table', rows) if rows else ('code', text))
            i = end
        elif re.match(r'\* |\d\. ', line):
            kind = 'list' if line[0] == '*' else 'numbered'
            items = []
            while i < len(lines) and re.match(r'\* |\d\. | {2,}\S', lines[i]):
                if lines[i][0] == ' ':
                    items[-1] += ' ' + lines[i].strip()
                else:
                    items.append(lines[i].split(' ', 1)[1])
                i += 1
            blocks.append((kind, items))
        else:
            text = []
            while i < len(lines) and lines[i].strip() and \
                    not re.match(r'\* |\t', lines[i]):
                text.append(lines[i].strip())
                i += 1
            text = ' '.join(text)
            text = re.sub(r'(^|\s+)::$|(?<=:):$', '', text)
            if text:
                blocks.append(('text', text))
    return blocks
