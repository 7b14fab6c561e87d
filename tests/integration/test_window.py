# SPDX-License-Identifier: GPL-3.0-or-later
"""A window's list of conversations: loaded once, then kept by ConversationsChanged alone, live and by Replay."""

from gi.repository import GLib

import harness
from peer import Peer

ALICE, BOB, CAROL, DAVE, ERIN, ECHO = 1001, 1002, 1003, 1004, 1005, 1099
NOBODY = 4711
TEAM, PROJECT, LOUNGE = 2001, 2002, 2003


class ListModel:
    """The list as a window keeps it."""

    def __init__(self, client):
        self.client = client
        self.journal = client.call('Events', 'GetPosition')[0]
        self.load()

    def load(self):
        items, cursor, self.serial = self.client.call('Conversations', 'List', '(sua{sv})', '', 500, {})
        assert cursor == ''
        self.entries = {item['id']: item for item in items}

    def apply(self, event):
        if event.serial <= self.serial:
            return
        assert event.serial == self.serial + 1, 'a gap before %s' % event
        self.serial = event.serial
        if event.name != 'ConversationsChanged':
            return
        changed, removed, reload = event.args
        assert not reload
        for entry in changed:
            self.entries[entry['id']] = entry
        for one in removed:
            self.entries.pop(one, None)


