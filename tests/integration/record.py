# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test program really saw on the bus: a set of (kind, name), kept in a file for each program in the build folder.

The kinds are call (the method answered), error (a call failed with it, or it is the reason of a state or of a transfer's end), signal and
property (read, or told as changed). Names are Interface.Member, or that of the error, without the daemon's prefix.
"""

import os
import sys

PREFIX = 'im.floo.Daemon1.'

seen = set()


def note(kind, interface, member):
    seen.add((kind, '%s.%s' % (interface.removeprefix(PREFIX), member)))


def note_error(name):
    """name: in full; those of the bus and of GDBus do not count."""
    if name.startswith(PREFIX + 'Error.'):
        seen.add(('error', name.removeprefix(PREFIX + 'Error.')))


def folder(build):
    return os.path.join(build, 'meson-logs', 'bus')


def save(build):
    os.makedirs(folder(build), exist_ok=True)
    program = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    path = os.path.join(folder(build), program)
    with open(path + '.new', 'w', encoding='utf-8') as file:
        file.writelines('%s %s\n' % row for row in sorted(seen))
    os.rename(path + '.new', path)


def load(build, program):
    """None: it has not run in this build folder."""
    try:
        with open(os.path.join(folder(build), program), encoding='utf-8') as file:
            return {tuple(line.split()) for line in file}
    except FileNotFoundError:
        return None
