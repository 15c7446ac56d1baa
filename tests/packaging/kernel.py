#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""boot.py --kernel: a kernel that is given by its files."""
import gzip
import lzma
import os
import subprocess
import sys

from checks import check, main, source, temporary

sys.path.insert(0, str(source / 'tests/lab'))
from ownkernel import own_files

WORK = temporary()
BOOT = source / 'tests/lab/boot.py'


def boot(*arguments, cache):
    """(exit status, standard error)"""
    done = subprocess.run(
        [str(word) for word in (BOOT, '--mode', 'raw', *arguments)],
        text=True, capture_output=True,
        env=os.environ | {'HTAB_CACHE': str(cache), 'HTAB_KERNELS': ''})
    return done.returncode, done.stderr


def differs(seen, expected):
    if seen != expected:
        yield f'{seen}, not {expected}'


def own_kernel_files():
    """A file with the header of a kernel, and a directory with its modules"""
    image, directory = WORK / 'vmlinux', WORK / 'modules/6.13'
    image.write_bytes(b'\x7fELF\2\1' + bytes(12) + b'\x15\0' + bytes(44))
    (directory / 'kvm').mkdir(parents=True, exist_ok=True)
    (directory / 'kvm/kvm.ko.xz').write_bytes(lzma.compress(b'kvm'))
    (directory / 'kvm/kvm-hv.ko.gz').write_bytes(gzip.compress(b'kvm-hv'))
    where = WORK / 'cache'
    where.mkdir(exist_ok=True)
    (where / 'busybox').write_text('busybox')
    return image, directory, where


@check('--kernel takes an image and modules, compressed or not')
def own_kernel():
    image, directory, where = own_kernel_files()
    packed = WORK / 'vmlinux.xz'
    packed.write_bytes(lzma.compress(image.read_bytes()))
    os.environ['HTAB_CACHE'] = str(where)
    files = own_files(packed, directory)
    yield from differs(files.vmlinux.read_bytes(), image.read_bytes())
    yield from differs(files.modules, [('kvm.ko', b'kvm'),
                                       ('kvm-hv.ko', b'kvm-hv')])
    (directory / 'kvm/kvm.ko.xz').unlink()
    (directory / 'kvm/kvm.ko').write_bytes(b'plain')
    yield from differs(own_files(image, directory).modules,
                       [('kvm.ko', b'plain'), ('kvm-hv.ko', b'kvm-hv')])
    yield from differs(own_files(image, None), (image, where / 'busybox', []))


@check('--kernel says what is wrong with its arguments')
def own_kernel_errors():
    image, directory, where = own_kernel_files()
    (WORK / 'modules/6.14').mkdir()
    (WORK / 'modules/6.14/kvm.ko').write_text('')
    (WORK / 'damaged').mkdir()
    (WORK / 'damaged/kvm-hv.ko.xz').write_text('')
    here = ('--kernel', image)
    for words, arguments, status in (
            ('PROGRAM is needed', (*here, 'powernv9'), 2),
            ('--modules belongs to --kernel',
             ('--modules', directory, '6.1', 'powernv8', 'x'), 2),
            ("no kernel '6.99' in the table", ('6.99', 'powernv8', 'x'), 2),
            ("no machine 'x' in the table", ('6.1', 'x', 'x'), 2),
            ('cannot read /nonexistent', ('--kernel', '/nonexistent', 'x'),
             125),
            ('is not a kernel for PowerPC (ELF)',
             ('--kernel', '/bin/sh', 'x'), 125),
            ('is not a directory', (*here, '--modules', image, 'x'), 125),
            ('has no kvm-hv.ko', (*here, '--modules', WORK / 'modules/6.14',
                                  'x'), 125),
            ('has kvm more than once', (*here, '--modules', WORK / 'modules',
                                        'x'), 125),
            ('cannot unpack', (*here, '--modules', WORK / 'damaged', 'x'),
             125),
            ('cannot read x', (*here, 'x'), 125)):
        seen, errors = boot(*arguments, cache=where)
        if seen != status or words not in errors:
            yield f'status {seen}, and not "{words}":\n{errors}'
    _, errors = boot(*here, 'x', cache=WORK / 'empty')
    if 'fetch.sh --busybox gets it' not in errors:
        yield errors


main()
