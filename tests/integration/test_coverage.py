# SPDX-License-Identifier: GPL-3.0-or-later
"""That nothing was forgotten: each method has a test, each type and event of the SDK a place."""

import glob
import os
import sys
import unittest

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
DBUS = os.path.join(HERE, '..', '..', 'dbus')
sys.path.insert(0, DBUS)

import coverage  # noqa: E402
import reference  # noqa: E402

FILES = sorted(glob.glob(os.path.join(DBUS, '*.xml')))


def tests():
    """The texts of tests and of what they share, without this one."""
    for path in glob.glob(os.path.join(HERE, '*.py')):
        if os.path.abspath(path) != os.path.abspath(__file__):
            with open(path, encoding='utf-8') as file:
                yield file.read()


class CoverageTest(unittest.TestCase):

    def test_each_method_is_called(self):
        texts = list(tests())
        missing = []
        for path in FILES:
            for interface in reference.parse_file(path)[0]:
                short = interface.get('name').rpartition('.')[2]
                for method in interface.findall('method'):
                    name = method.get('name')
                    if not any("%s'" % short in text and "'%s'" % name in text for text in texts):
                        missing.append('%s.%s' % (short, name))
        self.assertEqual(missing, [], 'methods that no test calls')

    def test_each_signal_is_awaited(self):
        texts = list(tests())
        (events,) = [interface for path in FILES for interface in reference.parse_file(path)[0]
                     if interface.get('name').endswith('.Events')]
        missing = [one.get('name') for one in events.findall('signal') if not any("'%s'" % one.get('name') in text for text in texts)]
        self.assertEqual(missing, [], 'signals that no test awaits')

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

    def test_everything_is_documented(self):
        for path in FILES:
            interfaces, documented = reference.parse_file(path)
            for interface in interfaces:
                self.assertEqual(list(reference.check(interface, documented)), [])


harness.main()
