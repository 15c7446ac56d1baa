# SPDX-License-Identifier: MIT
"""An initramfs (cpio, "newc") with ppc64le programs and the shared objects that
they need."""

import os
import re
import subprocess
from pathlib import Path

CROSS = 'powerpc64le-linux-gnu-'
ELF = b'\x7fELF'


class LabError(Exception):
    """Why the lab cannot do its work."""


def cross(tool, *args):
    try:
        return subprocess.run([CROSS + tool, *args], check=True,
                              capture_output=True, text=True,
                              env={**os.environ, 'LC_ALL': 'C'}).stdout
    except OSError as error:
        raise LabError(f'cannot run {CROSS}{tool}: {error.strerror}') from None
    except subprocess.CalledProcessError as error:
        raise LabError(f'{CROSS}{tool}: {error.stderr.strip()}') from None


class Initramfs:
    def __init__(self, libdirs):
        self.libdirs = libdirs
        self.files = {}     # path in the machine: (contents, mode)

    def add(self, path, dest):
        try:
            self.files[dest] = path.read_bytes(), 0o100755
        except OSError as error:
            raise LabError(f'cannot read {path}: {error.strerror}') from None

    def add_bytes(self, contents, dest):
        self.files[dest] = contents, 0o100644

    def add_program(self, path, dest):
        """Adds a file. If it is a program or a shared object, this also adds
        all objects that it is linked with."""
        self.add(path, dest)
        if not self.files[dest][0].startswith(ELF):
            return
        elf = cross('readelf', '-hld', '--wide', str(path))
        if 'PowerPC64' not in elf or 'little endian' not in elf:
            raise LabError(f'{path} is not for ppc64le')
        for loader in re.findall(r'program interpreter: ([^\]]+)', elf):
            self._add_library(os.path.basename(loader), loader.lstrip('/'),
                              path)
        for name in re.findall(r'\(NEEDED\).*\[(.+)\]', elf):
            self._add_library(name, f'lib/{name}', path)

    def _add_library(self, name, dest, user):
        if dest in self.files:
            return
        for directory in self.libdirs:
            if (directory / name).is_file():
                return self.add_program(directory / name, dest)
        # gcc prints a path if it finds the library, otherwise only the name.
        path = Path(cross('gcc', f'-print-file-name={name}').strip())
        if not path.is_absolute():
            raise LabError(f'{user} needs {name}, which is in no --libdir')
        self.add_program(path, dest)

    def bytes(self):
        directories = {parent for dest in self.files
                       for parent in parents(dest)}
        entries = [(name, b'', 0o040755) for name in sorted(directories)]
        entries += [(name, *entry)
                    for name, entry in sorted(self.files.items())]
        entries.append(('TRAILER!!!', b'', 0))
        return b''.join(cpio(number, *entry)
                        for number, entry in enumerate(entries, 1))


def parents(dest):
    while dest := os.path.dirname(dest):
        yield dest


def cpio(inode, name, contents, mode):
    """One file of an archive. All files belong to root. The archive is not
    compressed, because the emulated machine would be slow to unpack it."""
    name = name.encode() + b'\0'
    fields = (inode, mode, 0, 0, 1, 0, len(contents), 0, 0, 0, 0, len(name), 0)
    head = b'070701' + ''.join(f'{field:08x}' for field in fields).encode()
    return pad(head + name) + pad(contents)


def pad(data):
    return data + b'\0' * (-len(data) % 4)
