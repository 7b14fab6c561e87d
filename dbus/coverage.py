#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the table of what the service's SDK has and where it comes out here: coverage.py OUTPUT.md sdk.txt FILE.xml...

A type or event without a place ends the build, and so does a place that does not exist.
"""
import sys

import reference


def parse_list(path):
    """The list: {type: [fields]}, {type: [(member, words)]}, {type: words}, [events]."""
    types, places, inside, events = {}, {}, {}, []
    with open(path, encoding='utf-8') as file:
        for line in file:
            kind, _, rest = line.strip().partition(' ')
            name, _, words = rest.partition(':')
            words = words.strip()
            if kind == 'type':
                types[name] = words.split()
            elif kind == 'place':
                member, _, how = words.partition(' ')
                places.setdefault(name, []).append((member, how))
            elif kind == 'inside':
                inside[name] = words
            elif kind == 'event':
                events.append(rest)
            elif kind and kind != '#':
                raise ValueError('%s: %s' % (path, line))
    return types, places, inside, events


def parse_interfaces(paths):
    """All members' full names, and the annotations: {type: [methods]}, {event: [signals]}."""
    members, methods, signals = set(), {}, {}
    for path in paths:
        for interface in reference.parse_file(path)[0]:
            for member in interface:
                if member.tag not in ('method', 'signal', 'property'):
                    continue
                full = '%s.%s' % (interface.get('name'), member.get('name'))
                members.add(full)
                for annotation in member.iter('annotation'):
                    for value in annotation.get('value').split():
                        if annotation.get('name') == 'im.floo.SdkType':
                            methods.setdefault(value, []).append(full)
                        elif annotation.get('name') == 'im.floo.SdkEvent':
                            signals.setdefault(value, []).append(full)
    return members, methods, signals


def find_faults(listed, found):
    types, places, inside, events = listed
    members, methods, signals = found
    for name in types:
        if name not in methods and name not in places and name not in inside:
            yield 'the type %s comes out nowhere' % name
    for name in [*methods, *places, *inside]:
        if name not in types:
            yield '%s is no type of the SDK' % name
    for place in places.values():
        for member, _ in place:
            if member not in members:
                yield 'there is no %s' % member
    for name in events:
        if len(signals.get(name, [])) != 1:
            yield 'the event %s is not one signal, but %d' % (name, len(signals.get(name, [])))
    for name in signals:
        if name not in events:
            yield '%s is no event of the SDK' % name


def write_table(path, listed, found):
    types, places, inside, events = listed
    members, methods, signals = found
    with open(path, 'w', encoding='utf-8') as out:
        out.write('# What the SDK has, and where it is here\n\nRecords are `a{sv}` with exactly these fields; further ones are in the pages of '
                  'the interfaces.\n\n## Types\n\n| type | fields | where |\n|---|---|---|\n')
        for name, fields in types.items():
            how = dict(places.get(name, []))
            where = ['`%s`%s' % (member, ', ' + how[member] if member in how else '') for member in dict.fromkeys([*methods.get(name, []), *how])]
            where += ['stays inside: ' + inside[name]] if name in inside else []
            out.write('| %s | %s | %s |\n' % (name, ', '.join('`%s`' % field for field in fields), '<br>'.join(where)))
        out.write('\n## Events\n\n| event | signal |\n|---|---|\n')
        for name in events:
            out.write('| %s | `%s` |\n' % (name, signals[name][0]))


def main(output, list_path, *paths):
    listed, found = parse_list(list_path), parse_interfaces(paths)
    faults = list(find_faults(listed, found))
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        write_table(output, listed, found)
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
