#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_includes.py DAEMON CONTRIBUTING.md: no file of a layer includes a header of one that it must not know, and the picture is right.
test_includes.py --draw DAEMON CONTRIBUTING.md: draws the picture anew."""
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
    'notify': ['base', 'client'],
}
# Headers that only these folders may include. parts.h of any folder is for that folder alone.
RESERVED = {'session/account/owner.h': ['session', 'session/login', 'session/account']}
# How many files may include each other, a .c and its .h being one.
LARGEST_CIRCLE = 3
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


def sources(folder):
    """(path, its headers in quotes) of each file."""
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith(('.c', '.h')):
                with open(os.path.join(root, name), encoding='utf-8') as file:
                    yield os.path.relpath(os.path.join(root, name), folder), INCLUDE.findall(file.read())


def picture(folder):
    """Lines that say what each folder really includes, from the top down: arrows go to lines further down only."""
    arrows = {}
    for path, headers in sources(folder):
        above = place(path) or 'app, main'
        arrows.setdefault(above, set()).update(below for below in map(place, headers) if below not in (None, above))
    lines, left = [], dict(arrows)
    while left:
        free = sorted(layer for layer in left if not any(layer in below for other, below in left.items() if other != layer))
        if not free:
            raise ValueError('the folders include each other in a circle: %s' % sorted(left))
        lines += ['%-20s -> %s' % (layer, ' '.join(sorted(left[layer])) or '(nothing)') for layer in free]
        for layer in free:
            del left[layer]
    return lines


def circles(folder):
    """Files (a .c and its .h are one) that include each other, as lists."""
    graph = {}
    for path, headers in sources(folder):
        graph.setdefault(os.path.splitext(path)[0], set()).update(os.path.splitext(header)[0] for header in headers if '/' in header)
    reach = {}
    for start in graph:
        seen, todo = set(), [start]
        while todo:
            for name in graph.get(todo.pop(), ()):
                if name not in seen:
                    seen.add(name)
                    todo.append(name)
        reach[start] = seen
    return sorted({tuple(sorted({one} | {other for other in graph if other in reach[one] and one in reach[other]}))
                   for one in graph if one in reach[one] and any(other != one and one in reach.get(other, ()) for other in reach[one])})


def drawn(text):
    """The lines of the picture in CONTRIBUTING.md."""
    return [line[4:] for line in text.split('<!-- picture -->')[1].strip('\n').split('\n')]


def draw(daemon, page):
    """Puts the present picture into the page."""
    with open(page, encoding='utf-8') as file:
        parts = file.read().split('<!-- picture -->')
    parts[1] = '\n%s\n' % '\n'.join('    ' + line for line in picture(daemon))
    with open(page, 'w', encoding='utf-8') as file:
        file.write('<!-- picture -->'.join(parts))


def main():
    if sys.argv[1] == '--draw':
        draw(*sys.argv[2:])
        return
    daemon = sys.argv[1]
    print('1..6')
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
    with open(sys.argv[2], encoding='utf-8') as file:
        shown = drawn(file.read())
    now = picture(daemon)
    print('%s 4 - CONTRIBUTING.md shows who includes whom' % ('ok' if shown == now else 'not ok'))
    if shown != now:
        print('# draw it anew: tests/layers/test_includes.py --draw daemon CONTRIBUTING.md')
    for line in sorted(set(shown) ^ set(now)):
        print('# %s %s' % ('now' if line in now else 'shown', line))
    around = circles(daemon)
    across = [files for files in around if len({os.path.dirname(file) for file in files}) > 1]
    print('%s 5 - no circle of files of different folders' % ('not ok' if across else 'ok'))
    large = [files for files in around if len(files) > LARGEST_CIRCLE]
    print('%s 6 - no circle of more than %d files' % ('not ok' if large else 'ok', LARGEST_CIRCLE))
    for files in across + large:
        print('# %s' % ' '.join(files))


if __name__ == '__main__':
    main()
