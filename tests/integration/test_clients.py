# SPDX-License-Identifier: GPL-3.0-or-later
"""What the descriptions promise to those who write clients, held against what comes."""

import os
import re
import sqlite3
import xml.etree.ElementTree as ElementTree

import harness
from harness import GLib, Gio

BOB, TEAM, STRANGER = 1002, 2001, 4242
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
        of_groups = fields_of('Conversations', 'The conversation of a group has these fields, too,')
        self.assertEqual((len(fields), len(of_groups)), (22, 3))
        client.call('Conversations', 'SetDraft', '(xss)', STRANGER, 'roster', 'to nobody that is known')
        items, cursor, serial = client.call_raw('Conversations', 'List', '(sua{sv})', '', 100, {})
        self.assertIn(STRANGER, [item['id'] for item in items])
        for item in items:
            self.assertEqual(set(item), set(fields) | (set(of_groups) if item['type'] == 'group' else set()), item)
        for conversation, expected in ((BOB, fields), (TEAM, {**fields, **of_groups})):
            one = client.call_raw('Conversations', 'Get', '(x)', conversation).get_child_value(0)
            types = {key: one.lookup_value(key, None).get_type_string() for key in one.keys()}
            self.assertEqual(types, expected)

    def test_unknown_ids_are_left_out(self):
        sandbox, daemon, client = self.one()
        for again in range(2):
            self.assertEqual([one['group_id'] for one in client.call('Groups', 'GetBrief', '(ax)', [TEAM, STRANGER])], [TEAM])
            for refresh in (False, True):
                items = client.call('Roster', 'GetItems', '(axb)', [STRANGER, BOB], refresh)
                self.assertEqual([one['user_id'] for one in items], [BOB])

    def test_pages_of_the_system_end(self):
        """The service has no history of the system's conversation, so there is no more than what is here."""
        sandbox, daemon, client = self.one()
        client.call('Conversations', 'FetchHistory', '(xxu)', BOB, 0, 3)
        daemon.stop()
        db = sqlite3.connect(daemon.store_path(1001))
        db.executescript('''CREATE TEMP TABLE m AS SELECT * FROM messages WHERE conversation = 1002 ORDER BY id DESC LIMIT 3;
                            CREATE TEMP TABLE c AS SELECT * FROM conversations WHERE id = 1002;
                            UPDATE m SET conversation = 0, id = id + 1000000;
                            UPDATE c SET id = 0, type = 2, last_message = (SELECT max(id) FROM m);
                            INSERT INTO messages SELECT * FROM m;
                            INSERT INTO conversations SELECT * FROM c;''')
        db.close()
        client = daemon.start()
        client.wait_state('online')
        page, more, after, serial = client.call('Conversations', 'GetMessages', '(xa{sv})', 0, {'limit': GLib.Variant('u', 2)})
        self.assertEqual((len(page), more), (2, True))
        page, more, after, serial = client.call('Conversations', 'GetMessages', '(xa{sv})', 0, {'before': GLib.Variant('x', page[0][0])})
        self.assertEqual((len(page), more), (1, False))

    def test_refused_uploads_tell_the_code(self):
        sandbox, daemon, client = self.one()
        path = os.path.join(self.root, 'file')
        with open(path, 'w') as file:
            file.write('to nobody')
        files = Gio.UnixFDList.new()
        with open(path) as file:
            files.append(file.fileno())
        reply, _ = client.connection.call_with_unix_fd_list_sync(
            client.name, harness.OBJECT, harness.BUS_NAME + '.Conversations', 'SendFile',
            GLib.Variant('(sxshsa{sv})', ('roster', STRANGER, 'file', 0, 'file', {})), None, Gio.DBusCallFlags.NONE, -1, files, None)
        details = client.wait_sent(reply.unpack()[0], 'failed')
        self.assertEqual((details['error_code'], details['error_reason']), (10000, 'no such user'))
        self.assertEqual([one[8]['error'] for one in client.outbox()], ['10000: no such user'])

    def test_no_argument_has_a_name_that_code_generators_keep(self):
        """gdbus-codegen takes "@since:" and "@short_description:" in a description for what it knows under these names."""
        for name in sorted(os.listdir(XML)):
            if name.endswith('.xml'):
                for arg in ElementTree.parse(os.path.join(XML, name)).getroot().iter('arg'):
                    self.assertNotIn(arg.get('name'), ('since', 'short_description'), name)


if __name__ == '__main__':
    harness.main()
