#!/usr/bin/env python3
"""Draws examples/site/icon.png: a raised gate and the water that runs below it.

usage: draw_icon.py OUTPUT

The icon is committed; this is how it was made, with nothing but the standard library.
"""

import math
import struct
import sys
import zlib

SIZE = 180     # pixels, as home screens expect it
SAMPLES = 4    # a pixel is the mean of SAMPLES × SAMPLES points

BACKGROUND = (11, 58, 74)
FRAME = (214, 232, 236)
GATE = (242, 178, 92)
WATER = (72, 178, 196)
FOAM = (226, 246, 248)


def color_at(x, y):
    """The color of a point; x and y go from 0 to 1, y downwards."""
    surface = 0.70 + 0.018 * math.sin(x * 4 * math.pi + 0.6)
    if abs(y - surface) < 0.014:
        return FOAM
    if y > surface:
        return WATER
    if 0.14 < y and (0.20 < x < 0.27 or 0.73 < x < 0.80):
        return FRAME
    if 0.20 < x < 0.80 and 0.14 < y < 0.21:
        return FRAME
    if 0.30 < x < 0.70 and 0.27 < y < 0.57 and math.fmod(y - 0.27, 0.105) < 0.085:
        return GATE
    return BACKGROUND


def pixel(column, row):
    points = [color_at((column + (i + 0.5) / SAMPLES) / SIZE, (row + (j + 0.5) / SAMPLES) / SIZE)
              for i in range(SAMPLES) for j in range(SAMPLES)]
    return bytes(round(sum(channel) / len(points)) for channel in zip(*points))


def chunk(name, data):
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def main(path):
    rows = b"".join(b"\0" + b"".join(pixel(column, row) for column in range(SIZE))
                    for row in range(SIZE))
    with open(path, "wb") as output:
        output.write(b"\x89PNG\r\n\x1a\n"
                     + chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(rows, 9))
                     + chunk(b"IEND", b""))


if __name__ == "__main__":
    main(sys.argv[1])