class WindowTest(harness.Test):
    def check(self, client, model, live=True):
        """The model equals List once it has received all earlier signals."""
        def catch_up():
            self.settle(client)
            for event in client.events if live else [event for event, when in client.replay(model.journal, model.serial)]:
                if event.serial:
                    model.apply(event)
            fresh = ListModel(client)
            return fresh if fresh.serial == model.serial else None
        fresh = harness.wait_for(catch_up, 'nothing happens between the events and the list')
        self.assertEqual(model.entries, fresh.entries)
        return model.entries

    def scene(self):
        sandbox, daemon, client = self.one()
        self.all_fetched(sandbox, daemon, client)
        return sandbox, daemon, client, ListModel(client)

    def test_what_comes(self):
        sandbox, daemon, client, model = self.scene()
        mid = sandbox.send('bob', 'alice', '你好' * 800)
        client.wait_message(lambda one: one.id == mid)
        entry = self.check(client, model)[BOB]
        self.assertEqual((entry['content'], entry['last_from'], entry['last_from_name'], entry['last_type'], entry['last_outgoing']),
                         ('你好' * 512, BOB, entry['name'], 'text', False))
        first = entry['first_unread']
        self.assertTrue(0 < first <= mid)
        mid = sandbox.send('carol', TEAM, 'look, @alice', config='{"mentionList":[1001]}')
        client.wait_event('MentionMessage')
        entry = self.check(client, model)[TEAM]
        self.assertTrue(entry['mentioned'])
        self.assertEqual((entry['last_from'], entry['last_message_id']), (CAROL, mid))
        sandbox.send('carol', TEAM, ' and more', operation='APPEND', mid=mid)
        client.wait_event('GroupMessageContentAppend')
        self.assertEqual(self.check(client, model)[TEAM]['content'], 'look, @alice and more')
        client.call('Conversations', 'MarkRead', '(xxa{sv})', TEAM, 0, {})
        entry = self.check(client, model)[TEAM]
        self.assertEqual((entry['unread'], entry['first_unread'], entry['mentioned']), (0, 0, False))
        sandbox.send('carol', TEAM, '', operation='RECALL', mid=mid, conversation=TEAM)
        client.wait_event('MessageRecalled')
        self.assertNotEqual(self.check(client, model)[TEAM]['last_message_id'], mid)

    def test_what_is_sent(self):
        sandbox, daemon, client, model = self.scene()
        sandbox.control('socket', ack='late', ack_delay_ms=600000)
        client_id = client.send_text(BOB, 'Hello')
        client.wait_sent(client_id, 'sending')
        entry = self.check(client, model)[BOB]
        self.assertEqual((entry['last_message_id'], entry['last_send_state'], entry['last_outgoing'], entry['content']),
                         (client_id, 'sending', True, 'Hello'))
        sandbox.control('socket', ack='normal', release=True)
        mid = client.wait_sent(client_id)['server_mid']
        entry = self.check(client, model)[BOB]
        self.assertEqual((entry['last_message_id'], entry['last_send_state'], entry['last_status']), (mid, 'sent', 0))
        sandbox.send('bob', 'alice', '', operation='READ_ACK', mid=mid)
        client.wait_event('MessageStatusChanged', lambda event: event.args[:2] == (BOB, mid))
        entry = self.check(client, model)[BOB]
        self.assertEqual((entry['last_status'], entry['read_up_to']), (2, mid))
        # The daemon knows what an id is.
        for client_id in (client.send_text(TEAM, 'to all', to_type=''),
                          client.call('Conversations', 'SendLocation', '(sxddsa{sv})', '', TEAM, 31.2, 121.5, '', {})):
            self.assertEqual(client.wait_sent(client_id)['message'][3], 'group')
        client.call('Conversations', 'SetDraft', '(xss)', TEAM, '', 'more')
        self.assertEqual(self.check(client, model)[TEAM]['draft'], 'more')
        self.check_failed(client, client.send_text(BOB, 'a forbidden-word'), model)
        entry = self.check(client, model)[BOB]
        self.assertEqual((entry['failed'], entry['last_send_state']), (1, 'failed'))
        harness.wait_for(lambda: client.get('Account', 'Failed') == 1, 'Failed')
        client.wait_sent(client.send_text(NOBODY, 'is anybody there?'), 'failed')
        entry = self.check(client, model).get(NOBODY)
        if entry is not None:
            self.assertEqual((entry['failed'], entry['last_send_state']), (1, 'failed'))

    def check_failed(self, client, client_id, model):
        """Why it failed is in the message, wherever a window meets it, and goes when it is sent again."""
        def is_failed(event):
            return event.name == 'SendingMessageStatusChanged' and event.args[:2] == (client_id, 'failed')
        live = client.wait_sent(client_id, 'failed')['message']
        replayed = next(event for event, when in client.replay(model.journal, 0) if is_failed(event)).args[2]['message']
        page = client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, {'limit': GLib.Variant('u', 1)})[0]
        for one in (live, replayed, page[0], client.call('Conversations', 'GetMessage', '(x)', client_id), client.outbox()[0]):
            more = one[8]
            self.assertEqual((one[0], more['error_reason'], more['permanent']), (client_id, 'antispam', True))
            self.assertTrue(more['error_code'] > 0)
            self.assertEqual(more['error'], '%d: antispam' % more['error_code'])
        client.call('Conversations', 'Resend', '(x)', client_id)
        queued = client.wait_event('SendingMessageStatusChanged', lambda event: event.args[:2] == (client_id, 'queued')
                                   and client.events.index(event) > next(i for i, one in enumerate(client.events) if is_failed(one)))
        self.assertFalse({'error', 'error_code', 'error_reason', 'permanent'} & set(queued.args[2]['message'][8]))
        harness.wait_for(lambda: sum(map(is_failed, client.events)) == 2, 'refused again')

    def test_drafts_pins_names_and_deletion(self):
        sandbox, daemon, client, model = self.scene()
        client.call('Conversations', 'SetDraft', '(xss)', ECHO, 'roster', 'well')
        self.assertEqual(self.check(client, model)[ECHO]['draft'], 'well')
        client.call('Conversations', 'SetDraft', '(xss)', ECHO, 'roster', '')
        self.check(client, model)
        client.call('Conversations', 'Pin', '(x)', BOB)
        self.assertTrue(self.check(client, model)[BOB]['pinned'])
        client.call('Roster', 'SetAlias', '(xs)', BOB, 'Bobby')
        self.assertEqual(self.check(client, model)[BOB]['name'], 'Bobby')
        client.call('Roster', 'SetMuted', '(xb)', BOB, True)
        self.assertTrue(self.check(client, model)[BOB]['muted'])
        client.call('Conversations', 'Delete', '(xba{sv})', BOB, False, {})
        self.assertNotIn(BOB, self.check(client, model))

    def test_groups(self):
        """A group is in the list as soon as we are in it, and not a moment longer."""
        sandbox, daemon, client, model = self.scene()
        replayed = ListModel(client)
        group = client.call('Groups', 'Create', '(saxa{sv})', 'New', [BOB], {})['group_id']
        entry = self.check(client, model)[group]
        self.assertEqual((entry['name'], entry['type'], entry['last_message_id'], entry['unread']), ('New', 'group', 0, 0))
        self.assertEqual(client.call('Conversations', 'GetMessages', '(xa{sv})', group, {})[0], [])
        client.call('Groups', 'Join', '(xs)', LOUNGE, '')
        client.wait_event('GroupJoined', lambda event: event.args[0]['group_id'] == LOUNGE)
        harness.wait_for(lambda: self.check(client, model)[LOUNGE]['name'] == 'Lounge', 'its name')
        self.check(client, replayed, live=False)
        order = self.order(client)
        self.assertEqual(order[:2], [LOUNGE, group])
        for text in ('a draft', ''):
            client.call('Conversations', 'SetDraft', '(xss)', LOUNGE, '', text)
        self.check(client, model)
        self.assertEqual(self.order(client), order)
        client.call('Groups', 'Leave', '(xa{sv})', LOUNGE, {})
        client.call('Groups', 'Destroy', '(xa{sv})', group, {})
        self.assertFalse({LOUNGE, group} & set(self.check(client, model)))
        client.wait_event('GroupDestroyed')
        client.wait_event('GroupLeft')
        self.assertFalse({LOUNGE, group} & set(self.check(client, model)))
        self.check(client, replayed, live=False)

    def test_names_in_groups(self):
        """Who wrote in a group is named in the message: live, in pages and by Replay, strangers as soon as their name is known."""
        sandbox, daemon, client, model = self.scene()
        peer = Peer(sandbox, 'alice')
        peer.post('/group/invite', group_id=TEAM, user_list=[DAVE])
        client.call('Roster', 'SetAlias', '(xs)', CAROL, 'Caro')
        mids = [sandbox.send(name, TEAM, 'who am I?') for name in ('carol', 'dave')]
        client.wait_message(lambda one: one.id == mids[-1])
        live = {one.id: one.more.get('sender_name', '') for one in client.received(TEAM)}
        self.assertEqual([live[mid] for mid in mids], ['Caro', ''])
        client.wait_event('RosterInfoUpdate', lambda event: DAVE in event.args[0])
        entry = self.check(client, model)[TEAM]
        self.assertEqual(entry['last_from_name'], 'Dave')
        mids.append(sandbox.send('dave', TEAM, 'again'))
        self.assertEqual(client.wait_message(lambda one: one.id == mids[-1]).more['sender_name'], 'Dave')
        stored = {one[0]: one[8]['sender_name'] for one in client.call('Conversations', 'GetMessages', '(xa{sv})', TEAM, {})[0] if one[2] != ALICE}
        replayed = {one.id: one.more['sender_name'] for event, when in client.replay(model.journal, 0) if event.name == 'GroupMessages'
                    for one in event.messages if one.sender != ALICE}
        for names in (stored, replayed):
            self.assertEqual([names[mid] for mid in mids], ['Caro', 'Dave', 'Dave'])

        # Where a group hides its members' details, those who are not in the roster have the name that they send.
        owner = Peer(sandbox, 'zhang-wei')
        owner.post('/group/invite', group_id=PROJECT, user_list=[DAVE])
        owner.post('/group/settings/hide_member_info', group_id=PROJECT, value=True)
        harness.wait_for(lambda: client.call('Groups', 'GetInfo', '(xb)', PROJECT, False)['hide_member_info'], 'the setting')
        mids = [sandbox.send('carol', PROJECT, 'one'), sandbox.send('dave', PROJECT, 'two'),
                sandbox.send('dave', PROJECT, 'three', config='{"senderNickname": "D.", "username": "dave"}')]
        client.wait_message(lambda one: one.id == mids[-1])
        live = {one.id: one.more.get('sender_name', '') for one in client.received(PROJECT)}
        stored = {one[0]: one[8].get('sender_name', '') for one in client.call('Conversations', 'GetMessages', '(xa{sv})', PROJECT, {})[0]}
        for names in (live, stored):
            self.assertEqual([names[mid] for mid in mids], ['Caro', '', 'D.'])
        self.assertEqual(self.check(client, model)[PROJECT]['last_from_name'], 'D.')
        seen = [client.call('Groups', 'GetMembers', '(xax)', group, [DAVE, CAROL, ALICE]) for group in (TEAM, PROJECT)]
        self.assertEqual([['avatar' in one for one in members] for members in seen], [[True] * 3, [False, True, True]])
        self.assertEqual([[one.get('name') for one in members] for members in seen], [['Dave', 'Caro', 'Alice'], [None, 'Caro', 'Alice']])
        owner.post('/group/admin/add', group_id=PROJECT, user_list=[ALICE])
        harness.wait_for(lambda: self.check(client, model)[PROJECT]['last_from_name'] == 'Dave', 'the name, which admins see')

    def test_names_of_strangers(self):
        """A stranger has the name that the message came with until the service has told it."""
        sandbox = self.sandbox()
        sandbox.control('rest', path='/roster/list', body='{"code": 200, "data": []}', count=1)  # so that her friend is one
        sandbox, daemon, client = self.one('erin', sandbox=sandbox)
        self.all_fetched(sandbox, daemon, client, ERIN)
        model = ListModel(client)
        sandbox.hold('/roster/list')
        mid = sandbox.send('carol', 'erin', 'hello', config='{"username": "carol of the team"}')
        self.assertEqual(client.wait_message(lambda one: one.id == mid).more['sender_name'], 'carol of the team')
        self.assertEqual(self.check(client, model)[CAROL]['name'], 'carol of the team')
        sandbox.release()
        harness.wait_for(lambda: self.check(client, model)[CAROL]['name'] == 'Carol', 'her name')

    def test_notes_to_self(self):
        """Messages to oneself are a conversation like any, on each of the user's devices; nothing in it is ever unread."""
        sandbox, daemon, client, model = self.scene()
        other = self.one(sandbox=sandbox, name='other')[2]
        mids = [client.wait_sent(client.send_text(ALICE, 'a needle for me'))['server_mid']]
        other.wait_message(lambda one: one.id == mids[0])
        mids.append(other.wait_sent(other.send_text(ALICE, 'and for me'))['server_mid'])
        client.wait_message(lambda one: one.id == mids[1])
        for device in (client, other):
            self.settle(device)
            page = device.call('Conversations', 'GetMessages', '(xa{sv})', ALICE, {})[0]
            self.assertEqual([(one[0], one[1], one[2], one[5], one[8].get('outgoing')) for one in page],
                             [(mids[0], ALICE, ALICE, 'a needle for me', True), (mids[1], ALICE, ALICE, 'and for me', True)])
            entry = device.call('Conversations', 'Get', '(x)', ALICE)
            self.assertEqual((entry['name'], entry['type'], entry['unread'], entry['first_unread'], entry['last_message_id'], entry['last_outgoing']),
                             ('Alice', 'roster', 0, 0, mids[1], True))
            self.assertFalse([one for one in device.named('UnreadChange') if one.args[0] == ALICE])
            self.assertEqual([one.id for one in device.received(ALICE)], mids)  # each once
            found = device.call('Conversations', 'Search', '(sa{sv})', 'needle', {'conversation': GLib.Variant('x', ALICE)})[0]
            self.assertEqual([one[0] for one in found], mids[:1])
            self.assertEqual([one[0] for one in device.call('Conversations', 'FetchHistory', '(xxu)', ALICE, 0, 10)[0]], mids)
            self.assertEqual(device.call('Conversations', 'MarkRead', '(xxa{sv})', ALICE, 0, {}), 0)  # there is nothing to tell
        client.wait_sent(client.call('Conversations', 'Append', '(xsa{sv})', mids[0], '!', {}))
        other.wait_event('RosterMessageContentAppend', lambda event: event.args[1] == mids[0])
        client.wait_sent(client.call('Conversations', 'Recall', '(x)', mids[1]))
        other.wait_event('MessageRecalled', lambda event: event.args == (ALICE, mids[1]))
        for device in (client, other):
            self.settle(device)
            page = device.call('Conversations', 'GetMessages', '(xa{sv})', ALICE, {'local': GLib.Variant('b', True)})[0]
            self.assertEqual([one[5] for one in page], ['a needle for me!'])
        self.check(client, model)

    def test_delivery_is_acknowledged(self):
        """Where the configuration wants it, once a message, also of what came while the daemon was away; and not otherwise."""
        sandbox, daemon, alice = self.one()
        _, other, bob = self.one('bob', sandbox=sandbox, name='bob', config='[service]\nacknowledge_delivery=true\n')

        def statuses(client, conversation, mid):
            return [event.args[2].get('status') for event in client.named('MessageStatusChanged') if event.args[:2] == (conversation, mid)]

        mids = [alice.wait_sent(alice.send_text(BOB, 'one'))['server_mid']]
        alice.wait_event('MessageStatusChanged', lambda event: event.args[:2] == (BOB, mids[0]))
        self.assertEqual(alice.call('Conversations', 'GetMessage', '(x)', mids[0])[7], 1)
        harness.wait_for(lambda: bob.get('Account', 'Queued') == 0, 'nothing waits')
        self.assertEqual(bob.call('Conversations', 'Get', '(x)', ALICE)['first_unread'], mids[0])  # to be read all the same
        other.stop()
        mids.append(alice.wait_sent(alice.send_text(BOB, 'two'))['server_mid'])
        bob = other.start()
        alice.wait_event('MessageStatusChanged', lambda event: event.args[:2] == (BOB, mids[1]))
        bob.wait_state('online')
        bob.call('Conversations', 'MarkRead', '(xxa{sv})', ALICE, 0, {})
        harness.wait_for(lambda: [statuses(alice, BOB, mid)[-1:] for mid in mids] == [[2], [2]], 'the messages are read')
        self.assertEqual([statuses(alice, BOB, mid) for mid in mids], [[1, 2], [1, 2]])
        mid = bob.wait_sent(bob.send_text(ALICE, 'three'))['server_mid']
        alice.wait_message(lambda one: one.id == mid)
        alice.call('Conversations', 'MarkRead', '(xxa{sv})', BOB, 0, {})
        bob.wait_event('MessageStatusChanged', lambda event: event.args[:2] == (ALICE, mid))
        self.assertEqual(statuses(bob, ALICE, mid), [2])

    def order(self, client):
        return [one['id'] for one in client.call('Conversations', 'List', '(sua{sv})', '', 100, {})[0]]

    def test_attachments(self):
        """Files and places as dictionaries, live and in a page; what cannot be read has none."""
        sandbox, daemon, client, model = self.scene()
        file = '{"url": "http://127.0.0.1/x", "dName": "photo.png", "fLen": 1234, "width": 30, "height": 20}'
        place = '{"lat": 31.2, "lon": 121, "addr": "上海"}'
        mids = [sandbox.send('bob', 'alice', '', type=type, attachment=attachment)
                for type, attachment in (('image', file), ('location', place), ('file', '{"fLen": -1, "dName": 7}'))]
        client.wait_message(lambda one: one.id == mids[-1])
        live = {one.id: one.more for one in client.received(BOB)}
        stored = {one[0]: one[8] for one in client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, {})[0]}
        for more in (live, stored):
            self.assertEqual(more[mids[0]]['file'], {'name': 'photo.png', 'size': 1234, 'mime_type': 'image/png', 'width': 30, 'height': 20,
                                                     'url': 'http://127.0.0.1/x'})
            self.assertEqual(more[mids[0]]['attachment'], file)
            self.assertEqual(more[mids[1]]['location'], {'latitude': 31.2, 'longitude': 121.0, 'address': '上海'})
            self.assertNotIn('size', more[mids[2]]['file'])

    def test_by_replay(self):
        """What happened while the window was closed, and the daemon, too."""
        sandbox, daemon, client, model = self.scene()
        sandbox.send('bob', 'alice', 'one')
        daemon.stop()
        sandbox.send('bob', 'alice', 'two')
        last = sandbox.send('carol', TEAM, 'three')
        client = daemon.start()
        client.wait_state('online')
        sandbox.wait('delivered', user='alice')
        model.client = client
        entries = self.check(client, model, live=False)
        self.assertEqual((entries[TEAM]['last_message_id'], entries[BOB]['content']), (last, 'two'))


if __name__ == '__main__':
    harness.main()
