# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on messages and conversations, on both sides and on a second device; the outbox; history without holes."""

import json

from gi.repository import GLib

import harness
from peer import Peer

ALICE, BOB, ECHO = 1001, 1002, 1099
TEAM = 2001


class OperationsTest(harness.Test):

    def scene(self, devices=1):
        """alice (on so many devices) and bob, each with a daemon of their own."""
        sandbox = self.sandbox()
        clients = []
        for i in range(devices):
            clients.append(self.one('alice', sandbox=sandbox, name='alice%d' % i)[2])
        bob = self.one('bob', sandbox=sandbox, name='bob')[2]
        return sandbox, clients, bob

    def send(self, client, to, text, to_type='roster'):
        """The id that the service gave it."""
        client_id = client.send_text(to, text, to_type)
        return client.wait_sent(client_id)['server_mid']

    def operate(self, client, method, *args, signature='(x)'):
        client_id = client.call('Conversations', method, signature, *args)
        client.wait_sent(client_id)
        return client_id

    def get(self, client, mid):
        return harness.message(client.call('Conversations', 'GetMessage', '(x)', mid))

    def gone(self, client, mid):
        self.fails('NotFound', client.call, 'Conversations', 'GetMessage', '(x)', mid)

    def item(self, client, conversation):
        return client.call('Conversations', 'Get', '(x)', conversation)

    def contents(self, client, conversation, **options):
        values, more_before, more_after, serial = client.call('Conversations', 'GetMessages', '(xa{sv})', conversation, options)
        more = more_after if 'after' in options else more_before
        return [harness.message(one).content for one in values], more

    def test_recall(self):
        sandbox, (alice, other), bob = self.scene(devices=2)
        first = self.send(alice, BOB, 'stays')
        mid = self.send(alice, BOB, 'a slip of the tongue')
        for client in (bob, other):
            client.wait_message(lambda one: one.id == mid)
        self.operate(alice, 'Recall', mid)
        for client, conversation in ((alice, BOB), (other, BOB), (bob, ALICE)):
            client.wait_event('MessageRecalled', lambda event: event.args == (conversation, mid))
            event = client.wait_event('MessageStatusChanged', lambda event: event.args[:2] == (conversation, mid) and 'status' not in event.args[2])
            self.assertEqual(event.args[2], {'recalled': True})
            self.gone(client, mid)
            self.assertEqual(self.item(client, conversation)['last_message_id'], first)
        self.assertEqual(self.item(bob, ALICE)['unread'], 1)

    def test_delete_here(self):
        """A message, the messages of a conversation, a conversation: here alone, and they do not come back."""
        local = {'local': GLib.Variant('b', True)}
        sandbox, (alice, other), bob = self.scene(devices=2)
        mids = [self.send(alice, BOB, text) for text in ('one', 'two', 'three')]
        for client in (other, bob):
            client.wait_message(lambda one: one.id == mids[-1])

        self.assertEqual(alice.call('Conversations', 'DeleteMessage', '(xa{sv})', mids[2], local), 0)
        alice.wait_event('MessageDeleted', lambda event: event.args == (BOB, mids[2]))
        self.gone(alice, mids[2])
        self.assertEqual(self.item(alice, BOB)['last_message_id'], mids[1])
        self.fails('NotFound', alice.call, 'Conversations', 'DeleteMessage', '(xa{sv})', 4711, local)

        since = len(alice.events)
        alice.call('Conversations', 'Clear', '(x)', BOB)
        event = alice.wait_event('FlooNotice', lambda event: event.args[0] == 'conversation_cleared', since=since)
        self.assertEqual(event.args[1], {'id': BOB, 'source': 'user_operation'})
        entry = self.item(alice, BOB)
        self.assertEqual((entry['last_message_id'], entry['content'], entry['unread']), (0, '', 0))
        self.assertEqual(self.contents(alice, BOB), ([], False))
        self.fails('NotFound', alice.call, 'Conversations', 'Clear', '(x)', 4711)
        mid = self.send(bob, ALICE, 'four')
        alice.wait_message(lambda one: one.id == mid)
        self.assertEqual(self.contents(alice, BOB), (['four'], False))

        self.assertIn('local', self.fails('InvalidArguments', alice.call, 'Conversations', 'Delete', '(xba{sv})', BOB, True, local))
        alice.call('Conversations', 'Delete', '(xba{sv})', BOB, False, local)
        self.fails('NotFound', self.item, alice, BOB)
        since = len(alice.events)
        sandbox.control('disconnect', how='drop', user='alice')
        alice.wait_event('LoginSuccess', since=since)
        sandbox.wait('delivered', user='alice')
        self.settle(alice)
        self.fails('NotFound', self.item, alice, BOB)
        self.assertEqual(self.contents(other, BOB)[0][-4:], ['one', 'two', 'three', 'four'])

    def test_delete_message(self):
        sandbox, (alice, other), bob = self.scene(devices=2)
        mid = self.send(alice, BOB, 'not for my eyes')
        for client in (bob, other):
            client.wait_message(lambda one: one.id == mid)
        self.operate(alice, 'DeleteMessage', mid, {}, signature='(xa{sv})')
        for client in (alice, other):
            client.wait_event('MessageDeleted', lambda event: event.args == (BOB, mid))
            self.gone(client, mid)
        self.assertEqual(self.get(bob, mid).content, 'not for my eyes')

    def test_append_and_replace(self):
        sandbox, (alice,), bob = self.scene()
        mid = self.send(alice, BOB, '天')
        bob.wait_message(lambda one: one.id == mid)
        self.operate(alice, 'Append', mid, ' and more', {}, signature='(xsa{sv})')
        event = bob.wait_event('RosterMessageContentAppend')
        conversation, told, offset, added, edited, changed = event.args
        self.assertEqual((conversation, told, offset, added), (ALICE, mid, 1, ' and more'))
        self.assertGreater(edited, 0)
        for client in (alice, bob):
            self.assertEqual(self.get(client, mid).content, '天 and more')
        self.operate(alice, 'Replace', mid, 'new', {'ext': GLib.Variant('s', '{"a":{"b":1}}')}, signature='(xsa{sv})')
        event = bob.wait_event('RosterMessageReplace')
        self.assertEqual(event.messages[0].content, 'new')
        self.operate(alice, 'Replace', mid, '', {'ext': GLib.Variant('s', '{"a":{"c":2}}')}, signature='(xsa{sv})')
        harness.wait_for(lambda: len(bob.named('RosterMessageReplace')) == 2, 'the second change')
        for client in (alice, bob):
            message = self.get(client, mid)
            self.assertEqual(message.content, 'new')
            self.assertEqual(message.more['ext'], '{"a":{"b":1,"c":2}}')

    def test_appending_in_a_stream(self):
        """An answer that grows by hundreds of pieces is whole and in order on the other side, and costs few events."""
        sandbox, (alice,), bob = self.scene()
        mid = self.send(alice, BOB, '0')
        bob.wait_message(lambda one: one.id == mid)
        pieces = [' %d' % i for i in range(1, 301)]
        calls = [alice.start('Conversations', 'Append', '(xsa{sv})', mid, piece, {}) for piece in pieces]
        last = [call.result() for call in calls][-1]
        alice.wait_sent(last, limit=60)
        whole = '0' + ''.join(pieces)
        harness.wait_for(lambda: self.get(bob, mid).content == whole, 'the whole answer')
        self.assertEqual(self.get(alice, mid).content, whole)
        self.settle(bob)
        text = '0'
        for event in bob.named('RosterMessageContentAppend'):
            offset, added = event.args[2:4]
            self.assertEqual(offset, len(text))
            text += added
        self.assertEqual(text, whole)

    def test_reading(self):
        sandbox, (alice, other), bob = self.scene(devices=2)
        mids = [self.send(bob, ALICE, 'one'), self.send(bob, ALICE, 'two')]
        for client in (alice, other):
            client.wait_message(lambda one: one.id == mids[1])
        before = self.item(other, BOB)['unread']
        client_id = alice.call('Conversations', 'MarkRead', '(xxa{sv})', BOB, 0, {})
        self.assertEqual(self.item(alice, BOB)['unread'], 0)
        alice.wait_sent(client_id)
        for mid in mids:
            bob.wait_event('MessageStatusChanged', lambda event: event.args[:2] == (ALICE, mid))
            self.assertEqual(self.get(bob, mid).status, 2)
        other.wait_event('UnreadChange', lambda event: event.args == (BOB, 0))
        self.assertGreater(before, 0)
        self.operate(other, 'MarkUnread', mids[1])
        for client in (alice, other):
            client.wait_event('MessageCanceled', lambda event: event.args == (BOB, mids[1]))
            self.assertEqual(self.item(client, BOB)['unread'], 1)
        self.fails('InvalidArguments', bob.call, 'Conversations', 'MarkUnread', '(x)', mids[0])

    def test_played(self):
        sandbox, (alice,), bob = self.scene()
        client_id = bob.call('Conversations', 'Send', '(sxssa{sv})', 'roster', ALICE, 'audio', '',
                             {'attachment': GLib.Variant('s', '{"url":"http://127.0.0.1/a","fLen":1,"duration":2}')})
        mid = bob.wait_sent(client_id)['server_mid']
        alice.wait_message(lambda one: one.id == mid)
        self.operate(alice, 'MarkPlayed', mid)
        self.assertTrue(self.get(alice, mid).more['is_played'])
        bob.wait_event('MessageStatusChanged', lambda event: event.args[:2] == (ALICE, mid))
        self.assertTrue(self.get(bob, mid).more['is_played'])

    def test_delete_conversation(self):
        sandbox, (alice, other), bob = self.scene(devices=2)
        mid = self.send(bob, ALICE, 'old')
        for client in (alice, other):
            client.wait_message(lambda one: one.id == mid)
        alice.call('Conversations', 'Delete', '(xba{sv})', BOB, True, {})
        for client, source in ((alice, 'user_operation'), (other, 'other_operation')):
            client.wait_event('FlooNotice', lambda event: event.args == ('conversation_deleted', {'id': BOB, 'source': source}))
            self.fails('NotFound', self.item, client, BOB)
            self.gone(client, mid)
        self.assertEqual(self.get(bob, mid).content, 'old')
        again = self.send(bob, ALICE, 'new')
        alice.wait_message(lambda one: one.id == again)
        self.assertEqual(self.contents(alice, BOB), (['new'], False))

    def test_draft(self):
        sandbox, daemon, client = self.one()
        client.call('Conversations', 'SetDraft', '(xss)', BOB, 'roster', 'half a sen')
        client.wait_event('RecentListUpdate')
        self.assertEqual(self.item(client, BOB)['draft'], 'half a sen')
        daemon.stop()
        client = daemon.start()
        client.wait_state('online')
        self.assertEqual(self.item(client, BOB)['draft'], 'half a sen')
        client.call('Conversations', 'SetDraft', '(xss)', BOB, 'roster', '')
        self.assertEqual(self.item(client, BOB)['draft'], '')

    def test_draft_of_a_new_conversation(self):
        """It is in the list for as long as there is a draft or something else."""
        sandbox, daemon, client = self.one()

        def listed():
            return [one['id'] for one in client.call('Conversations', 'List', '(sua{sv})', '', 100, {})[0]]

        def draft(text):
            since = len(client.events)
            client.call('Conversations', 'SetDraft', '(xss)', ECHO, 'roster', text)
            client.wait_event('RecentListUpdate', since=since)

        before = listed()
        self.assertNotIn(ECHO, before)
        draft('half a sen')
        draft('half a sentence')
        self.assertEqual(listed(), [ECHO] + before)
        draft('')
        self.assertEqual(listed(), before)
        self.fails('NotFound', self.item, client, ECHO)
        draft('half a sen')
        self.send(client, ECHO, 'another')
        draft('')
        self.assertEqual(listed(), [ECHO] + before)

    def test_mention_and_location(self):
        sandbox, (alice,), bob = self.scene()
        client_id = alice.call('Conversations', 'SendMention', '(xsaxba{sv})', TEAM, 'bob, look', [BOB], False, {})
        mid = alice.wait_sent(client_id)['server_mid']
        mention = bob.wait_event('MentionMessage')
        self.assertEqual(mention.messages[0].id, mid)
        config = json.loads(mention.messages[0].more['config'])
        self.assertEqual((config['mentionedMessage'], config['pushMessage']), ('Alice @Bob: bob, look', 'Alice: bob, look'))
        group = bob.wait_event('GroupMessages', lambda event: any(one.id == mid for one in event.messages))
        self.assertLess(mention.serial, group.serial)
        self.assertTrue(self.item(bob, TEAM)['mentioned'])
        bob.call('Conversations', 'MarkRead', '(xxa{sv})', TEAM, 0, {})
        self.assertFalse(self.item(bob, TEAM)['mentioned'])
        client_id = alice.call('Conversations', 'SendLocation', '(sxddsa{sv})', 'roster', BOB, 31.23, 121.47, '外滩', {})
        mid = alice.wait_sent(client_id)['server_mid']
        got = bob.wait_message(lambda one: one.id == mid)
        self.assertEqual(got.type, 'location')
        self.assertIn('"addr":"外滩"', got.more['attachment'])
        self.fails('InvalidArguments', alice.call, 'Conversations', 'SendLocation', '(sxddsa{sv})', 'roster', BOB, 91.0, 0.0, '', {})
        self.fails('InvalidArguments', alice.call, 'Conversations', 'SendMention', '(xsaxba{sv})', TEAM, 'x', [], False, {})

    def test_mention_says_who_sends(self):
        """By our nickname of then, without one by the user name; to the token it makes no difference."""
        sandbox, (alice,), bob = self.scene()

        def sender(**options):
            client_id = alice.call('Conversations', 'SendMention', '(xsaxba{sv})', TEAM, 'look', [BOB], False, options)
            mid = alice.wait_sent(client_id)['server_mid']
            event = bob.wait_event('MentionMessage', lambda event: event.messages[0].id == mid)
            return json.loads(event.messages[0].more['config'])['senderNickname'], client_id

        def texts(text, everybody, **options):
            options = {key: GLib.Variant('s', value) for key, value in options.items()}
            client_id = alice.call('Conversations', 'SendMention', '(xsaxba{sv})', TEAM, text, [], everybody, options)
            mid = alice.wait_sent(client_id)['server_mid']
            event = bob.wait_event('MentionMessage', lambda event: event.messages[0].id == mid)
            config = json.loads(event.messages[0].more['config'])
            return config['mentionedMessage'], config['pushMessage']

        self.assertEqual(texts('x' * 500, True), ('Alice @all: ' + 'x' * 200 + '...', 'Alice: ' + 'x' * 200 + '...'))
        self.assertEqual(texts('look', True, mentioned_message='You!', push_text=''), ('You!', ''))
        token = {'token': GLib.Variant('s', 'first')}
        name, client_id = sender(**token)
        self.assertEqual(name, 'Alice')
        since = len(alice.events)
        alice.call('Account', 'SetNickname', '(s)', 'Alicia')
        alice.wait_event('RosterInfoUpdate', lambda event: event.args[0] == [ALICE], since=since)
        self.assertEqual(sender(**token), ('Alice', client_id))
        self.assertEqual(sender()[0], 'Alicia')
        for name, expected in (('小爱', '小爱'), ('', 'alice')):
            since = len(alice.events)
            Peer(sandbox, 'alice').post('/user/profile', nick_name=name)
            alice.wait_event('RosterInfoUpdate', lambda event: event.args[0] == [ALICE], since=since)
            self.assertEqual(sender()[0], expected)

    def test_refused(self):
        """What the service refuses for good is failed with its reason, can be listed, sent again, and cancelled."""
        sandbox, daemon, client = self.one()
        client_id = client.send_text(BOB, 'a forbidden-word')
        details = client.wait_sent(client_id, 'failed')
        self.assertEqual((details['error'], details['error_reason']), (harness.ERROR_PREFIX + 'ContentRefused', 'antispam'))
        self.assertEqual(self.get(client, client_id).more['send_state'], 'failed')
        (row,) = [harness.message(one) for one in client.outbox()]
        self.assertEqual((row.id, row.more['permanent'], row.more['attempts']), (client_id, True, 1))
        self.assertIn('antispam', row.more['error'])
        behind = client.send_text(BOB, 'goes on')
        client.wait_sent(behind)
        since = len(client.events)
        client.call('Conversations', 'Resend', '(x)', client_id)
        client.wait_event('SendingMessageStatusChanged', lambda event: event.args[:2] == (client_id, 'failed'), since=since)
        self.assertTrue(client.call('Conversations', 'CancelSend', '(x)', client_id))
        client.wait_sent(client_id, 'cancelled')
        self.assertEqual(client.outbox(), [])
        self.gone(client, client_id)
        # What only the words of a refusal tell.
        for words, name in (('account_verify_needed', 'VerificationNeeded'), ('the message is too old to be recalled', 'TooLate')):
            sandbox.control('message', status='FAIL', reason=words, count=1)
            client_id = client.send_text(BOB, words)
            self.assertEqual(client.wait_sent(client_id, 'failed')['error'], harness.ERROR_PREFIX + name)
            client.call('Conversations', 'CancelSend', '(x)', client_id)
        # A conversation with nobody goes with its only message; one with somebody stays.
        nobody = client.send_text(7777, 'to nobody')
        client.wait_sent(nobody, 'failed')
        self.assertIn(7777, self.listed(client))
        self.assertTrue(client.call('Conversations', 'CancelSend', '(x)', nobody))
        self.assertNotIn(7777, self.listed(client))
        self.fails('NotFound', client.call, 'Conversations', 'Get', '(x)', 7777)
        self.assertIn(BOB, self.listed(client))
        self.fails('NotFound', client.call, 'Conversations', 'CancelSend', '(x)', client_id)
        self.fails('NotFound', client.call, 'Conversations', 'Resend', '(x)', client_id)

    def listed(self, client):
        return [one['id'] for one in client.call('Conversations', 'List', '(sua{sv})', '', 100, {})[0]]

    def outbox_rows(self, daemon):
        return daemon.query(ALICE, 'SELECT count(*) FROM outbox')[0][0]

    def test_cancelled_under_way(self):
        """What may have been sent is gone for the client at once, becomes a message where the service says so, and is forgotten where it cannot."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('socket', ack='late', ack_delay_ms=600000, count=1)
        client_id = client.send_text(ECHO, 'late')
        sandbox.wait('accepted', user='alice', count=1)
        self.assertFalse(client.call('Conversations', 'CancelSend', '(x)', client_id))
        client.wait_sent(client_id, 'cancelled')
        sandbox.control('socket', release=True)
        client.wait_sent(client_id)
        self.assertEqual(self.get(client, client_id).content, 'late')

        sandbox.control('socket', ack='drop', count=1)
        client_id = client.send_text(ECHO, 'never answered')
        sandbox.wait('accepted', user='alice', count=2)
        self.assertFalse(client.call('Conversations', 'CancelSend', '(x)', client_id))
        self.assertEqual(client.outbox(), [])
        self.fails('NotFound', client.call, 'Conversations', 'CancelSend', '(x)', client_id)
        self.fails('NotFound', client.call, 'Conversations', 'Resend', '(x)', client_id)
        self.assertEqual(self.outbox_rows(daemon), 1)
        since, changes = len(client.events), len(client.changes)
        sandbox.control('disconnect', how='drop')
        client.wait_lost(changes)
        client.call('Account', 'Reconnect')
        client.wait_online(since)
        harness.wait_for(lambda: self.outbox_rows(daemon) == 0, 'nobody will answer it any more')
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], ['late', 'never answered'])

    def test_cancelled_without_a_connection(self):
        sandbox, daemon, client = self.one(persist=True)
        sandbox.control('bot', on=False)
        sandbox.control('socket', ack='drop', count=1)
        client_id = client.send_text(ECHO, 'no answer can come')
        sandbox.wait('accepted', user='alice', count=1)
        sandbox.stop()
        client.wait_state('waiting')
        self.assertFalse(client.call('Conversations', 'CancelSend', '(x)', client_id))
        self.assertEqual(self.outbox_rows(daemon), 0)

    def test_stranger(self):
        sandbox, daemon, client = self.one('erin')
        client_id = client.send_text(ALICE, 'hello, stranger')
        details = client.wait_sent(client_id, 'failed')
        self.assertIn('relation', details['error_reason'])

    def test_offline(self):
        """Messages and operations wait while there is no service; an operation on a message that waits follows it."""
        sandbox = self.sandbox(persist=True)
        sandbox, daemon, alice = self.one(sandbox=sandbox)
        sandbox.stop()
        alice.wait_state('waiting')
        client_id = alice.send_text(BOB, 'first thoughts')
        change = alice.call('Conversations', 'Append', '(xsa{sv})', client_id, ', second thoughts', {})
        given_up = alice.send_text(BOB, 'never mind')
        self.assertTrue(alice.call('Conversations', 'CancelSend', '(x)', given_up))
        self.assertEqual(len(alice.outbox()), 2)
        sandbox.start()
        alice.call('Account', 'Reconnect')
        alice.wait_sent(client_id)
        alice.wait_sent(change)
        self.assertEqual(self.get(alice, client_id).content, 'first thoughts, second thoughts')
        bob = self.one('bob', sandbox=sandbox, name='bob')[2]
        bob.wait_message(lambda one: one.content.startswith('first thoughts'))
        harness.wait_for(lambda: self.contents(bob, ALICE)[0][-1] == 'first thoughts, second thoughts', 'the whole message')

    def test_token(self):
        sandbox, daemon, client = self.one()

        def send(text, token):
            return client.call('Conversations', 'Send', '(sxssa{sv})', 'roster', BOB, 'text', text, {'token': GLib.Variant('s', token)})

        first = send('once', 't1')
        self.assertEqual(send('once', 't1'), first)
        self.fails('InvalidArguments', send, 'twice', 't1')
        second = send('once', 't2')
        self.assertNotEqual(second, first)
        client.wait_sent(first)
        client.wait_sent(second)
        daemon.stop()
        client = daemon.start()
        client.wait_state('online')
        self.assertEqual(send('once', 't1'), first)
        sent = [one for one in sandbox.accepted('alice') if one['content'] == 'once']
        self.assertEqual(len(sent), 2)

    def test_history(self):
        """GetMessages fills what the store does not have, page by page, down to the beginning."""
        sandbox, daemon, alice = self.one()
        sandbox.control('settings', page_size=20)
        first = sandbox.control('burst', **{'from': BOB, 'to': ALICE, 'count': 300, 'mode': 'notice'})['first_mid']
        alice.wait_message(lambda one: one.id == first + 299 or one.content.endswith('300'), limit=60)
        alice.wait_sent(alice.call('Conversations', 'MarkRead', '(xxa{sv})', BOB, 0, {}))  # else it is delivered to the second one
        fresh = self.daemon('second', sandbox=sandbox)
        client = fresh.start()
        client.login('alice')
        self.settle(client)
        wanted = [self.get(alice, first + i).content for i in range(300)]
        have, before, more = [], None, True
        while more:
            options = {'limit': GLib.Variant('u', 40)}
            if before is not None:
                options['before'] = GLib.Variant('x', before)
            values, more, after, serial = client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, options)
            self.assertEqual(after, before is not None)
            page = [harness.message(one) for one in values]
            self.assertTrue(page or not more)
            have = [one.content for one in page] + have
            before = page[0].id if page else before
        self.assertEqual(have[-300:], wanted)
        self.assertGreater(len(have), 300)
        self.assertEqual(len(set(have)), len(have) if len(set(wanted)) == 300 else len(set(have)))
        fetched, following = client.call('Conversations', 'FetchHistory', '(xxu)', BOB, first + 10, 5)
        self.assertEqual([harness.message(one).content for one in fetched], wanted[5:10])
        self.assertEqual(following, first + 5)
        values, more_before, more_after, serial = client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, {'around': GLib.Variant('x', first + 100), 'limit': GLib.Variant('u', 10)})
        self.assertIn(wanted[100], [harness.message(one).content for one in values])
        self.assertEqual((more_before, more_after), (True, True))
        self.fails('NotFound', client.call, 'Conversations', 'GetMessages', '(xa{sv})', BOB, {'around': GLib.Variant('x', 5)})

    def test_history_forward(self):
        """A page of what comes after a message ends at the first gap that takes too long to fill, and goes on there the next time."""
        sandbox = self.one()[0]
        first = sandbox.control('burst', **{'from': BOB, 'to': ALICE, 'count': 3000, 'mode': 'lost'})['first_mid']
        client = self.one(sandbox=sandbox, name='second')[2]
        for at in (first + 10, first + 1500, 0):
            client.call('Conversations', 'FetchHistory', '(xxu)', BOB, at, 5)
        options = {'after': GLib.Variant('x', first + 9), 'limit': GLib.Variant('u', 10)}
        have = []
        for turn in range(4):
            values, before, after, serial = client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, options)
            self.assertEqual((before, after), (True, True))
            have += [harness.message(one).id for one in values]
        self.assertEqual(have[:10], list(range(first + 10, first + 20)))

    def test_read_elsewhere_while_away(self):
        """What another device got and read meanwhile comes in when we are back."""
        sandbox, (alice, other), bob = self.scene(devices=2)
        away = self.daemons[1]
        away.stop()
        mid = self.send(bob, ALICE, 'while you were away')
        alice.wait_message(lambda one: one.id == mid)
        alice.wait_sent(alice.call('Conversations', 'MarkRead', '(xxa{sv})', BOB, 0, {}))
        other = away.start()
        other.wait_state('online')
        harness.wait_for(lambda: 'while you were away' in self.contents(other, BOB, local=GLib.Variant('b', True))[0], 'the message')
        harness.wait_for(lambda: self.item(other, BOB)['unread'] == 0, 'that it is read')

    def test_unread_again_while_away(self):
        """What another device read and then marked as unread is unread when we are back, in whatever order the one and the other come."""
        sandbox, (alice, other), bob = self.scene(devices=2)
        away = self.daemons[1]
        known = self.send(bob, ALICE, 'known')
        other.wait_message(lambda one: one.id == known)
        sandbox.wait('delivered', user='alice')
        away.stop()
        new = self.send(bob, ALICE, 'new')
        alice.wait_message(lambda one: one.id == new)
        alice.wait_sent(alice.call('Conversations', 'MarkRead', '(xxa{sv})', BOB, 0, {}))
        for mid in (known, new):
            alice.wait_sent(alice.call('Conversations', 'MarkUnread', '(x)', mid))
        other = away.start()
        other.wait_state('online')
        sandbox.wait('delivered', user='alice')
        self.settle(other)
        self.assertEqual([self.get(client, mid).status for client in (alice, other) for mid in (known, new)], [0] * 4)
        self.assertEqual([self.item(client, BOB)['unread'] for client in (alice, other)], [2, 2])

    def test_last_word_on_reading(self):
        """Of reading and marking as unread the last one counts, also where the first one is acknowledged late."""
        sandbox, (alice,), bob = self.scene()
        mid = self.send(bob, ALICE, 'read me')
        alice.wait_message(lambda one: one.id == mid)
        sandbox.control('socket', ack='late', count=1, ack_delay_ms=300)
        for operations in (('MarkRead', 'MarkUnread'), ('MarkUnread', 'MarkRead')):
            for name in operations:
                last = alice.call('Conversations', name, '(x)', mid) if name == 'MarkUnread' else \
                    alice.call('Conversations', name, '(xxa{sv})', BOB, 0, {})
            alice.wait_sent(last)
            harness.wait_for(lambda: not alice.outbox(), 'all acknowledged')
            self.assertEqual(self.get(alice, mid).status, 0 if name == 'MarkUnread' else 2)
            self.assertEqual(self.item(alice, BOB)['unread'], 1 if name == 'MarkUnread' else 0)
            sandbox.control('socket', ack='late', count=1, ack_delay_ms=300)
        sandbox.control('socket', ack='normal')


if __name__ == '__main__':
    harness.main()
