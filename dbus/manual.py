#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the manual: manual.py OUTPUT --version VERSION --pages FOLDER --since FILE --examples FILE --sdk FILE --conf FILE [--html] FILE.xml...

OUTPUT becomes a folder of Markdown pages: those of FOLDER, in which names of the D-Bus API are made links, and the reference pages, from the
introspection files. With --html it becomes the pages that Sphinx makes of these instead. What Sphinx warned of is in OUTPUT.warnings.

A name that begins with im.floo.Daemon1. and does not exist ends the build, on whatever page it is.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys

import reference

PREFIX = 'im.floo.Daemon1.'
KINDS = {'method': 'Methods', 'signal': 'Signals', 'property': 'Properties'}
# Pages that are kept elsewhere in the tree: name here, path from the top.
SHARED = {'contributing.md': 'CONTRIBUTING.md', 'security.md': 'SECURITY.md', 'news.md': 'NEWS.md', 'sandbox.md': 'tests/sandbox/README.md'}
NAME = re.compile(r'(?<![\w/.])im\.floo\.Daemon1(?:\.\w+)+(?:\(\))?')


class Names:
    """All names that a link can lead to: {full name: (page, anchor)}."""

    def __init__(self):
        self.places = {}
        self.kinds = {}
        self.faults = []

    def add(self, name, page, kind):
        self.places[name] = (page, 'api-' + name[len(PREFIX):].lower().replace('.', '-'))
        self.kinds[name] = kind

    def find(self, word, interface=None):
        """The full name of a word as pages write it: with the prefix or without, within an interface the member alone."""
        word = word.removesuffix('()')
        candidates = [word, PREFIX + word] + ([interface + '.' + word] if interface else [])
        return next((name for name in candidates if name in self.places), None)

    def find_signal(self, word):
        name = PREFIX + 'Events.' + word
        return name if self.kinds.get(name) == 'signal' else None

    def link(self, name, shown):
        return '[`%s`](%s)' % (shown, self.places[name][1])


def link_line(line, names, page, interface):
    """Makes names in a line of text links; code between backticks that is no name stays as it is."""
    def code(match):
        word = match.group(1)
        name = names.find(word, interface)
        if name is None:
            check_name(word)
        if name in (None, interface):  # a page does not lead to itself
            return match.group(0)
        return names.link(name, word.removeprefix(PREFIX))

    def check_name(word):
        if NAME.fullmatch(word) and not word.startswith(PREFIX + 'Instance.'):
            names.faults.append('%s: there is no %s' % (page, word))

    def bare(match):
        word = match.group(0).removesuffix('()')
        name = names.find(word, interface) or names.find_signal(word)
        if name is None:
            check_name(word)
            return word
        return names.link(name, word.removeprefix(PREFIX))

    parts = re.split(r'(\[[^\]]*\]\([^)]*\)|`[^`]*`)', line)
    for index, part in enumerate(parts):
        if part.startswith('`'):
            parts[index] = re.sub(r'^`([^`]*)`$', code, part)
        elif not part.startswith('['):
            part = NAME.sub(bare, part)
            if interface:  # the reference speaks of members without marking them
                pieces = re.split(r'(\[[^\]]*\]\([^)]*\))', part)
                part = ''.join(piece if piece.startswith('[') else re.sub(r'\b(?:[A-Z][a-z]+){2,}\b', bare, piece) for piece in pieces)
            parts[index] = part
    return ''.join(parts)


def link_page(text, names, page, interface=None):
    lines, fence = [], False
    passed = ('```', ':::', '#', '(') + (() if interface else ('    ',))  # comments indent lists only, pages programs
    for line in text.split('\n'):
        if line.startswith(('```', ':::')):
            fence = not fence
        if fence or line.startswith(passed):
            lines.append(line)
        else:
            lines.append(link_line(line, names, page, interface))
    return '\n'.join(lines)


