#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_includes.py DAEMON: no file of a layer includes a header of one that it must not know."""
import os
import re
import sys
import tempfile

# Whose headers a folder may include, besides its own; CONTRIBUTING.md has the picture.
LAYERS = {
    'base': [],
    'wire': ['base'],
    'net': ['base', 'wire'],
    'store': ['base'],
    'session': ['base', 'wire', 'net', 'store'],
    'bus': ['base', 'session'],
    'cli': ['base'],
    'notify': ['base', 'cli'],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def strangers(folder):
    """(file, header) of each include that must not be."""
    found = []
    for root, _, names in os.walk(folder):
        layer = os.path.relpath(root, folder).split(os.sep)[0]
        for name in sorted(names):
            if layer not in LAYERS or not name.endswith(('.c', '.h')):
                continue
            with open(os.path.join(root, name), encoding='utf-8') as file:
                for header in INCLUDE.findall(file.read()):
                    above = header.split('/')[0]
                    if '/' in header and above in LAYERS and above != layer and above not in LAYERS[layer]:
                        found.append((os.path.relpath(os.path.join(root, name), folder), header))
    return found


def main():
    daemon = sys.argv[1]
    print('1..3')
    folders = {name for name in os.listdir(daemon) if os.path.isdir(os.path.join(daemon, name))}
    print('%s 1 - each folder of the daemon has a place: %s' % ('ok' if folders == set(LAYERS) else 'not ok', sorted(folders ^ set(LAYERS))))
    bad = strangers(daemon)
    print('%s 2 - nothing is included from above' % ('not ok' if bad else 'ok'))
    for file, header in bad:
        print('# %s includes %s' % (file, header))
    with tempfile.TemporaryDirectory() as made:
        os.mkdir(os.path.join(made, 'store'))
        with open(os.path.join(made, 'store', 'x.c'), 'w', encoding='utf-8') as file:
            file.write('#include "base/json.h"\n#include "session/session.h"\n')
        print('%s 3 - an include from above is found' % ('ok' if strangers(made) == [('store/x.c', 'session/session.h')] else 'not ok'))


if __name__ == '__main__':
    main()
