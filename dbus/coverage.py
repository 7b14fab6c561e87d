#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the tables of what the service's SDKs have and where it comes out here: coverage.py OUTPUT.md sdk.txt sdk-native.txt FILE.xml...

A type, event or method without a place ends the build, and so does a place that does not exist.
"""
import re
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


def parse_native(path):
    """The methods of the native SDKs: {CLASS.METHOD: ([full names of ours], words)}."""
    methods = {}
    with open(path, encoding='utf-8') as file:
        for line in filter(str.strip, file):
            if line.startswith('#'):
                continue
            name, colon, rest = line.strip().partition(': ')
            words = rest.split()
            places = []
            while words and re.fullmatch(r'[A-Z]\w*\.[A-Z]\w*', words[0]):
                places.append('im.floo.Daemon1.' + words.pop(0))
            if not colon or name in methods or not (places or words[:1] == ['-'] and len(words) > 1):
                raise ValueError('%s: %s' % (path, line))
            methods[name] = places, ' '.join(words).removeprefix('- ')
    return methods


def find_native_faults(native, members):
    for name, (places, _) in native.items():
        for place in places:
            if place not in members:
                yield '%s: there is no %s' % (name, place)


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


def write_table(path, listed, found, native):
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
        out.write('\n## Methods of the native SDKs\n\nOf the managers and of what they give. Getters of records are fields of ours.\n')
        above = None
        for name, (where, words) in native.items():
            kind, _, method = name.partition('.')
            if kind != above:
                out.write('\n### %s\n\n| method | here |\n|---|---|\n' % kind)
            above = kind
            out.write('| `%s` | %s |\n' % (method, ': '.join(filter(None, [', '.join('`%s`' % place for place in where) or 'none', words]))))


def main(output, list_path, native_path, *paths):
    listed, found, native = parse_list(list_path), parse_interfaces(paths), parse_native(native_path)
    faults = [*find_faults(listed, found), *find_native_faults(native, found[0])]
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        write_table(output, listed, found, native)
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