def read_since(path):
    since = {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            if line.strip() and not line.startswith('#'):
                head, _, members = line.partition(':')
                version, interface = head.split()
                since.setdefault(PREFIX + interface, version)
                for member in members.split():
                    since[PREFIX + interface + '.' + member] = version
    return since


def read_examples(path):
    """The sections of examples.md: {name: text}, and '' is what all begin with."""
    parts = re.split(r'(?m)^## (\S+)$', read(path))
    return {'': parts[0], **{PREFIX + name: text.strip() for name, text in zip(parts[1::2], parts[2::2])}}


def plain(text):
    """The sigils of doc comments as Markdown, with names as they are."""
    text = re.sub(r'#([\w.]+)::?(\w+)', r'`\1.\2`', text)
    text = re.sub(r'#(\w+)', r'`\1`', text)
    return re.sub(r'(?<![\w`])@(\w+)', r'`\1`', text)


class Reference:
    def __init__(self, paths, since, version, examples):
        self.interfaces, self.documented = [], {}
        for path in paths:
            interfaces, documented = reference.parse_file(path)
            self.interfaces += interfaces
            self.documented |= documented
        self.since, self.version, self.examples = since, version, examples
        self.errors = self.read_errors()

    def read_errors(self):
        """{error: words}, from the list in the description of Account."""
        text = next(self.documented[one][1] for one in self.interfaces if one.get('name') == PREFIX + 'Account')
        found = re.findall(r'(?m)^- `(%sError\.\w+)`: (.*(?:\n  .*)*)' % re.escape(PREFIX), text)
        return {name: re.sub(r'\s+', ' ', words) for name, words in found}

    def page_of(self, interface):
        return 'reference/%s.md' % interface.get('name')[len(PREFIX):].lower()

    def members(self, interface):
        for kind in ('method', 'signal', 'property'):
            for member in interface.findall(kind):
                yield kind, member, '%s.%s' % (interface.get('name'), member.get('name'))

    def collect(self, names):
        for interface in self.interfaces:
            page = self.page_of(interface)
            names.add(interface.get('name'), page, 'interface')
            for kind, _, full in self.members(interface):
                names.add(full, page, kind)
        for error in self.errors:
            names.add(error, 'reference/errors.md', 'error')
        for name in self.since:
            if name not in names.places:
                names.faults.append('since.txt: there is no %s any more' % name)
        names.faults += ['examples.md: there is no %s' % name for name in self.examples if name and name not in names.places]

    def write_member(self, out, kind, member, full, names):
        args, body = self.documented[member]
        short = member.get('name')
        out.append('```{index} single: %s (%s)\n```\n' % (full[len(PREFIX):], kind))
        out.append('(%s)=\n### %s\n' % (names.places[full][1], short))
        facts = ['Since %s.' % self.since.get(full, self.version)]
        if kind == 'property':
            constant = any(one.get('value') == 'const' for one in member.iter('annotation'))
            facts.insert(0, 'Type `%s`, %s.' % (member.get('type'), 'constant' if constant else 'with PropertiesChanged'))
        facts += ['In the web SDK: `%s`.' % one.get('value') for one in member.iter('annotation') if one.get('name') == 'im.floo.SdkEvent']
        out.append(' '.join(facts) + '\n')
        if member.find('arg') is not None:
            rows = ['| | argument | type | |', '|---|---|---|---|']
            for arg in member.iter('arg'):
                direction = arg.get('direction', 'out' if kind == 'signal' else 'in')
                words = plain(args[arg.get('name')]).replace('|', '\\|')
                rows.append('| %s | `%s` | `%s` | %s |' % (direction, arg.get('name'), arg.get('type'), words))
            out.append('\n'.join(rows) + '\n')
        out.append(plain(body) + '\n')
        if full in self.examples:
            out.append('Examples ([what they begin with](examples.md)):\n\n%s\n' % self.examples[full])

    def write_interface(self, interface, names):
        args, body = self.documented[interface]
        name = interface.get('name')
        out = ['(%s)=\n# %s\n' % (names.places[name][1], name[len(PREFIX):]),
               '%s.\n' % args['short_description'], 'Bus name `im.floo.Daemon1`, interface `%s`, since %s.\n' % (
                   name, self.since.get(name, self.version))]
        for kind, title in KINDS.items():
            found = [names.link(full, member.get('name')) for other, member, full in self.members(interface) if other == kind]
            if found:
                out.append('%s: %s.\n' % (title, ', '.join(found)))
        out.append(plain(body) + '\n')
        for kind, title in KINDS.items():
            members = [one for one in self.members(interface) if one[0] == kind]
            if members:
                out.append('## %s\n' % title)
            for _, member, full in members:
                self.write_member(out, kind, member, full, names)
        return link_page('\n'.join(out), names, self.page_of(interface), name)

    def write_errors(self, names):
        out = ['# Errors\n', 'All errors have the prefix `im.floo.Daemon1.Error.`; each comes with a text for the user. '
               '[States and errors](../states.md) says what to do.\n']
        for error, words in self.errors.items():
            short = error.rsplit('.', 1)[1]
            users = []
            for interface in self.interfaces:
                users += [full for _, member, full in self.members(interface) if re.search(re.escape(error) + r'\b', self.documented[member][1])]
            out.append('```{index} single: %s (error)\n```\n(%s)=\n## %s\n' % (short, names.places[error][1], short))
            out.append('%s%s.\n' % (words[0].upper(), words[1:]))
            if users:
                out.append('Named by: %s\n' % ', '.join('`%s`' % user for user in users))
        return link_page('\n'.join(out), names, 'reference/errors.md')

    def write_names(self, names):
        """All names by kind, each with the letter that it begins with."""
        out = ['# Index of methods, signals, properties and errors\n']
        for kind, title in {**KINDS, 'error': 'Errors'}.items():
            found = sorted((name.rsplit('.', 1)[1], name) for name in names.places if names.kinds[name] == kind)
            rows = ['| %s | where | |' % kind, '|---|---|---|']
            for short, name in found:
                interface = name[len(PREFIX):].rsplit('.', 1)[0]
                since = self.since.get(name, '0.1.0' if kind == 'error' else self.version)
                rows.append('| %s | %s | since %s |' % (names.link(name, short), interface, since))
            out.append('## %s\n\n%s\n' % (title, '\n'.join(rows)))
        return '\n'.join(out)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def fill(text, options):
    """Puts in what is generated elsewhere."""
    return text.replace('@SDK@', re.sub(r'^# .*\n', '', read(options.sdk))).replace('@CONF@', read(options.conf).rstrip('\n'))


def write_pages(folder, options, ref, names):
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
    pages = {name: read(os.path.join(options.pages, name)) for name in sorted(os.listdir(options.pages)) if name.endswith('.md')}
    pages |= {name: read(os.path.join(top, path)) for name, path in SHARED.items()}
    made = {name: link_page(fill(text, options), names, name) for name, text in pages.items()}
    made |= {ref.page_of(one): ref.write_interface(one, names) for one in ref.interfaces}
    made['reference/errors.md'] = ref.write_errors(names)
    made['reference/examples.md'] = re.sub(r'\A# .*', '# What the examples begin with', ref.examples[''])
    made['reference/names.md'] = ref.write_names(names)
    os.makedirs(os.path.join(folder, 'reference'))
    for name in os.listdir(options.pages):
        if name.endswith('.png'):
            shutil.copy(os.path.join(options.pages, name), folder)
    for name, text in made.items():
        with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
            file.write(text)


def make_html(source, output, options):
    subprocess.run([sys.executable, '-m', 'sphinx', '-q', '-b', 'html', '-c', options.pages, '-d', source + '.doctrees',
                    '-w', source + '.warnings', '-D', 'version=' + options.version, '-D', 'release=' + options.version, source, output],
                   check=True, stderr=subprocess.DEVNULL)
    os.remove(os.path.join(output, '.buildinfo'))
    shutil.move(source + '.warnings', output + '.warnings')


def main():
    parser = argparse.ArgumentParser()
    for name in ('output', 'xml'):
        parser.add_argument(name, nargs='+' if name == 'xml' else None)
    for name in ('version', 'pages', 'since', 'examples', 'sdk', 'conf'):
        parser.add_argument('--' + name, required=True)
    parser.add_argument('--html', action='store_true')
    options = parser.parse_args()
    names = Names()
    ref = Reference(options.xml, read_since(options.since), options.version, read_examples(options.examples))
    ref.collect(names)
    source = options.output + '.source'
    for path in (options.output, source, source + '.doctrees'):
        shutil.rmtree(path, ignore_errors=True)
    write_pages(source, options, ref, names)
    for fault in names.faults:
        print(fault, file=sys.stderr)
    if names.faults:
        return 1
    if options.html:
        make_html(source, options.output, options)
    else:
        os.rename(source, options.output)
    os.utime(options.output)
    return 0


if __name__ == '__main__':
    sys.exit(main())
