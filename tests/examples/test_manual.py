# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual: no dead links, everything of the API is in it, and what readers look for is a few clicks away."""
import collections
import glob
import html.parser
import os
import re
import unittest
import urllib.parse
import xml.etree.ElementTree as ET

import harness

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
HTML = os.path.join(harness.BUILD, 'data', 'manual', 'html')
CLICKS = 3


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


class Page(html.parser.HTMLParser):
    """ids: what links can lead to; links: all of them; clicks: those of the text, without the side bars."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.clicks, self.inside = set(), [], [], 0
        self.feed(read(path))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.inside += tag == 'article'
        if 'id' in attrs:
            self.ids.add(attrs['id'])
        link = attrs.get('href') or attrs.get('src')
        if link:
            self.links.append(link)
            if self.inside and tag == 'a':
                self.clicks.append(link)

    def handle_endtag(self, tag):
        self.inside -= tag == 'article'


def is_ours(link):
    return not urllib.parse.urlsplit(link).scheme and not link.startswith('//')


class SourceTest(unittest.TestCase):
    def test_readme_is_a_page(self):
        self.assertLess(read(os.path.join(TOP, 'README.md')).count('\n'), 150)

    def test_files_that_pages_name(self):
        for name in ('README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'NEWS.md'):
            for link in re.findall(r'\]\(([^)#]+)', read(os.path.join(TOP, name))):
                if is_ours(link):
                    self.assertTrue(os.path.exists(os.path.join(TOP, link)), '%s: %s' % (name, link))


@unittest.skipUnless(os.path.isdir(HTML), 'the manual is not made, Sphinx is missing')
class HtmlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        paths = glob.glob(os.path.join(HTML, '**', '*.html'), recursive=True)
        cls.pages = {os.path.relpath(path, HTML): Page(path) for path in paths}

    def resolve(self, page, link):
        """The file and the anchor that a link of a page leads to."""
        parts = urllib.parse.urlsplit(link)
        path = urllib.parse.unquote(parts.path)
        return os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page, urllib.parse.unquote(parts.fragment)

    def test_nothing_was_warned_of(self):
        self.assertEqual(read(HTML + '.warnings'), '')

    def test_links(self):
        dead, seen = [], 0
        for name, page in self.pages.items():
            for link in filter(is_ours, page.links):
                target, anchor = self.resolve(name, link)
                seen += 1
                if not os.path.exists(os.path.join(HTML, target)):
                    dead.append('%s: %s' % (name, link))
                elif anchor and target in self.pages and anchor not in self.pages[target].ids:
                    dead.append('%s: %s' % (name, link))
        self.assertEqual(dead, [])
        self.assertGreater(seen, 2000)

    def test_everything_is_in_the_index(self):
        names, count = self.pages['reference/names.html'], 0
        for path in glob.glob(os.path.join(TOP, 'dbus', '*.xml')):
            for interface in ET.parse(path).getroot().iter('interface'):
                short = interface.get('name').removeprefix('im.floo.Daemon1.').lower()
                for member in interface:
                    if member.tag in ('method', 'signal', 'property'):
                        link = '%s.html#api-%s-%s' % (short, short, member.get('name').lower())
                        self.assertIn(link, names.clicks)
                        count += 1
        self.assertGreater(count, 200)
        entries = [link for link in self.pages['genindex.html'].links if link.startswith('reference/') and '#index-' in link]
        self.assertGreaterEqual(len(entries), count)

    def test_what_readers_look_for(self):
        distance, queue = {'index.html': 0}, collections.deque(['index.html'])
        while queue:
            name = queue.popleft()
            for link in filter(is_ours, self.pages[name].clicks):
                target = self.resolve(name, link)[0]
                if target in self.pages and target not in distance:
                    distance[target] = distance[name] + 1
                    queue.append(target)
        self.assertEqual(set(self.pages) - set(distance) - {'genindex.html', 'search.html'}, set())
        for what, target, anchor in (('how to send', 'shell.html', ''), ('how to send', 'reference/conversations.html', 'api-conversations-send'),
                                     ('what blocked means', 'states.html', 'what-blocked-means'), ('how to catch up', 'bot.html', 'the-rules'),
                                     ('how to test offline', 'testing.html', 'try-it')):
            self.assertLessEqual(distance[target], CLICKS, what)
            if anchor:
                self.assertIn(anchor, self.pages[target].ids, what)

    def test_search(self):
        self.assertIn('blocked', read(os.path.join(HTML, 'searchindex.js')))
        self.assertTrue(os.path.exists(os.path.join(HTML, 'search.html')))


if __name__ == '__main__':
    harness.main()
