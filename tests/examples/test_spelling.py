# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual, the READMEs and the descriptions in the XML are spelled right, by aspell with the words of words.txt."""
import glob
import os
import re
import shutil
import subprocess
import unittest

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, '..', '..'))
PAGES = ('*.md', 'data/manual/*.md', 'tests/*/README.md', 'packaging/*/README.md')
# What is no prose: code, targets of links, names in roles and directives.
CODE = re.compile(r'^```.*?^```$|^(?: {4}|\t).*?$|`[^`]*`|\]\([^)]*\)|<https?:[^>]*>|^:[a-z]+:.*?$|\{[a-z]+\}', re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r'[#@]?\b\w+(?:[.:_]\w+)+(?:\(\))?|@\w+|^ *\w+:$', re.MULTILINE)
# A name of a program, a type or a constant.
NAME = re.compile('[a-z][A-Z]|^[A-Z]{2}')
COMMENT = re.compile('<!--(.*?)-->', re.DOTALL)


def has_aspell():
    program = shutil.which('aspell')
    return program and 'en' in subprocess.run([program, 'dicts'], stdout=subprocess.PIPE, text=True).stdout.split()


def misspelled(text):
    with open(os.path.join(HERE, 'words.txt'), encoding='utf-8') as file:
        known = set(file.read().split())
    found = subprocess.run(['aspell', 'list', '--lang=en', '--encoding=utf-8'], input=text, stdout=subprocess.PIPE, text=True, check=True).stdout
    return sorted({word for word in found.split() if word.removesuffix("'s") not in known and not NAME.search(word)})


@unittest.skipUnless(has_aspell(), 'aspell or its English words are missing')
class SpellingTest(unittest.TestCase):

    def check(self, texts):
        self.assertGreater(len(texts), 5)
        wrong = {os.path.relpath(path, TOP): words for path, words in ((path, misspelled(text)) for path, text in texts.items()) if words}
        self.assertEqual(wrong, {}, 'to be mended, or to be put into tests/examples/words.txt')

    def test_pages(self):
        texts = {}
        for pattern in PAGES:
            for path in glob.glob(os.path.join(TOP, pattern)):
                with open(path, encoding='utf-8') as file:
                    texts[path] = CODE.sub(' ', file.read())
        self.check(texts)

    def test_descriptions(self):
        texts = {}
        for path in glob.glob(os.path.join(TOP, 'dbus', '*.xml')):
            with open(path, encoding='utf-8') as file:
                comments = '\n'.join(COMMENT.findall(file.read()))
            texts[path] = MEMBER.sub(' ', re.sub('`[^`]*`', ' ', comments))
        self.check(texts)

    def test_what_is_wrong_is_found(self):
        self.assertEqual(misspelled(CODE.sub(' ', 'The daemon recieves a mesage.\n\n    recieves\n\nSee `mesage`.')), ['mesage', 'recieves'])


harness.main()
