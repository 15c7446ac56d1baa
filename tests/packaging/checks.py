# SPDX-License-Identifier: MIT
"""The source tree, the tools and TAP, for all packaging tests.

A check is a function that returns or yields its complaints. It passes if there
are none.
"""
import atexit
import functools
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import traceback

source = pathlib.Path(__file__).resolve().parents[2]
header = source / 'include' / 'libhtab.h'
sim_header = source / 'include' / 'libhtab-sim.h'

# The compiler of the build that runs the tests
CC = os.environ.get('CC', 'cc')

_checks = []


class Skip(Exception):
    """A check cannot be made here, and the message says why."""


class Missing(Skip):
    """A tool is missing that a check needs. tests/run has installed all, and
    sets HTAB_TOOLS=required, so that this is a failure there."""


class Failed(Exception):
    """A command that should have succeeded did not."""


def check(name):
    """Registers a function as the check of that name."""
    def register(function):
        _checks.append((name, function))
        return function
    return register


def main():
    """Runs the checks in their order and prints TAP."""
    print(f'1..{len(_checks)}', flush=True)
    failures = 0
    for number, (name, function) in enumerate(_checks, 1):
        try:
            complaints = list(function() or ())
        except Skip as skip:
            if not isinstance(skip, Missing) or \
                    os.environ.get('HTAB_TOOLS') != 'required':
                print(f'ok {number} - {name} # SKIP {skip}', flush=True)
                continue
            complaints = [str(skip)]
        except Failed as failed:
            complaints = [str(failed)]
        except Exception:
            complaints = [traceback.format_exc()]
        failures += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {number} - {name}")
        for line in '\n'.join(complaints).splitlines():
            print(f'# {line}')
        sys.stdout.flush()
    sys.exit(failures > 0)


def tool(variable, default):
    """The command line in that variable, as a list. tests/packaging/meson.build
    sets it. It is empty if the tool is missing and not required."""
    words = shlex.split(os.environ.get(variable, default))
    if not words or not shutil.which(words[0]):
        raise Missing(f'{default} is not installed')
    return words


def run(*command, **variables):
    """The standard output of a command. It does not see the variables of the
    caller's environment that change compilers and packages."""
    ours = r'(C|CXX|CPP|LD)FLAGS|CC(_LD)?|LD_LIBRARY_PATH|DESTDIR|MAKE\w*|' \
           r'MFLAGS|(PKG_CONFIG|MESON|NINJA)_?\w*'
    env = {name: value for name, value in os.environ.items()
           if not re.fullmatch(ours, name)}
    command = [str(word) for word in command]
    done = subprocess.run(
        command, env=env | {k: str(v) for k, v in variables.items()},
        text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    if done.returncode:
        raise Failed(f'{shlex.join(command)}: status {done.returncode}\n'
                     f'{done.stdout}{done.stderr}')
    return done.stdout


def temporary():
    """A directory that is removed at exit"""
    directory = tempfile.mkdtemp(prefix='libhtab-')
    atexit.register(shutil.rmtree, directory)
    return pathlib.Path(directory)


def build(directory, *options, CC=CC):
    """Builds the project from scratch. It has only the library unless the
    options enable more."""
    run(*tool('MESON', 'meson'), 'setup', directory, source,
        '-Dtests=disabled', '-Dexamples=disabled', '-Dsim=disabled',
        '-Dtools=disabled', '-Dman=disabled', *options, CC=CC)
    run(*tool('MESON', 'meson'), 'compile', '-C', directory)


# What packagers and tools add to a tree
NOT_OURS = {'.git', '.pc', '__pycache__', 'debian'}


def walk(directory):
    """Every file below a directory, but for build directories"""
    for path in directory.iterdir():
        if not path.is_dir():
            yield path.relative_to(source)
        elif not (path / 'meson-private').exists() \
                and path.name not in NOT_OURS:
            yield from walk(path)


def files():
    """The relative path of every file of the project, also of those that are
    not committed yet. The inputs of the fuzzers are left out: they are bytes,
    and have no room for a comment. An unpacked tarball has no repository, and
    git may be missing or refuse the repository of another user."""
    try:
        if not (source / '.git').exists():
            raise Failed('no repository')
        names = run('git', '-C', source, 'ls-files', '-z', '--cached',
                    '--others', '--exclude-standard').split('\0')
        found = {pathlib.Path(name) for name in names if name}
    except (Failed, FileNotFoundError):
        found = set(walk(source))
    return sorted(name for name in found if (source / name).is_file()
                  and name.parts[0] not in NOT_OURS
                  and not name.match('tests/fuzz/corpus/*/*'))


def without_comments(text):
    """C code with a blank for each comment"""
    return re.sub(r'/\*.*?\*/|//[^\n]*', ' ', text, flags=re.S)


@functools.cache
def declared(header=header):
    """The functions that a header declares: in the output of the preprocessor,
    the names before a parenthesis. Without __GNUC__ there are no attributes."""
    text = re.sub(r'#include.*', '', header.read_text())
    ours = temporary() / header.name
    ours.write_text(text)
    text = run(*shlex.split(CC), '-U__GNUC__', '-E', '-P', '-x', 'c', ours)
    text = re.sub(r'\btypedef\b[^;]*;', '', text)
    return set(re.findall(r'\b([A-Za-z_]\w*)\s*\(', text))
