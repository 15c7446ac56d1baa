#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks for authors: spelling and format. They are skipped where their tool is
missing or of another version, so that packagers do not need it."""
import re

from checks import Failed, Skip, check, files, main, run, source, tool

# Other versions of clang-format format some lines in another way.
CLANG_FORMAT_VERSION = '14'


@check('codespell finds no misspelt word')
def spelling():
    try:
        # .Fo and .Nd are macros of man pages.
        run(*tool('CODESPELL', 'codespell'), '--ignore-words-list=fo,nd',
            '--check-hidden',
            *(source / name for name in files()))
    except Failed as failed:
        # The first line is the command with all files.
        return str(failed).splitlines()[1:]


@check('clang-format would change no file')
def formatted():
    clang_format = tool('CLANG_FORMAT', 'clang-format')
    version = re.search(r'version (\d+)', run(*clang_format, '--version'))[1]
    if version != CLANG_FORMAT_VERSION:
        raise Skip(f'clang-format is version {version}, not '
                   f'{CLANG_FORMAT_VERSION}')
    for name in files():
        if name.suffix in ('.c', '.h'):
            path = source / name
            if run(*clang_format, path) != path.read_text():
                yield str(name)


if __name__ == '__main__':
    main()
