# SPDX-License-Identifier: MIT
"""Tables, as dictionaries {index: (dword 0, dword 1)}, and the forms in which
the command reads them. It shares no code with the library, so that an error in
one of them shows."""
import random
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'lab'))
from imagefile import sums

VALID, SECONDARY, LARGE, BOLTED, T1 = 0x1, 0x2, 0x4, 0x10, 1 << 62
REFERENCED, CHANGED = 0x100, 0x80
VRMA = 0x4001ffffff000000 | BOLTED | VALID
FOOTER = b'\x7e'


def example(order=24, seed=1):
    """A table with entries of many kinds: the VRMA, a bolted mapping with pages
    of 16M, processes with pages of 64K and 4K, and a range that is full."""
    chance = random.Random(seed)
    groups = 1 << (order - 7)
    table = {}
    for group in range(groups // 8):
        table[group * 8 + 7] = (VRMA | group >> 11 << 7,
                                group << 12 | 0x190)
    for group in range(groups // 4, groups // 4 + groups // 32):
        table[group * 8] = (T1 | group << 12 | LARGE | BOLTED | VALID,
                            group << 24 | 0x190)
    for _ in range(groups):
        group = int(chance.gauss(groups * 0.6, groups / 12)) % groups
        slot = chance.randrange(8)
        if group * 8 + slot not in table:
            table[group * 8 + slot] = (
                chance.choice([0, SECONDARY]) | chance.randrange(1 << 40) << 12
                | LARGE | VALID,
                chance.randrange(1 << 20) << 16 | 0x1000 |
                chance.choice([0, REFERENCED, REFERENCED | CHANGED]))
    for index in range(groups * 7, groups * 7 + groups // 16 * 8):
        table[index] = (index << 12 | VALID, index << 12 | REFERENCED)
    return table


def runs(table, most=65535):
    """The runs of entries that follow each other: the first, and the entries"""
    first, entries = None, []
    for index in sorted(table):
        if first is not None and index == first + len(entries) and \
                len(entries) < most:
            entries.append(table[index])
            continue
        if entries:
            yield first, entries
        first, entries = index, [table[index]]
    if entries:
        yield first, entries


def records(table, order='>', most=65535):
    return b''.join(
        struct.pack(f'{order}IHH', first, len(entries), 0) +
        b''.join(struct.pack('>QQ', *entry) for entry in entries)
        for first, entries in runs(table, most))


def image(order, table):
    """docs/image-format.md"""
    head = b'libhtab\n' + struct.pack('>II', 1, order)
    parts = [head, sums(head)]
    blocks, block = [], b''
    for first, entries in runs(table, 100):
        block += records(dict(enumerate(entries, first)))
        if len(block) > 30000:
            blocks.append(block)
            block = b''
    blocks += [block, b''] if block else [b'']
    for number, block in enumerate(blocks):
        head = struct.pack('>II', number, len(block))
        parts += [head, sums(head + block), block]
    return b''.join(parts)


def body(order, table):
    """What QEMU puts into its sections, one after the other"""
    return struct.pack('>II', order, 0) + records(table) + bytes(8)


def section(kind, number, body, name=None, version=1):
    head = bytes([kind]) + struct.pack('>I', number)
    if name:
        head += bytes([len(name)]) + name + struct.pack('>II', 0, version)
    return head + body + FOOTER + struct.pack('>I', number)


def ram_page(address, kind, data, block=b'ppc_spapr.ram'):
    """A page in the first section of its memory, or after another one of it"""
    flags = address | kind | (0 if block else 0x20)
    name = bytes([len(block)]) + block if block else b''
    return struct.pack('>Q', flags) + name + data


RAM_END = struct.pack('>Q', 0x10)


def ram(*pages):
    return b''.join(pages) + RAM_END


def qemu(order, table, later=None, fake=b'', page_bits=12):
    """A stream of QEMU: RAM, the table in two sections, the later one with
    changes {index: entry or None}, another live section, and devices"""
    parts = sorted(table)
    half = {i: table[i] for i in parts[:len(parts) // 2]}
    rest = {i: table[i] for i in parts[len(parts) // 2:]}
    gone = [i for i, entry in (later or {}).items() if entry is None]
    new = {i: entry for i, entry in (later or {}).items() if entry}
    # A section of the table, as a guest could have it in its memory
    size = 1 << page_bits
    page = (fake + bytes(size))[:size]
    start = struct.pack('>Q', size * 3 | 4) + b'\x0dppc_spapr.ram' + \
        struct.pack('>Q', size * 3) + RAM_END
    changes = records(new) + b''.join(
        struct.pack('>IHH', i, 0, 1) for i in gone)
    return b''.join([
        b'QEVM', struct.pack('>I', 3),
        b'\x07', struct.pack('>I', 11), b'pseries-9.0',
        b'\x05\x1econfiguration/target-page-bits',
        struct.pack('>II', 1, page_bits),
        b'\x05\x1aconfiguration/capabilities', struct.pack('>II', 1, 1),
        b'\x0fx-ignore-shared',
        b'\x08', struct.pack('>HH', 1, 4), bytes(4),
        section(1, 2, start, b'ram', 4),
        section(1, 9, b'\x7e\0\0\0\x09 and more', b'dirty-bitmap'),
        section(1, 44, struct.pack('>I', order), b'spapr/htab'),
        section(2, 2, ram(ram_page(0, 8, page),
                          ram_page(size, 2, b'\0', b''),
                          ram_page(size * 2, 0x40, b'\1\0\3abc', b''))),
        section(2, 44, bytes(4) + records(half) + bytes(8)),
        section(2, 9, b'dirty'),
        section(2, 44, bytes(4) + records(rest) + bytes(8)),
        section(3, 2, ram(ram_page(0, 8, page), struct.pack('>Q', 0x200))),
        section(3, 9, b'end'),
        section(3, 44, bytes(4) + changes + bytes(8)),
        section(4, 50, b'the state of a device', b'cpu'),
        b'\0'])


def libvirt(stream, endian='<', form=0):
    """The file of virsh save"""
    xml = b'<domain/>\0'
    return b'LibvirtQemudSave' + struct.pack(
        f'{endian}5I', 2, len(xml), 1, form, 0) + bytes(56) + xml + stream


def debugfs(table, isa3=False):
    """The lines of KVM's file. The processor's own dword 1 has other addresses
    and the bits R and C. Each third page is not mapped just now."""
    lines = []
    for number, (index, (v, r)) in enumerate(sorted(table.items())):
        host = 0x7_0000_0000 | r & (REFERENCED | CHANGED)
        absent = number % 3 == 0
        if isa3:
            host |= v >> 62 << 58
            v &= (1 << 52) - 1
        if absent:
            v = v & ~VALID | 0x20
        else:
            r &= ~(REFERENCED | CHANGED)
        lines.append(f'{index:6x} {v:016x} {host:016x} {r | 1 << 62:016x}\n')
    return ''.join(lines).encode()
