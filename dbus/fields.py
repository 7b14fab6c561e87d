#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the table of what may be in the dictionaries that methods take: fields.py OUTPUT.c FILE.xml...

A D-Bus dictionary a{sv} does not say what may be in it; the documentation of each method does, as in "- `limit` u: at most that many". `flooim call`
needs the types to turn JSON into D-Bus values.
"""
import re
import sys

import reference

FIELD = re.compile(r'`(\w+)` (a?[bxtuisd]|a\{sv\})\b')


def find_fields(paths):
    """Yields (Interface.Method, field, type) of what methods take."""
    for path in paths:
        interfaces, documented = reference.parse_file(path)
        for interface in interfaces:
            for method in interface.findall('method'):
                if any(arg.get('type') == 'a{sv}' and arg.get('direction') == 'in' for arg in method.iter('arg')):
                    args, body = documented[method]
                    name = '%s.%s' % (interface.get('name').rpartition('.')[2], method.get('name'))
                    for field, kind in FIELD.findall('\n'.join([*args.values(), body])):
                        yield name, field, kind


def main(output, *paths):
    fields = sorted(set(find_fields(paths)))
    with open(output, 'w', encoding='utf-8') as out:
        out.write('/* Made by fields.py. */\n#include "cli/convert.h"\n\nconst FlooField floo_fields[] = {\n')
        for row in fields:
            out.write('  { "%s", "%s", "%s" },\n' % row)
        out.write('};\nconst guint floo_n_fields = G_N_ELEMENTS (floo_fields);\n')
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
