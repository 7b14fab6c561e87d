# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups whose members acknowledge reading: a message there names all other members, so that each of them tells the sender that it was read."""

import json

from gi.repository import GLib

import files
import harness

ALICE, BOB, CAROL, ZHANG_WEI = 1001, 1002, 1003, 1006
TEAM, PROJECT = 2001, 2002  # PROJECT has read_ack


class ReadAckTest(files.Test):

    def members_known(self, daemon):
        """The daemon has read the members of the group to the end."""
        return daemon.query(ALICE, 'select count(*) from list_entries where owner = ?', PROJECT) == [(4,)] \
            and daemon.query(ALICE, 'select min(complete) from lists where owner = ?', PROJECT) == [(1,)]

    def test_members_are_named(self):
        sandbox, daemon, alice = self.one()
        sandbox.control('bot', on=False)
        bob = self.one('bob', sandbox=sandbox, name='bob')[2]
        harness.wait_for(lambda: self.members_known(daemon), 'the members are known')
        client_id = alice.send_text(PROJECT, 'read this', to_type='group')
        mid = alice.wait_sent(client_id)['server_mid']
        seen = bob.wait_message(lambda one: one.id == mid)
        self.assertEqual(sorted(json.loads(seen.more['config'])['groupMemberList']), [BOB, CAROL, ZHANG_WEI])

        # Such a message is acknowledged to its sender when it is read.
        bob.call('Conversations', 'MarkRead', '(xxa{sv})', PROJECT, 0, {})
        alice.wait_event('MessageStatusChanged', lambda event: event.args == (PROJECT, mid))
        self.assertEqual(alice.call('Conversations', 'GetMessage', '(x)', mid)[7], 2)

    def test_with_a_file(self):
        """A message with a file names the members like any other."""
        sandbox, daemon, alice = self.one()
        harness.wait_for(lambda: self.members_known(daemon), 'the members are known')
        alice.wait_sent(self.send_file(alice, 'file', b'some notes', 'notes.txt', 'group', PROJECT)[0])
        [sent] = sandbox.accepted('alice')
        self.assertEqual(sorted(json.loads(sent['config'])['groupMemberList']), [BOB, CAROL, ZHANG_WEI])

    def test_config_of_the_caller_stays(self):
        sandbox, daemon, alice = self.one()
        harness.wait_for(lambda: self.members_known(daemon), 'the members are known')
        options = {'config': GLib.Variant('s', '{"mine":1}')}
        alice.wait_sent(alice.call('Conversations', 'Send', '(sxssa{sv})', 'group', PROJECT, 'text', 'with a config', options))
        [sent] = sandbox.accepted('alice')
        config = json.loads(sent['config'])
        self.assertEqual((config['mine'], sorted(config['groupMemberList'])), (1, [BOB, CAROL, ZHANG_WEI]))

    def test_not_in_other_groups(self):
        sandbox, daemon, alice = self.one()
        sandbox.control('bot', on=False)
        harness.wait_for(lambda: self.members_known(daemon), 'the members are known')
        alice.wait_sent(alice.send_text(TEAM, 'to the team', to_type='group'))
        [sent] = sandbox.accepted('alice')
        self.assertNotIn('groupMemberList', sent.get('config', ''))


if __name__ == '__main__':
    harness.main()
