# SPDX-License-Identifier: GPL-3.0-or-later
"""Completeness: each member of the API was used on the bus by a test, each type and event of the SDK has a counterpart.

This one runs last: it reads what the others recorded (record.py). Where some have not run in this build folder, that part is skipped.
"""

import glob
import os
import re
import sys
import unittest

import harness
import record

HERE = os.path.dirname(os.path.abspath(__file__))
DBUS = os.path.join(HERE, '..', '..', 'dbus')
sys.path.insert(0, DBUS)

import coverage  # noqa: E402
import reference  # noqa: E402

FILES = sorted(glob.glob(os.path.join(DBUS, '*.xml')))


def programs():
    """The names of the tests that keep a record, without this one."""
    for path in glob.glob(os.path.join(HERE, 'test_*.py')):
        name = os.path.splitext(os.path.basename(path))[0]
        if name != 'test_coverage':
            yield name


class CoverageTest(unittest.TestCase):

    def setUp(self):
        self.interfaces = [interface for path in FILES for interface in reference.parse_file(path)[0]]

    def recorded(self):
        """What all tests saw together."""
        records = {name: record.load(harness.BUILD, name) for name in programs()}
        missing = sorted(name for name, seen in records.items() if seen is None)
        if missing:
            self.skipTest('not run in this build folder: ' + ', '.join(missing))
        return set().union(*records.values())

    def test_each_member_was_seen_on_the_bus(self):
        seen = self.recorded()
        kinds = {'method': 'call', 'signal': 'signal', 'property': 'property'}
        missing = []
        for interface in self.interfaces:
            for member in interface:
                row = kinds.get(member.tag), '%s.%s' % (interface.get('name').removeprefix(record.PREFIX), member.get('name'))
                if row[0] and row not in seen:
                    missing.append(' '.join(row))
        self.assertEqual(missing, [], 'no test calls these with success, receives them or reads them')

    def test_each_error_was_seen_on_the_bus(self):
        seen = self.recorded()
        with open(os.path.join(DBUS, '..', 'daemon', 'base', 'error.c'), encoding='utf-8') as file:
            names = re.findall('FLOO_ERROR_PREFIX "([A-Za-z]+)" }', file.read())
        self.assertGreater(len(names), 10)
        self.assertEqual([name for name in names if ('error', name) not in seen], [], 'no test gets these errors')

    def test_each_type_and_event_of_the_sdk_has_a_place(self):
        listed = coverage.parse_list(os.path.join(DBUS, 'sdk.txt'))
        found = coverage.parse_interfaces(FILES)
        self.assertEqual(list(coverage.find_faults(listed, found)), [])
        self.assertGreater(len(listed[0]), 20)
        self.assertGreater(len(listed[3]), 40)

    def test_what_is_missing_is_found(self):
        listed = coverage.parse_list(os.path.join(DBUS, 'sdk.txt'))
        listed[0]['Stranger'] = ['a']
        listed[1]['Meta'].append(('im.floo.Daemon1.Roster.Nothing', ''))
        listed[3].append('onNothing')
        faults = list(coverage.find_faults(listed, coverage.parse_interfaces(FILES)))
        self.assertEqual(faults, ['the type Stranger comes out nowhere', 'there is no im.floo.Daemon1.Roster.Nothing',
                                  'the event onNothing is not one signal, but 0'])

    def test_each_method_of_the_native_sdks_has_a_place_or_a_reason(self):
        native = coverage.parse_native(os.path.join(DBUS, 'sdk-native.txt'))
        members = coverage.parse_interfaces(FILES)[0]
        self.assertEqual(list(coverage.find_native_faults(native, members)), [])
        self.assertGreater(len(native), 150)
        native['BMXChatManager.fly'] = ['im.floo.Daemon1.Conversations.Fly'], ''
        self.assertEqual(list(coverage.find_native_faults(native, members)), ['BMXChatManager.fly: there is no im.floo.Daemon1.Conversations.Fly'])

    def test_everything_is_documented(self):
        for path in FILES:
            interfaces, documented = reference.parse_file(path)
            for interface in interfaces:
                self.assertEqual(list(reference.check(interface, documented)), [])


harness.main()
