#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test-map.py HTAB png|no-png: the pictures of htab map have the cells of the
table that this program wrote; TAP."""
import sys

sys.dont_write_bytecode = True  # Keep the source directory clean.
import pictures
import tables
from tap import testing

# The largest of them has two columns of pixels for a group, the smallest eight.
SHAPES = {18: (128, 16), 19: (128, 32), 24: (1024, 128)}


def text(tap, htab, order, table):
    source = htab.file('table', tables.image(order, table))
    digits = len(str(1 << (order - 7)))
    for columns, words, env in ((80, (), {}), (100, ('--width', 100), {}),
                                (60, (), {'COLUMNS': '60'}),
                                (80, (), {'COLUMNS': 'many'})):
        done = htab('map', source, *words, env=env)
        seen = done.stdout.decode()
        tap.same(f'order {order}: text of {columns} columns, '
                 f'{words or env or "by default"}',
                 pictures.text_maps(seen),
                 pictures.shades(order, table, columns - digits - 3, 6))
        widths = {len(line) for line in seen.splitlines() if '|' in line}
        tap.same('as wide as that', widths, {columns})


def png(tap, htab, order, table):
    source = htab.file('table', tables.image(order, table))
    columns, rows = SHAPES[order]
    htab('map', source, '--png', 'map.png')
    pixels, palette, texts = pictures.read_png(
        (htab.directory / 'map.png').read_bytes())
    *maps, scale = pictures.png_maps(pixels)
    tap.same(f'order {order}: cells of the PNG',
             [pictures.squares(panel, columns, rows) for panel in maps],
             pictures.shades(order, table, columns, rows))
    tap.same('its scale has all shades', sorted(set(scale[0])), list(range(9)))
    tap.same('its colours', [palette[i:i + 3].hex() for i in (0, 24)],
             ['ffffff', '800026'])
    tap.point('its texts say what it shows',
              'order ' + str(order) in texts['Description'] and
              f'all entries ({len(table)})' in texts['Description'] and
              'entries per group' in texts['Comment'], texts)
    htab('map', source, '--png', 'small.png', '--width', '64')
    pixels = pictures.read_png((htab.directory / 'small.png').read_bytes())[0]
    tap.same('64 pixels wide', len(pictures.png_maps(pixels)[0][0]), 64)


def svg(tap, htab, order, table):
    source = htab.file('a <b> & c', tables.image(order, table))
    for columns, words in (128, ()), (64, ('--width', 100)):
        rows = columns // 8 if order == 18 and columns == 128 else columns // 4
        done = htab('map', source, '--svg', '-', *words)
        maps, texts = pictures.svg_maps(done.stdout, columns, rows)
        tap.same(f'order {order}: cells of the SVG, {words}', maps,
                 pictures.shades(order, table, columns, rows))
    tap.point('its texts have the source and a legend',
              'Hashed page table of a <b> & c' in texts and
              '1/8' in texts and
              any('Entries per group' in text for text in texts), texts)


def refused(tap, htab):
    source = htab.file('table', tables.image(18, {}))
    for words in (('--png', 'x', '--svg', 'y'), ('--width', '5'),
                  ('--width', '10x'), ('--pid', '1'), ('more',)):
        done = htab('map', source, *words)
        tap.same(f'{words} are refused', (done.returncode, done.stdout),
                 (2, b''))
    done = htab('map', 'missing')
    tap.same('a missing source is reported', (done.returncode, done.stderr),
             (1, b'htab: missing: No such file or directory\n'))
    done = htab('map', source)
    tap.point('an empty table has no map',
              done.stdout.count(b': none\n') == 3, done.stdout)


def main(program, with_png):
    with testing(program) as (tap, htab):
        for order in SHAPES:
            # Most of the time goes to Python, which counts all cells again.
            table = tables.example(min(order, 20))
            if with_png == 'png':
                png(tap, htab, order, table)
            if order == 18:
                text(tap, htab, order, table)
                svg(tap, htab, order, table)
        if with_png != 'png':
            done = htab('map', '-', '--png', 'x', stdin=tables.image(18, {}))
            tap.point('a build without libpng says so', done.returncode == 1
                      and b'libpng' in done.stderr, done.stderr)
        refused(tap, htab)


main(*sys.argv[1:])
