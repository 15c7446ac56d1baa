# SPDX-License-Identifier: MIT
"""A kernel that is in neither the table nor $HTAB_KERNELS: boot.py --kernel."""

import gzip
import lzma
import shutil
import struct
import subprocess

from initramfs import ELF, LabError
from kernels import FETCH, Files, cache, unpacked

POWERPC = 20, 21    # e_machine of ELF. A zImage can have that of 32 bits.
MODULES = 'kvm', 'kvm-hv'   # in the order in which they are loaded


def zstd(packed):
    if not shutil.which('zstd'):
        raise LabError('zstd is not installed, which unpacks a .zst file')
    return subprocess.run(['zstd', '-dcq'], input=packed, check=True,
                          stdout=subprocess.PIPE).stdout


UNPACK = {'.ko': bytes, '.xz': lzma.decompress, '.gz': gzip.decompress,
          '.zst': zstd}


def kernel_image(file):
    """The file, or an unpacked copy of an .xz file"""
    if file.suffix == '.xz':
        file = unpacked(file)
    try:
        with file.open('rb') as image:
            head = image.read(20)
    except OSError as error:
        raise LabError(f'cannot read {file}: {error.strerror}') from None
    # The fifth byte after the magic says which byte order the header has.
    order = '<' if head[5:6] == b'\1' else '>'
    if not head.startswith(ELF) or len(head) < 20 or \
            struct.unpack_from(f'{order}H', head, 18)[0] not in POWERPC:
        raise LabError(f'{file} is not a kernel for PowerPC (ELF)')
    return file


def find_module(directory, name):
    """The file of a module below a directory, or None"""
    found = sorted(file for suffix in ('', '.xz', '.gz', '.zst')
                   for file in directory.rglob(f'{name}.ko{suffix}'))
    if len(found) > 1:
        raise LabError(f'{directory} has {name} more than once: {found[0]} '
                       f'and {found[1]}; name the directory of one kernel')
    return found[0] if found else None


def module_bytes(file):
    try:
        return UNPACK[file.suffix](file.read_bytes())
    except (OSError, EOFError, lzma.LZMAError,
            subprocess.CalledProcessError) as error:
        raise LabError(f'cannot unpack {file}: {error}') from None


def own_files(image, modules):
    """What a machine boots with this kernel image and the modules below that
    directory; None if KVM is built in"""
    found = []
    if modules is not None:
        if not modules.is_dir():
            raise LabError(f'{modules} is not a directory')
        files = [(name, find_module(modules, name)) for name in MODULES]
        found = [(f'{name}.ko', module_bytes(file))
                 for name, file in files if file]
        if 'kvm-hv.ko' not in dict(found):
            raise LabError(f'{modules} has no kvm-hv.ko, compressed or not')
    busybox = cache() / 'busybox'
    if not busybox.exists():
        raise LabError(f'busybox is not in the cache; {FETCH} --busybox '
                       'gets it')
    return Files(kernel_image(image), busybox, found)
