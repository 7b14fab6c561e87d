# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups whose members acknowledge reading: a message there names all other members, so that each of them tells the sender that it was read."""

import json
import time

from gi.repository import GLib

import files
import harness
import peer

ALICE, BOB, CAROL, ZHANG_WEI = 1001, 1002, 1003, 1006
TEAM, PROJECT = 2001, 2002  # PROJECT has read_ack


class ReadAckTest(files.Test):

    def members_known(self, daemon):
        """The daemon has read the members of the group to the end."""
        return daemon.query(ALICE, 'select count(*) from list_entries where list = 5 and owner = ?', PROJECT) == [(4,)] \
            and daemon.query(ALICE, 'select complete from lists where list = 5 and owner = ?', PROJECT) == [(1,)]

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
        alice.wait_event('MessageStatusChanged', lambda event: event.args[:2] == (PROJECT, mid))
        self.assertEqual(alice.call('Conversations', 'GetMessage', '(x)', mid)[7], 2)

    def test_readers(self):
        """Who has read and played a message is kept with it and told, by one signal where many do so at once."""
        sandbox, daemon, alice = self.one()
        sandbox.control('bot', on=False)
        harness.wait_for(lambda: self.members_known(daemon), 'the members are known')
        mid = alice.wait_sent(alice.send_text(PROJECT, 'read this', to_type='group'))['server_mid']

        def told(since):
            return alice.wait_event('MessageStatusChanged', lambda event: event.args[:2] == (PROJECT, mid), since=since).args[2]

        def counts():
            more = harness.message(alice.call('Conversations', 'GetMessage', '(x)', mid)).more
            return more['read_count'], more['audience']

        self.assertEqual(alice.call('Conversations', 'GetReaders', '(x)', mid), ([], [BOB, CAROL, ZHANG_WEI], []))
        self.assertEqual(counts(), (0, 3))
        since = len(alice.events)
        for _ in range(2):  # the second one tells nothing
            sandbox.control('send', **{'from': 'carol'}, to='alice', operation='READ_ACK', mid=mid)
        self.assertEqual(told(since), {'status': 2, 'read_by': [CAROL], 'read_count': 1, 'audience': 3})
        since = len(alice.events)
        sandbox.control('send', **{'from': 'carol'}, to='alice', operation='PLAY_ACK', mid=mid)
        self.assertEqual(told(since), {'played': True, 'played_by': [CAROL], 'read_count': 1, 'audience': 3})
        since = len(alice.events)
        sandbox.control('acknowledge', mid=mid, operation='READ_ACK')
        harness.wait_for(lambda: counts() == (3, 3), 'all have read it')
        self.settle(alice)
        events = [event.args[2] for event in alice.events[since:] if event.name == 'MessageStatusChanged']
        self.assertEqual(sorted(user for one in events for user in one['read_by']), [BOB, ZHANG_WEI])
        self.assertEqual(alice.call('Conversations', 'GetReaders', '(x)', mid), ([BOB, CAROL, ZHANG_WEI], [], [CAROL]))
        self.assertEqual(alice.call('Conversations', 'GetMessages', '(xa{sv})', PROJECT, {})[0][-1][8]['read_count'], 3)

        # It goes with its message; and others have no readers to be asked for.
        alice.wait_sent(alice.call('Conversations', 'Recall', '(x)', mid))
        self.fails('NotFound', alice.call, 'Conversations', 'GetReaders', '(x)', mid)
        self.assertEqual(daemon.query(ALICE, 'SELECT (SELECT count(*) FROM receipts), (SELECT count(*) FROM receipt_counts)'), [(0, 0)])
        other = alice.wait_sent(alice.send_text(BOB, 'and this'))['server_mid']
        self.assertIn('does not request', self.fails('InvalidArguments', alice.call, 'Conversations', 'GetReaders', '(x)', other))

    def test_with_a_file(self):
        """A message with a file names the members like any other; so do those that were sent before the members, or anything of the group, were known."""
        sandbox = self.sandbox(persist=True)
        daemon = self.daemon(sandbox=sandbox)
        alice = daemon.start()
        sandbox.control('rest', path='/group/member_list', status=500, count=-1)
        alice.login('alice')
        sandbox.stop()
        alice.wait_state('waiting')
        offline = alice.send_text(PROJECT, 'sent offline', to_type='group')
        file = self.send_file(alice, 'file', b'some notes', 'notes.txt', 'group', PROJECT)[0]
        self.assertFalse(self.members_known(daemon))
        sandbox.start()
        sandbox.control('bot', on=False)
        alice.call('Account', 'Reconnect')
        for one in (offline, file):
            alice.wait_sent(one)
        for sent in sandbox.accepted('alice'):
            self.assertEqual(sorted(json.loads(sent['config'])['groupMemberList']), [BOB, CAROL, ZHANG_WEI], sent)

    def test_config_of_the_caller_stays(self):
        sandbox, daemon, alice = self.one()
        harness.wait_for(lambda: self.members_known(daemon), 'the members are known')
        options = {'config': GLib.Variant('s', '{"mine":1}')}
        alice.wait_sent(alice.call('Conversations', 'Send', '(sxssa{sv})', 'group', PROJECT, 'text', 'with a config', options))
        [sent] = sandbox.accepted('alice')
        config = json.loads(sent['config'])
        self.assertEqual((config['mine'], sorted(config['groupMemberList'])), (1, [BOB, CAROL, ZHANG_WEI]))

    def test_turned_on_meanwhile(self):
        """By us or by an admin while we are here: the next message waits for the members, and names them; and later ones those of then."""
        sandbox, daemon, alice = self.one()
        sandbox.control('bot', on=False)
        self.all_fetched(sandbox, daemon, alice)

        def named(text, to=TEAM):
            alice.wait_sent(alice.send_text(to, text, to_type='group'))
            [sent] = [one for one in sandbox.accepted('alice') if one['content'] == text]
            return sorted(json.loads(sent.get('config') or '{}').get('groupMemberList', []))

        def members():
            return sorted(row[0] for row in daemon.query(ALICE, 'SELECT id FROM list_entries WHERE list = 5 AND owner = ?', TEAM) if row[0] != ALICE)

        self.assertEqual(named('off'), [])
        alice.call('Groups', 'SetReadAck', '(xb)', TEAM, True)
        first = named('on by us')
        self.assertEqual(first, members())
        self.assertIn(BOB, first)
        # Members who leave or are removed are not named any more.
        since = len(alice.events)
        peer.Peer(sandbox, 'bob').post('/group/kick', group_id=TEAM, user_list=[CAROL])
        alice.wait_event('GroupKicked', since=since)
        self.assertEqual(named('without carol'), [one for one in first if one != CAROL])
        # Turned off again nobody is named.
        alice.call('Groups', 'SetReadAck', '(xb)', TEAM, False)
        self.assertEqual(named('off again'), [])
        # An admin turns it on, somebody comes, the connection is another one.
        admin = peer.Peer(sandbox, 'bob')
        since = len(alice.events)
        admin.post('/group/settings/enable_read_ack', group_id=TEAM, value=True)
        alice.wait_event('GroupListUpdate', since=since)
        self.assertEqual(named('on by an admin'), [one for one in first if one != CAROL])
        since = len(alice.events)
        peer.Peer(sandbox, 'carol').post('/group/apply', group_id=TEAM)
        admin.post('/group/apply/handle', group_id=TEAM, user_id=CAROL, approval=True)
        alice.wait_event('GroupApplyAccepted', since=since)
        self.assertEqual(named('with carol again'), first)
        since = len(alice.events)
        sandbox.control('disconnect', how='drop')
        alice.wait_lost(since)
        alice.wait_online(since)
        self.assertEqual(named('after a reconnect'), first)

    def test_bounded_wait(self):
        """Where the members do not arrive the message is sent without them, and those after it stay in order."""
        sandbox, daemon, alice = self.one()
        sandbox.control('bot', on=False)
        self.all_fetched(sandbox, daemon, alice)
        sandbox.control('rest', path='/group/member_list', delay_ms=60000, count=-1)
        since = len(alice.events)
        peer.Peer(sandbox, 'bob').post('/group/settings/enable_read_ack', group_id=TEAM, value=True)
        alice.wait_event('GroupListUpdate', since=since)
        texts = ['number %d' % i for i in range(40)]
        began = time.monotonic()
        pending = [alice.start('Conversations', 'SendText', '(sxs)', 'group', TEAM, text) for text in texts]
        ids = [one.result() for one in pending]
        # The callers do not wait, the messages do; those of other conversations go meanwhile.
        self.assertEqual(len(alice.outbox()), len(texts))
        alice.wait_sent(alice.send_text(BOB, 'to bob'))
        self.assertEqual(sandbox.accepted('alice')[0]['content'], 'to bob')
        for one in ids:
            alice.wait_sent(one)
        self.assertGreater(time.monotonic() - began, 4)
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')][1:], texts)

    def test_not_in_other_groups(self):
        sandbox, daemon, alice = self.one()
        sandbox.control('bot', on=False)
        harness.wait_for(lambda: self.members_known(daemon), 'the members are known')
        alice.wait_sent(alice.send_text(TEAM, 'to the team', to_type='group'))
        [sent] = sandbox.accepted('alice')
        self.assertNotIn('groupMemberList', sent.get('config', ''))


if __name__ == '__main__':
    harness.main()
