#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""golden.py [--no-json] HTAB FILE...: runs the commands of the files, and
compares what they print; TAP. With --no-json those with --json are skipped.

In a file a line "$ [NAME=VALUE...] htab ..." is a command, and the lines that
follow are what it prints on both streams. The last of them is "[status N]", if
that is not 0. In a .md file only code blocks are read that begin with such a
line, which has no status. Times are written as "0.0 ms", or 0 in JSON.
HTAB_ROOT=NAME gives the command the /proc of that host of hosts.txt.

golden.py --update HTAB FILE... writes into the files what the commands print
now. Read the difference before you commit it.
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
COMMAND = re.compile(r'^\$ (.*\bhtab\b.*)\n', re.M)
BLOCK = re.compile(r'^```[a-z]*\n(\$ htab.*?)^```$', re.M | re.S)
TIME = re.compile(r' *\d+\.\d ms|(?<="microseconds": )\d+')


def make_hosts(directory):
    """Writes the files of hosts.txt below the directory."""
    parts = re.split(r'^== (\S+) (\S+)\n', (HERE / 'hosts.txt').read_text(),
                     flags=re.M)[1:]
    for name, path, text in zip(parts[::3], parts[1::3], parts[2::3]):
        file = directory / name / path.lstrip('/')
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def mask(time):
    return '0' if time[0].isdigit() else f"{'0.0 ms':>{len(time[0])}}"


def normal(text):
    """JSON as each version of json-c would print it, or the text as it is"""
    try:
        return json.dumps(json.loads(text), indent=2) + '\n'
    except ValueError:
        return text


def run(program, hosts, line, shows_status):
    """What a command prints, and its status"""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith('HTAB_')}
    words = shlex.split(line)
    while '=' in words[0]:
        name, value = words.pop(0).split('=', 1)
        env[name] = str(hosts / value) if name == 'HTAB_ROOT' else value
    done = subprocess.run([program, *words[1:]], env=env, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    printed = TIME.sub(mask, normal(done.stdout) if '--json' in words
                       else done.stdout)
    if done.returncode and shows_status:
        printed += f'[status {done.returncode}]\n'
    return printed


def transcript(program, hosts, text, shows_status):
    """Yields each command of the text, what follows it there, and what it
    prints."""
    _, *parts = COMMAND.split(text)
    for line, expected in zip(parts[::2], parts[1::2]):
        printed = run(program, hosts, line, shows_status)
        # Blank lines may separate the commands.
        rest = expected[len(expected.rstrip('\n')) + 1:]
        yield line, expected[:len(expected) - len(rest)], printed, rest


def updated(*arguments):
    return ''.join(f'$ {line}\n{printed}{rest}' for line, _, printed, rest
                   in transcript(*arguments))


def blocks(path):
    """The texts with commands in a file, as (begin, end)"""
    text = path.read_text()
    if path.suffix == '.md':
        return text, [match.span(1) for match in BLOCK.finditer(text)]
    return text, [(COMMAND.search(text).start(), len(text))]


def update(program, hosts, path):
    text, spans = blocks(path)
    for begin, end in reversed(spans):
        text = text[:begin] + updated(
            program, hosts, text[begin:end], path.suffix != '.md') + text[end:]
    path.write_text(text)


def check(program, hosts, path, number, skips):
    text, spans = blocks(path)
    for begin, end in spans:
        for line, expected, printed, _ in transcript(
                program, hosts, text[begin:end], path.suffix != '.md'):
            number += 1
            if 'no-json' in skips and '--json' in line:
                print(f'ok {number} - {path.name}: {line} # SKIP this build '
                      'has no JSON')
                continue
            good = printed == expected
            print(f"{'ok' if good else 'not ok'} {number} - {path.name}: "
                  f"{line.replace('#', '')}")
            if not good:
                print('# it printed')
                print(''.join(f'# {line}\n' for line
                              in printed.splitlines()), end='')
    return number


def main(arguments):
    updates = arguments[0] == '--update'
    skips = {'no-json'} if arguments[0] == '--no-json' else ()
    program, *files = arguments[arguments[0].startswith('--'):]
    program = pathlib.Path(program).resolve()
    number = 0
    with tempfile.TemporaryDirectory(prefix='libhtab-') as directory:
        hosts = pathlib.Path(directory)
        make_hosts(hosts)
        for name in files:
            if updates:
                update(program, hosts, pathlib.Path(name))
            else:
                number = check(program, hosts, pathlib.Path(name), number,
                               skips)
    if not updates:
        print(f'1..{number}')


main(sys.argv[1:])
