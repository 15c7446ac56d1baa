# SPDX-License-Identifier: MIT
"""Takes the cells out of the pictures of htab map, and says what they have to
be for a table."""
import re
import struct
import xml.etree.ElementTree
import zlib

import tables

MOST = (0, 1, 2, 4, 8, 16, 32, 48, 64)   # entries of 8 groups, for each shade
INK = ' .:-=+*#@'
MASKS = (tables.VALID, tables.BOLTED, tables.SECONDARY)
SVG = '{http://www.w3.org/2000/svg}'


def shades(order, table, columns, rows):
    """The shades of each map, row by row"""
    groups, cells = 1 << (order - 7), columns * rows
    sizes, counts = [0] * cells, [[0] * cells for _ in MASKS]
    for group in range(groups):
        sizes[group * cells // groups] += 1
    for index, (v, _) in table.items():
        for count, mask in zip(counts, MASKS):
            count[index // 8 * cells // groups] += bool(v & mask)
    return [[[next(shade for shade, most in enumerate(MOST)
                   if n * 8 <= most * size)
              for n, size in list(zip(count, sizes))[at:at + columns]]
             for at in range(0, cells, columns)] for count in counts]


def read_png(data):
    """The rows of palette indices, the palette and the texts"""
    assert data[:8] == b'\x89PNG\r\n\x1a\n'
    at, chunks, texts = 8, {}, {}
    while at < len(data):
        length, kind = struct.unpack_from('>I4s', data, at)
        body = data[at + 8:at + 8 + length]
        crc, = struct.unpack_from('>I', data, at + 8 + length)
        assert crc == zlib.crc32(kind + body)
        if kind == b'tEXt':
            name, text = body.split(b'\0')
            texts[name.decode()] = text.decode()
        chunks[kind] = chunks.get(kind, b'') + body
        at += 12 + length
    width, height, depth, colour = struct.unpack('>IIBB', chunks[b'IHDR'][:10])
    assert (depth, colour) == (8, 3)
    lines = zlib.decompress(chunks[b'IDAT'])
    rows, above = [], bytes(width)
    for y in range(height):
        line = lines[y * (width + 1):(y + 1) * (width + 1)]
        above = unfilter(line[0], line[1:], above)
        rows.append(above)
    return rows, chunks[b'PLTE'], texts


def unfilter(kind, line, above):
    if kind == 0:
        return line
    row = bytearray(line)
    for x, byte in enumerate(line):
        left = row[x - 1] if x else 0
        up, corner = above[x], above[x - 1] if x else 0
        guess = left + up - corner
        near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up),
                   (abs(guess - corner), 2, corner))[2]
        row[x] = (byte + (0, left, up, (left + up) // 2, near)[kind]) & 255
    return bytes(row)


def png_maps(rows):
    """The pixels of the panels, which lie within lines of colour 10"""
    panels, inside = [], False
    for row in rows:
        start = row.find(10)
        if start < 0:
            continue
        if row[start:].startswith(bytes([10]) * 3):
            inside = not inside
            if inside:
                panels.append([])
        else:
            end = row.index(10, start + 1)
            panels[-1].append(list(row[start + 1:end]))
    return panels


def squares(pixels, columns, rows):
    """The cells of which a panel consists, or None if a cell is not plain"""
    width, height = len(pixels[0]) // columns, len(pixels) // rows
    cells = [row[::width] for row in pixels[::height]]
    again = [[shade for shade in row for _ in range(width)]
             for row in cells for _ in range(height)]
    return cells if again == pixels else None


def svg_maps(data, columns, rows):
    """The shades of the cells, and all texts"""
    root = xml.etree.ElementTree.fromstring(data)
    maps = []
    for kind in range(3):
        group = root.find(f"{SVG}g[@id='map{kind}']")
        panel = group.find(f"{SVG}rect[@class='panel']")
        size = int(panel.get('width')) // columns
        assert int(panel.get('height')) == size * rows
        cells = [[0] * columns for _ in range(rows)]
        for rect in group.findall(f'{SVG}rect'):
            shade = re.fullmatch(r's([1-8])', rect.get('class'))
            if not shade:
                continue
            x, y = int(rect.get('x')) // size, int(rect.get('y')) // size
            for column in range(x, x + int(rect.get('width')) // size):
                assert cells[y][column] == 0
                cells[y][column] = int(shade[1])
        maps.append(cells)
    return maps, [text.text for text in root.iter(f'{SVG}text')]


def text_maps(text):
    """The shades of the maps on a terminal without colours"""
    maps = []
    for line in text.splitlines():
        if re.match('(All|Bolted|Secondary) entries', line):
            maps.append([])
        cells = re.fullmatch(r' *\d+ \|(.*)\|', line)
        if cells:
            maps[-1].append([INK.index(c) for c in cells[1]])
    return maps
