# SPDX-License-Identifier: GPL-3.0-or-later
"""What the descriptions promise to those who write clients, held against what comes."""

import os
import re
import xml.etree.ElementTree as ElementTree

import harness
from harness import GLib

BOB, STRANGER = 1002, 4242
XML = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'dbus')


def fields_of(interface, heading):
    """Names and types of the fields that an interface's description lists under a heading."""
    with open(os.path.join(XML, 'im.floo.Daemon1.%s.xml' % interface), encoding='utf-8') as file:
        rest = file.read().split(heading, 1)[1]
    fields = {}
    for line in rest.split('\n'):
        found = re.match(r'\s+- (.*?):', line)
        if found:
            fields.update(re.findall(r'`(\w+)` ([a-z{}()]+)', found.group(1)))
        elif not line.strip() and fields:
            break
    return fields


class ClientsTest(harness.Test):
    def test_conversations_have_all_fields(self):
        sandbox, daemon, client = self.one()
        fields = fields_of('Conversations', 'A conversation is an `a{sv}` with all of these fields:')
        self.assertEqual(len(fields), 13)
        client.call('Conversations', 'SetDraft', '(xss)', STRANGER, 'roster', 'to nobody that is known')
        items, cursor, serial = client.call_raw('Conversations', 'List', '(sua{sv})', '', 100, {})
        self.assertIn(STRANGER, [item['id'] for item in items])
        for item in items:
            self.assertEqual(set(item), set(fields), item)
        one = client.call_raw('Conversations', 'Get', '(x)', BOB).get_child_value(0)
        types = {key: one.lookup_value(key, None).get_type_string() for key in one.keys()}
        self.assertEqual(types, fields)

    def test_no_argument_has_a_name_that_code_generators_keep(self):
        """gdbus-codegen takes "@since:" and "@short_description:" in a description for what it knows under these names."""
        for name in sorted(os.listdir(XML)):
            if name.endswith('.xml'):
                for arg in ElementTree.parse(os.path.join(XML, name)).getroot().iter('arg'):
                    self.assertNotIn(arg.get('name'), ('since', 'short_description'), name)


if __name__ == '__main__':
    harness.main()
