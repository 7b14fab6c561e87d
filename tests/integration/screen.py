# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual screen for programs with windows, and screenshots of it."""

import os
import struct
import zlib

import harness

WIDTH, HEIGHT = 1280, 800


class Screen:
    """An X server whose screen is a file in memory."""

    def __init__(self, test):
        read, write = os.pipe()
        os.set_inheritable(write, True)
        folder = test.folder('screen')
        self.process = harness.Process('screen', ['Xvfb', '-displayfd', str(write), '-screen', '0', '%dx%dx24' % (WIDTH, HEIGHT), '-nolisten', 'tcp',
                                                  '-fbdir', folder], dict(os.environ), test.root, pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as pipe:
            self.display = ':' + pipe.readline().strip()
        self.path = os.path.join(folder, 'Xvfb_screen0')
        test.processes.append(self.process)

    def pixels(self):
        """What it shows: width, height and bytes, four to a pixel (blue, green, red, none). The file is one of xwd."""
        with open(self.path, 'rb') as file:
            data = file.read()
        fields = struct.unpack('>25I', data[:100])
        width, height, pixel_bits, line, colours = fields[4], fields[5], fields[11], fields[12], fields[19]
        assert pixel_bits == 32 and line == 4 * width, fields
        begin = fields[0] + 12 * colours
        return width, height, data[begin:begin + line * height]

    def save(self, path, right=WIDTH, bottom=HEIGHT):
        """A picture of it as PNG, as far as @right and @bottom."""
        width, height, data = self.pixels()
        data = b''.join(data[4 * y * width:4 * (y * width + right)] for y in range(bottom))
        width, height = right, bottom
        rgb = bytearray(width * height * 3)
        for i in range(3):
            rgb[i::3] = data[2 - i::4]
        rows = b''.join(b'\0' + rgb[y * width * 3:(y + 1) * width * 3] for y in range(height))

        def chunk(kind, content):
            return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', zlib.crc32(kind + content))
        with open(path, 'wb') as file:
            file.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
                       + chunk(b'IDAT', zlib.compress(rows, 6)) + chunk(b'IEND', b''))
