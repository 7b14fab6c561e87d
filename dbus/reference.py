#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the reference pages from the introspection files: reference.py OUTPUT_DIR FILE.xml...

Reads the same doc comments as gdbus-codegen does, whose own generator of pages leaves out the arguments that a method returns. Everything must be
documented: an interface, method, signal, property or argument without words, or words about an argument that does not exist, end the build.
"""
import os
import re
import sys
import xml.etree.ElementTree as ET

MEMBERS = (('property', 'Properties'), ('method', 'Methods'), ('signal', 'Signals'))


def parse_comment(text):
    """Gives (symbol, {argument: words}, body); symbol is '' where it documents nothing."""
    lines = text.strip('\n').split('\n')
    while lines and not lines[0].strip():
        lines.pop(0)
    head = re.match(r'\s*([\w.]+):(?:\s+(.*))?$', lines.pop(0)) if lines else None
    if head is None:
        return '', {}, ''
    body = [head.group(2)] if head.group(2) else []
    args = {}
    while lines and (match := re.match(r'\s*@(\w+): (.*)$', lines[0])):
        args[match.group(1)] = match.group(2)
        lines.pop(0)
    if args and lines and lines[0].strip():
        sys.exit(f'{head.group(1)}: an argument has one line, as gdbus-codegen reads it; this goes on: {lines[0].strip()}')
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    body += [line[indent:].rstrip() for line in lines]
    return head.group(1), args, '\n'.join(body).strip()


def parse_file(path):
    """Yields the interfaces of a file, each element with its documentation in .docs = (args, body)."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    docs = ('', {}, '')
    stack = [ET.parse(path, parser).getroot()]
    documented = {}
    interfaces = []
    while stack:
        element = stack.pop(0)
        for child in element:
            if child.tag is ET.Comment:
                docs = parse_comment(child.text)
            elif child.tag in ('interface', 'property', 'method', 'signal'):
                documented[child] = docs[1:] if docs[0] == child.get('name') else ({}, '')
                docs = ('', {}, '')
            if child.tag == 'interface':
                interfaces.append(child)
                stack.append(child)
    return interfaces, documented


def check(interface, documented):
    """Yields what lacks documentation."""
    name = interface.get('name')
    if not documented[interface][1] or 'short_description' not in documented[interface][0]:
        yield f'{name}: no description'
    for member in interface:
        if member not in documented:
            continue
        full = f'{name}.{member.get("name")}'
        args, body = documented[member]
        names = [arg.get('name') for arg in member.iter('arg')]
        if not body:
            yield f'{full}: no description'
        if None in names or len(set(names)) != len(names):
            yield f'{full}: arguments without a name, or with the same'
        for arg in names:
            if arg not in args:
                yield f'{full}: argument {arg} is not described'
        for arg in args:
            if arg not in names:
                yield f'{full}: describes {arg}, which is no argument'


def markup(text):
    """The sigils of doc comments as Markdown."""
    text = re.sub(r'#([\w.]+)::?(\w+)', r'`\2`', text)
    text = re.sub(r'(?<![`\w])(im\.floo\.Daemon1\.\w+)\.(\w+)\(\)', r'`\1.\2`', text)
    return re.sub(r'(?<![\w`])@(\w+)', r'`\1`', text)


def write_member(out, kind, member, args, body):
    out.write(f'### {member.get("name")}\n\n')
    if kind == 'property':
        signal = [a.get('value') for a in member.iter('annotation') if a.get('name').endswith('EmitsChangedSignal')]
        out.write(f'Type `{member.get("type")}`, {"constant" if "const" in signal else "with PropertiesChanged"}.\n\n')
    for annotation in member.iter('annotation'):
        if annotation.get('name') == 'im.floo.SdkEvent':
            out.write(f'SDK event: `{annotation.get("value")}`\n\n')
    if member.find('arg') is not None:
        out.write('| | argument | type | |\n|---|---|---|---|\n')
        for arg in member.iter('arg'):
            direction = arg.get('direction', 'out' if kind == 'signal' else 'in')
            words = markup(args[arg.get('name')]).replace('|', '\\|')
            out.write(f'| {direction} | `{arg.get("name")}` | `{arg.get("type")}` | {words} |\n')
        out.write('\n')
    out.write(markup(body) + '\n\n')


def write_page(path, interface, documented):
    args, body = documented[interface]
    with open(path, 'w', encoding='utf-8') as out:
        out.write(f'# {interface.get("name")}\n\n{args["short_description"]}\n\n{markup(body)}\n\n')
        for kind, title in MEMBERS:
            members = interface.findall(kind)
            if members:
                out.write(f'## {title}\n\n')
            for member in members:
                write_member(out, kind, member, *documented[member])


def main(out_dir, *paths):
    faults = []
    for path in paths:
        interfaces, documented = parse_file(path)
        for interface in interfaces:
            missing = list(check(interface, documented))
            if not missing:
                write_page(os.path.join(out_dir, interface.get('name') + '.md'), interface, documented)
            faults += missing
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
