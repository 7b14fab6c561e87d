#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_includes.py DAEMON: no file of a layer includes a header of one that it must not know."""
import os
import re
import sys
import tempfile

NET = ['net/http', 'net/discovery', 'net/rest', 'net/socket', 'net/storage']
STORE = ['store', 'store/engine', 'store/tables', 'store/search']
# Whose headers a folder may include, besides its own; CONTRIBUTING.md has the picture. A folder within another one that is named here has a place
# of its own.
LAYERS = {
    'base': [],
    'wire': ['base'],
    'net/http': ['base', 'wire'],
    'net/discovery': ['base', 'wire', 'net/http'],
    'net/rest': ['base', 'wire', 'net/http', 'net/discovery'],
    'net/socket': ['base', 'wire', 'net/http'],
    'net/storage': ['base', 'wire', 'net/http', 'net/discovery', 'net/rest'],
    'store': ['base', 'store/engine', 'store/tables', 'store/search'],
    'store/engine': ['base'],
    'store/tables': ['base', 'store/engine'],
    'store/search': ['base', 'store/engine', 'store/tables'],
    'session/account': ['base', 'wire', *NET, *STORE],
    'session/job': ['base', *STORE, 'session/account'],
    'session/apply': ['base', 'wire', *STORE],
    'session/operations': ['base', *NET, *STORE, 'session/apply', 'session/job', 'session/account'],
    'session/sync': ['base', 'wire', *NET, *STORE, 'session/operations', 'session/apply', 'session/job', 'session/account'],
    'session/directory': ['base', *NET, *STORE, 'session/operations', 'session/apply', 'session/job', 'session/account'],
    'session/outbox': ['base', 'wire', *STORE, 'session/sync', 'session/apply', 'session/job', 'session/account'],
    'session/files': ['base', *NET, *STORE, 'session/outbox', 'session/directory', 'session/apply', 'session/job', 'session/account'],
    'session/login': ['base', 'wire', *NET, *STORE, 'session/apply', 'session/job', 'session/account'],
    'session': ['base', 'wire', *NET, *STORE, 'session/account', 'session/job', 'session/operations', 'session/sync', 'session/directory',
                'session/outbox', 'session/files', 'session/login'],
    'bus': ['base', 'session'],
    'client': ['base'],
    'cli': ['base', 'client'],
    'notify': ['base', 'cli', 'client'],
}
# Headers that only these folders may include. parts.h of any folder is for that folder alone.
RESERVED = {'session/account/owner.h': ['session', 'session/login', 'session/account']}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def place(path):
    """The folder in LAYERS that @path, a file of the daemon, belongs to; None: it is in none."""
    folder = os.path.dirname(path)
    while folder and folder not in LAYERS:
        folder = os.path.dirname(folder)
    return folder or None


def strangers(folder):
    """(file, header) of each include that must not be."""
    found = []
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            path = os.path.relpath(os.path.join(root, name), folder)
            layer = place(path)
            if layer is None or not name.endswith(('.c', '.h')):
                continue
            with open(os.path.join(root, name), encoding='utf-8') as file:
                for header in INCLUDE.findall(file.read()):
                    above = place(header)
                    upward = above not in (None, layer) and (above not in LAYERS[layer] or os.path.basename(header) == 'parts.h')
                    if upward or layer not in RESERVED.get(header, [layer]):
                        found.append((path, header))
    return found


def main():
    daemon = sys.argv[1]
    print('1..3')
    top = {layer.split('/')[0] for layer in LAYERS}
    folders = {name for name in os.listdir(daemon) if os.path.isdir(os.path.join(daemon, name))}
    print('%s 1 - each folder of the daemon has a place: %s' % ('ok' if folders == top else 'not ok', sorted(folders ^ top)))
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
