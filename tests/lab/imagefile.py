# SPDX-License-Identifier: MIT
"""Images of tables, read as docs/image-format.md says, without libhtab."""

import struct


class ImageError(Exception):
    """Why these bytes are no image."""


def sums(data):
    a = b = 0
    for (word,) in struct.iter_unpack('>I', data):
        a += word
        b += a
    return struct.pack('>QQ', a, b)


def take(data, at, size):
    if at + size > len(data):
        raise ImageError('the image is cut')
    return data[at:at + size]


def records(data, entries):
    """Adds the valid entries to a dictionary: index to both dwords."""
    at = 0
    while at < len(data):
        index, valid, invalid = struct.unpack('>IHH', take(data, at, 8))
        at += 8
        for i in range(index, index + valid):
            entries[i] = struct.unpack('>QQ', take(data, at, 16))
            at += 16
        for i in range(index + valid, index + valid + invalid):
            entries.pop(i, None)


def read_image(data):
    """(order, {index: (dword 0, dword 1)})"""
    header = take(data, 0, 32)
    if header[:12] != b'libhtab\n\0\0\0\1' or sums(header[:16]) != header[16:]:
        raise ImageError('the header is wrong')
    order, = struct.unpack('>I', header[12:16])
    entries = {}
    at, number = 32, 0
    while True:
        head = take(data, at, 24)
        found, length = struct.unpack('>II', head[:8])
        body = take(data, at + 24, length)
        if found != number or sums(head[:8] + body) != head[8:]:
            raise ImageError(f'block {number} is wrong')
        at, number = at + 24 + length, number + 1
        if not length:
            break
        records(body, entries)
    if at != len(data):
        raise ImageError('something follows the image')
    return order, entries
