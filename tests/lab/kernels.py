# SPDX-License-Identifier: MIT
"""The lab's kernels and machines: the file "table", and where kernels are."""

import functools
import hashlib
import lzma
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from initramfs import LabError

HERE = Path(__file__).resolve().parent
FETCH = os.path.relpath(HERE / 'fetch.sh')


class Table:
    """The file "table", and the directory that $HTAB_KERNELS names"""

    def __init__(self):
        self.kernels = {}   # name: "required" or "reported"
        self.machines = {}  # name: (arguments of QEMU, kernel parameters)
        self.rows = {}      # (kernel, machine): host
        self.own_hosts = {}     # machine: host
        self._only_on = {}      # kernel: machines, if the table limits them
        self._directory = []    # "directory" lines: (first version, machines)
        self._of_qemu = {}      # machine: host, as this QEMU has it
        for line in (HERE / 'table').read_text().splitlines():
            self._read(line)
        self.rows = {(kernel, machine): self.own_hosts[machine]
                     for kernel in self.kernels
                     for machine in self._only_on[kernel] or self.own_hosts}
        for kernel in sorted(directory_kernels(), key=version_of):
            self._add_from_directory(kernel)
        for machine, host in self._of_qemu.items():
            self.own_hosts[machine] = host
            for kernel, other in self.rows:
                if other == machine:
                    self.rows[kernel, other] = host

    def _read(self, line):
        kind, *words = line.partition('#')[0].split() or ['']
        if kind == 'kernel':
            _, _, machines = ' '.join(words).partition(' on ')
            self.kernels[words[0]] = words[2]
            self._only_on[words[0]] = machines.split()
        elif kind == 'machine':
            qemu, _, parameters = ' '.join(words[2:]).partition('--')
            self.machines[words[0]] = qemu.split(), parameters.strip()
            self.own_hosts[words[0]] = words[1]
        elif kind == 'directory':
            self._directory.append((version_of(words[0]), words[1:]))
        elif kind == 'qemu' and qemu_version() >= int(words[0]):
            self._of_qemu[words[1]] = words[2]

    def _add_from_directory(self, kernel):
        fitting = [machines for since, machines in self._directory
                   if since <= version_of(kernel)]
        if not fitting:
            raise LabError(f'{kernel} in HTAB_KERNELS is older than the table '
                           'allows')
        self.kernels[kernel] = 'required'
        for word in fitting[-1]:
            machine, _, host = word.partition('=')
            self.rows[kernel, machine] = host or self.own_hosts[machine]

    def print(self):
        for kernel, machine in self.rows:
            print(kernel, machine, self.kernels[kernel])


@functools.cache
def qemu_version():
    """The first number of QEMU's version, or 0 if there is no QEMU"""
    try:
        text = subprocess.run(['qemu-system-ppc64', '--version'],
                              stdout=subprocess.PIPE, text=True).stdout
    except OSError:
        return 0
    found = re.search(r'version (\d+)', text)
    return int(found[1]) if found else 0


def version_of(name):
    match = re.match(r'(\d+)\.(\d+)', name)
    if not match:
        raise LabError(f"'{name}' does not begin with a version")
    return int(match[1]), int(match[2])


def directory_kernels():
    """{version: file} of the kernels in $HTAB_KERNELS. If it names a directory
    without kernels, that is an error."""
    directory = os.environ.get('HTAB_KERNELS')
    if not directory:
        return {}
    found = {file.name.removeprefix('vmlinux-').removesuffix('.xz'): file
             for file in Path(directory).glob('vmlinux-*.xz')}
    if not found:
        raise LabError(f'HTAB_KERNELS names {directory}, which holds no '
                       'vmlinux-VERSION.xz')
    return found


def cache():
    fallback = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(os.environ.get('HTAB_CACHE') or Path(fallback) / 'libhtab')


def unpacked(image):
    """A file in the cache with the contents of an .xz file. Its name has the
    hash of that file, so that each image has a copy of its own."""
    try:
        packed = image.read_bytes()
        digest = hashlib.sha256(packed).hexdigest()[:16]
        kept = cache() / 'unpacked' / f'{image.stem}-{digest}'
        if not kept.exists():
            image_bytes = lzma.decompress(packed)
            kept.parent.mkdir(parents=True, exist_ok=True)
            # Another boot may unpack the same file at this moment, so the
            # complete file appears in one step.
            with tempfile.NamedTemporaryFile(dir=kept.parent,
                                             delete=False) as file:
                file.write(image_bytes)
            os.replace(file.name, kept)
    except (OSError, lzma.LZMAError) as error:
        raise LabError(f'cannot unpack {image}: {error}') from None
    return kept


class Files(NamedTuple):
    """What a machine boots"""
    vmlinux: Path
    busybox: Path
    modules: list   # pairs of a name and the contents


def kernel_files(name):
    """The files of a kernel of the table or of $HTAB_KERNELS"""
    image = directory_kernels().get(name)
    if image:
        found = Files(unpacked(image), cache() / 'busybox', [])
        missing = 'busybox'
    else:
        files = cache() / 'kernels' / name
        found = Files(files / 'vmlinux', files / 'busybox',
                      [(file.name, file.read_bytes())
                       for file in files.glob('*.ko')])
        missing = f'kernel {name}'
    if not (found.vmlinux.exists() and found.busybox.exists()):
        raise LabError(f'{missing} is not in the cache; {FETCH} {name} says '
                       'why')
    return found


def did_not_run(tap, error, importance):
    """Ends the TAP of a row that could not run. If the kernel is required, that
    is a failure. Otherwise the row is skipped, so that Meson's list shows that
    too: it calls a test OK whose failed points are all marked TODO."""
    # The report shows only names of points and reasons of skips.
    reason = str(error).partition(';')[0]
    if importance == 'required':
        tap.point(False, f'boot ({reason})', [str(error)])
        tap.plan()
    else:
        tap.comment([str(error)])
        tap.plan(f'did not run: {reason}')
