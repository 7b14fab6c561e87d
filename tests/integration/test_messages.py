# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages in both directions: signals, store, unread counts, and the requests to the service."""

import json
import random

import harness
from harness import GLib

ECHO = 1099
TEAM = 2001
PROJECT = 2002  # acknowledges reading


def any_text(size, seed):
    """size bytes of UTF-8 out of all of Unicode but NUL and surrogates."""
    rand = random.Random(seed)
    special = ['\u0001', '\u001f', '\u007f', '\u0085', '\u00ad', '\u0301', '\u200b', '\u200d', '\u202e', '\ufeff', '\ufffd', '\ufffe', '\uffff', '\U0001f468\u200d\U0001f469',
               '\U0010ffff', '"', '\\', '</a>', '\r\n', '\t', '%s', "'; --", '中文', '\u2028']
    parts, have = [], 0
    while have < size:
        kind = rand.randrange(5)
        if kind == 0:
            part = rand.choice(special)
        else:
            part = chr(rand.randrange(*((1, 0x80), (0x80, 0x800), (0x800, 0xd800), (0x10000, 0x110000))[kind - 1]))
        length = len(part.encode())
        if have + length > size:
            part, length = 'x' * (size - have), size - have
        parts.append(part)
        have += length
    return ''.join(parts)


class MessagesTest(harness.Test):

    def unread(self, client, conversation):
        return client.call('Conversations', 'Get', '(x)', conversation)['unread']

    def contents(self, client, conversation, **options):
        values = client.call('Conversations', 'GetMessages', '(xa{sv})', conversation, options)[0]
        return [harness.message(one).content for one in values]

    def test_unread_at_login(self):
        sandbox, daemon, client = self.one()
        self.assertEqual(self.contents(client, 1002, local=GLib.Variant('b', True)), ['Are you there?', 'Lunch at noon?'])
        self.assertEqual(self.unread(client, 1002), 2)
        self.assertEqual(self.unread(client, 1006), 1)
        self.assertEqual(self.unread(client, TEAM), 1)
        self.assertEqual(client.get('Account', 'UnreadTotal'), 4)
        told = client.received()
        self.assertEqual(sorted(one.content for one in told),
                         sorted(['Are you there?', 'Lunch at noon?', '请看一下第三节的图。', 'Who takes the notes today?']))

    def test_history(self):
        """Messages from before this device's first login come from the service, once, and are not unread."""
        sandbox, daemon, client = self.one()
        expected = ['Good morning!', 'Good morning, Bob. Did the build pass?', 'It did, all 214 tests.', '', 'Nice and green.', 'Are you there?',
                    'Lunch at noon?']
        self.assertEqual(self.contents(client, 1002), expected)
        self.assertEqual(self.contents(client, 1002, local=GLib.Variant('b', True)), expected)
        self.assertEqual(self.unread(client, 1002), 2)
        self.settle(client)
        old = [one for one in client.received(1002) if one.content not in ('Are you there?', 'Lunch at noon?')]
        self.assertTrue(all(one.more['is_history'] and one.status == 2 for one in old if one.sender == 1002), old)

    def test_receive(self):
        sandbox, daemon, client = self.one()
        since = len(client.events)
        mid = sandbox.send('bob', 'alice', 'Good evening', ext='{"mood":"fine"}', config='{"a":1}')
        got = client.wait_message(lambda one: one.id == mid)
        self.assertEqual(got[:6], (mid, 1002, 1002, 'roster', 'text', 'Good evening'))
        self.assertEqual(got.status, 0)
        self.assertEqual(got.more['ext'], '{"mood":"fine"}')
        self.assertEqual(got.more['config'], '{"a":1}')
        self.assertEqual(got.more['to'], 1001)
        self.assertNotIn('outgoing', got.more)
        self.assertGreater(got.timestamp, 1600000000000)
        change = client.wait_event('UnreadChange', lambda event: event.args[0] == 1002, since=since)
        self.assertEqual(change.args[1], 3)
        client.wait_event('RecentListUpdate', since=since)
        self.assertEqual(client.call('Conversations', 'GetMessage', '(x)', mid), tuple(got))
        self.assertEqual(daemon.query(1001, 'SELECT conversation, sender, content, unread FROM messages WHERE id = ?', mid),
                         [(1002, 1002, 'Good evening', 1)])
        newest = client.call('Conversations', 'List', '(sua{sv})', '', 10, {})[0][0]
        self.assertEqual((newest['id'], newest['content'], newest['last_message_id'], newest['unread'], newest['type']),
                         (1002, 'Good evening', mid, 3, 'roster'))
        self.assertEqual(newest['name'], 'Bob')

    def test_send(self):
        sandbox, daemon, client = self.one()
        since = len(client.events)
        client_id = client.send_text(ECHO, 'hello')
        details = client.wait_sent(client_id)
        server_mid = details['server_mid']
        states = [event.args[1] for event in client.events[since:] if event.name == 'SendingMessageStatusChanged' and event.args[0] == client_id]
        self.assertEqual(states, ['queued', 'sending', 'sent'])
        self.assertEqual(details['uid'], ECHO)
        sent = harness.message(details['message'])
        self.assertEqual(sent[:6], (server_mid, ECHO, 1001, 'roster', 'text', 'hello'))
        self.assertEqual((sent.more['client_id'], sent.more['outgoing'], sent.more['send_state'], sent.more['to']), (client_id, True, 'sent', ECHO))
        client.wait_message(lambda one: one.id == server_mid)
        answer = client.wait_message(lambda one: one.content == 'echo: hello')
        self.assertEqual((answer.sender, answer.conversation), (ECHO, ECHO))
        self.assertEqual(client.call('Conversations', 'GetMessage', '(x)', client_id)[0], server_mid)
        [accepted] = sandbox.accepted('alice')
        self.assertEqual((accepted['server_mid'], accepted['client_mid'], accepted['content'], accepted['duplicates']),
                         (server_mid, client_id, 'hello', 0))
        client.wait_event('MessageStatusChanged', lambda event: event.args[:2] == (ECHO, server_mid))  # the bot has read it
        self.assertEqual(client.call('Conversations', 'GetMessage', '(x)', server_mid)[7], 2)
        harness.wait_for(lambda: client.get('Account', 'Queued') == 0, 'nothing queued')

    def test_reply_comes_before_the_signal(self):
        sandbox, daemon, client = self.one()
        known = []
        pending = [client.start('Conversations', 'SendText', '(sxs)', 'roster', ECHO, 'number %d' % i) for i in range(20)]

        def look():
            for event in client.named('SendingMessageStatusChanged'):
                if event.serial not in known:
                    known.append(event.serial)
                    self.assertIn(event.args[0], [one.value for one in pending if one.done])
            return all(one.done for one in pending) and len(known) >= 60
        harness.wait_for(look, 'twenty messages sent')

    def test_order_within_a_conversation(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        texts = ['message %d' % i for i in range(200)]
        pending = [client.start('Conversations', 'SendText', '(sxs)', 'roster', ECHO, one) for one in texts]
        ids = [one.result() for one in pending]
        self.assertEqual(ids, sorted(set(ids)))
        client.wait_sent(ids[-1])
        accepted = sandbox.accepted('alice')
        self.assertEqual([one['content'] for one in accepted], texts)
        self.assertEqual([one['client_mid'] for one in accepted], ids)
        self.assertEqual(sum(one['duplicates'] for one in accepted), 0)

    def test_send_options(self):
        sandbox, daemon, client = self.one()
        options = {'ext': GLib.Variant('s', '{"x":1}'), 'config': GLib.Variant('s', '{"y":[2]}'),
                   'attachment': GLib.Variant('s', '{"url":"https://example.com/a.png","dName":"a.png","fLen":10}'), 'priority': GLib.Variant('i', 1)}
        client_id = client.call('Conversations', 'Send', '(sxssa{sv})', 'roster', 1002, 'image', '', options)
        message = harness.message(client.wait_sent(client_id)['message'])
        [accepted] = sandbox.accepted('alice')
        self.assertEqual((accepted['type'], accepted['ext'], json.loads(accepted['config']), json.loads(accepted['attachment'])['dName']),
                         ('image', '{"x":1}', {'y': [2]}, 'a.png'))
        self.assertEqual((message.type, message.more['ext']), ('image', '{"x":1}'))

    def test_token_sends_once(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        options = {'token': GLib.Variant('s', 'order-17')}
        first = client.call('Conversations', 'Send', '(sxssa{sv})', 'roster', ECHO, 'text', 'only once', options)
        self.assertEqual(client.call('Conversations', 'Send', '(sxssa{sv})', 'roster', ECHO, 'text', 'only once', options), first)
        self.fails('InvalidArguments', client.call, 'Conversations', 'Send', '(sxssa{sv})', 'roster', ECHO, 'text', 'something else', options)
        client.wait_sent(first)
        daemon.stop()
        client = daemon.start()
        client.wait_state('online')
        self.assertEqual(client.call('Conversations', 'Send', '(sxssa{sv})', 'roster', ECHO, 'text', 'only once', options), first)
        client.wait_sent(client.send_text(ECHO, 'the end'))
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], ['only once', 'the end'])

    def test_refused(self):
        sandbox, daemon, client = self.one()
        client_id = client.send_text(1005, 'we are strangers')
        details = client.wait_sent(client_id, 'failed')
        self.assertEqual(details['error_reason'], 'your relation with target does not allow chat')
        self.assertEqual(details['error'], harness.ERROR_PREFIX + 'NoRelation')
        self.assertIn('error_code', details)
        message = harness.message(client.call('Conversations', 'GetMessage', '(x)', client_id))
        self.assertEqual((message.content, message.more['send_state']), ('we are strangers', 'failed'))
        self.assertEqual(client.get('Account', 'Queued'), 0)
        self.assertEqual(client.state, 'online')
        second = client.send_text(ECHO, 'hello')
        client.wait_sent(second)

    def test_groups(self):
        sandbox, daemon, client = self.one()
        mid = sandbox.send('bob', TEAM, 'Meeting at ten')
        got = client.wait_message(lambda one: one.id == mid)
        self.assertEqual((got.conversation, got.sender, got.to_type, got.more['to']), (TEAM, 1002, 'group', TEAM))
        client_id = client.send_text(TEAM, 'I will be late', 'group')
        details = client.wait_sent(client_id)
        self.assertEqual(harness.message(details['message']).conversation, TEAM)
        self.assertEqual(sandbox.accepted('alice')[0]['to'], TEAM)
        newest = client.call('Conversations', 'List', '(sua{sv})', '', 10, {})[0][0]
        self.assertEqual((newest['id'], newest['type'], newest['name'], newest['content']), (TEAM, 'group', 'Team', 'I will be late'))
        self.assertFalse([event for event in client.named('RosterMessages') if any(one.conversation == TEAM for one in event.messages)])

    def test_mention(self):
        sandbox, daemon, client = self.one()
        config = json.dumps({'mentionAll': False, 'mentionList': [1001], 'mentionedMessage': '', 'pushMessage': '', 'senderNickname': 'Bob'})
        mid = sandbox.send('bob', TEAM, '@Alice, look', config=config)
        mention = client.wait_event('MentionMessage', lambda event: event.messages[0].id == mid)
        plain = client.wait_event('GroupMessages', lambda event: any(one.id == mid for one in event.messages))
        self.assertLess(mention.serial, plain.serial)
        self.assertIs(client.call('Conversations', 'Get', '(x)', TEAM)['mentioned'], True)
        other = sandbox.send('bob', TEAM, '@Carol', config=config.replace('1001', '1003'))
        client.wait_message(lambda one: one.id == other)
        self.settle(client)
        self.assertEqual(len(client.named('MentionMessage')), 1)
        everybody = sandbox.send('bob', TEAM, '@all', config=json.dumps({'mentionAll': True, 'mentionList': []}))
        client.wait_event('MentionMessage', lambda event: event.messages[0].id == everybody)

    def test_typing(self):
        sandbox, daemon, alice = self.one()
        bob = self.daemon('two', sandbox=sandbox).start()
        bob.login('bob')
        self.all_fetched(sandbox, daemon, alice)
        before = alice.call('Events', 'GetPosition')
        bob.call('Conversations', 'SetTyping', '(xb)', 1001, True)
        typing = alice.wait_event('InputStatusMessage')
        self.assertEqual(typing.serial, 0)
        self.assertEqual(typing.args[:2], (1002, 1001))
        self.assertEqual(json.loads(typing.args[2]), {'input_status': 'typing'})
        bob.call('Conversations', 'SetTyping', '(xb)', 1001, False)
        alice.wait_event('InputStatusMessage', lambda event: json.loads(event.args[2]) == {'input_status': 'nothing'} and event.args[3] is False)
        events = alice.call('Events', 'Replay', '(stu)', *before[::2], 0)[0]
        self.assertNotIn('InputStatusMessage', [event[2] for event in events], 'typing is not kept')
        self.assertFalse(bob.named('InputStatusMessage'), 'our own typing is not signalled')
        self.assertFalse(bob.named('SendingMessageStatusChanged'))

    def test_mark_read(self):
        sandbox, daemon, client = self.one()
        mids = [sandbox.send('bob', 'alice', text) for text in ('one', 'two', 'three')]
        client.wait_message(lambda one: one.id == mids[-1])
        self.assertEqual(self.unread(client, 1002), 5)
        since = len(client.events)
        client_id = client.call('Conversations', 'MarkRead', '(xxa{sv})', 1002, mids[1], {})
        self.assertGreater(client_id, 0)
        self.assertEqual(self.unread(client, 1002), 1)
        client.wait_event('UnreadChange', lambda event: event.args == (1002, 1), since=since)
        client.wait_event('MessageStatusChanged', lambda event: event.args[0] == 1002, since=since)
        client.wait_sent(client_id)
        operations = [one for one in sandbox.accepted('alice', operations=True)]
        acks = [one['mid'] for one in operations if one['operation'] == 'READ_ACK']
        self.assertEqual(len(acks), 4)
        self.assertEqual(acks[-2:], mids[:2])
        self.assertTrue(all(one['to'] == 1002 for one in operations if one['operation'] == 'READ_ACK'))
        [all_read] = [one for one in operations if one['operation'] == 'READ_ALL']
        self.assertEqual((all_read['mid'], all_read['to']), (mids[1], 1001))
        self.assertEqual(client.call('Conversations', 'GetMessage', '(x)', mids[0])[7], 2)
        self.assertEqual(client.call('Conversations', 'GetMessage', '(x)', mids[2])[7], 0)
        second = client.call('Conversations', 'MarkRead', '(xxa{sv})', 1002, 0, {})
        self.assertEqual(self.unread(client, 1002), 0)
        client.wait_sent(second)
        self.assertEqual(client.call('Conversations', 'MarkRead', '(xxa{sv})', 1002, 0, {}), 0, 'nothing had to be sent')
        harness.wait_for(lambda: client.get('Account', 'UnreadTotal') == 2, 'two unread in the other conversations')

    def test_mark_only_one(self):
        sandbox, daemon, client = self.one()
        mids = [sandbox.send('bob', 'alice', text) for text in ('one', 'two')]
        client.wait_message(lambda one: one.id == mids[-1])
        client_id = client.call('Conversations', 'MarkRead', '(xxa{sv})', 1002, mids[1], {'only': GLib.Variant('b', True)})
        client.wait_sent(client_id)
        self.assertEqual(self.unread(client, 1002), 3)
        operations = [(one['operation'], one['mid']) for one in sandbox.accepted('alice', operations=True)]
        self.assertEqual(operations, [('READ_ACK', mids[1])])

    def test_mark_read_in_groups(self):
        sandbox, daemon, client = self.one()
        client_id = client.call('Conversations', 'MarkRead', '(xxa{sv})', TEAM, 0, {})
        client.wait_sent(client_id)
        self.assertEqual([one['operation'] for one in sandbox.accepted('alice', operations=True)], ['READ_ALL'])
        mid = sandbox.send('zhang-wei', PROJECT, '请确认', config='{"groupMemberList":[1001,1002,1003]}')
        client.wait_message(lambda one: one.id == mid)
        client_id = client.call('Conversations', 'MarkRead', '(xxa{sv})', PROJECT, 0, {})
        client.wait_sent(client_id)
        operations = [(one['operation'], one['to'], one['mid']) for one in sandbox.accepted('alice', operations=True)]
        self.assertEqual(operations[1:], [('READ_ACK', 1006, mid), ('READ_ALL', 1001, mid)])

    def test_read_on_another_device(self):
        sandbox = self.sandbox()
        first, second = (self.daemon(name, sandbox=sandbox).start() for name in ('one', 'two'))
        first.login('alice')
        second.login('alice')
        mid = sandbox.send('bob', 'alice', 'seen anywhere')
        for client in (first, second):
            client.wait_message(lambda one: one.id == mid)
        first.call('Conversations', 'MarkRead', '(xxa{sv})', 1002, 0, {})
        second.wait_event('UnreadChange', lambda event: event.args == (1002, 0))
        self.assertEqual(self.unread(second, 1002), 0)

    def test_any_text(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        for seed in range(3):
            content = any_text(64 * 1024, seed)
            self.assertEqual(len(content.encode()), 64 * 1024)
            mid = sandbox.send('bob', 'alice', content)
            self.assertEqual(client.wait_message(lambda one: one.id == mid).content, content)
            self.assertEqual(client.call('Conversations', 'GetMessage', '(x)', mid)[5], content)
            client_id = client.send_text(ECHO, content)
            self.assertEqual(harness.message(client.wait_sent(client_id)['message']).content, content)
            self.assertEqual(sandbox.accepted('alice')[-1]['content'], content)

    def test_two_users_talk(self):
        sandbox = self.sandbox()
        alice, bob = (self.daemon(name, sandbox=sandbox).start() for name in ('one', 'two'))
        alice.login('alice')
        bob.login('bob')
        for i in range(20):
            asked = alice.send_text(1002, 'question %d' % i)
            bob.wait_message(lambda one: one.content == 'question %d' % i)
            bob.send_text(1001, 'answer %d' % i)
            alice.wait_message(lambda one: one.content == 'answer %d' % i)
        expected = [text % i for i in range(20) for text in ('question %d', 'answer %d')]
        for client, peer in ((alice, 1002), (bob, 1001)):
            self.settle(client)
            self.assertEqual([one for one in self.contents(client, peer) if one in expected], expected)
        bob.call('Conversations', 'MarkRead', '(xxa{sv})', 1001, 0, {})
        mid = alice.call('Conversations', 'GetMessage', '(x)', asked)[0]
        alice.wait_event('MessageStatusChanged', lambda event: event.args[:2] == (1002, mid))
        self.assertEqual(alice.call('Conversations', 'GetMessage', '(x)', mid)[7], 2)

    def test_two_devices_of_one_user(self):
        sandbox = self.sandbox()
        first, second = (self.daemon(name, sandbox=sandbox).start() for name in ('one', 'two'))
        first.login('alice')
        second.login('alice')
        details = first.wait_sent(first.send_text(ECHO, 'from the first device'))
        copy = second.wait_message(lambda one: one.id == details['server_mid'])
        self.assertEqual((copy.conversation, copy.sender, copy.more['outgoing']), (ECHO, 1001, True))
        self.assertNotIn('client_id', copy.more)
        for client in (first, second):
            client.wait_message(lambda one: one.content == 'echo: from the first device')
            self.settle(client)
            self.assertEqual(self.contents(client, ECHO), ['from the first device', 'echo: from the first device'])

    def test_operations_of_others(self):
        sandbox, daemon, client = self.one()
        mid = sandbox.send('bob', 'alice', 'Hello')
        client.wait_message(lambda one: one.id == mid)
        sandbox.send('bob', 'alice', ', world', operation='APPEND', mid=mid)
        append = client.wait_event('RosterMessageContentAppend')
        self.assertEqual(append.args[:4], (1002, mid, 5, ', world'))
        self.assertEqual(client.call('Conversations', 'GetMessage', '(x)', mid)[5], 'Hello, world')
        sandbox.send('bob', 'alice', 'Bye', operation='REPLACE', mid=mid)
        replaced = client.wait_event('RosterMessageReplace').messages[0]
        self.assertEqual((replaced.id, replaced.content), (mid, 'Bye'))
        sandbox.send('bob', 'alice', '', operation='RECALL', mid=mid, conversation=1001)
        client.wait_event('MessageRecalled', lambda event: event.args == (1002, mid))
        self.fails('NotFound', client.call, 'Conversations', 'GetMessage', '(x)', mid)
        self.assertEqual(self.contents(client, 1002)[-1], 'Lunch at noon?')

    def test_delivered_again(self):
        """The service gives messages, operations and notices a second time: nothing happens twice."""
        sandbox, daemon, client = self.one()
        self.all_fetched(sandbox, daemon, client)
        mid = sandbox.send('bob', 'alice', 'Hello')
        sandbox.send('bob', 'alice', ', world', operation='APPEND', mid=mid)
        sandbox.control('notice', ns='roster', from_='dave', to='alice', type='APPLIED', content='once')
        client.wait_event('RosterMessageContentAppend')
        client.wait_event('RosterApplied')
        self.settle(client)
        since = len(client.events)
        for again in range(2):
            sandbox.control('again', user='alice', conversation=1002, count=4)
            sandbox.control('again', user='alice', conversation=0, count=1)
            last = sandbox.send('bob', 'alice', 'end %d' % again)
            client.wait_message(lambda one: one.id == last)
            self.settle(client)
        told = [event for event in client.events[since:] if event.name not in ('UnreadChange', 'RecentListUpdate', 'ConversationsChanged')]
        self.assertEqual([event.messages[0].content for event in told], ['end 0', 'end 1'], told)
        self.assertEqual(client.call('Conversations', 'GetMessage', '(x)', mid)[5], 'Hello, world')
        self.assertEqual(self.unread(client, 1002), 5)

    def test_many_conversations(self):
        """More of them than may be asked for in one second."""
        sandbox = self.sandbox()
        before = {user['user_id'] for user in sandbox.control('state')['users']}
        sandbox.control('crowd', count=60, friends_of='alice')
        crowd = sorted({user['user_id'] for user in sandbox.control('state')['users']} - before)
        self.assertEqual(len(crowd), 60)
        sandbox.control('burst', from_list=crowd, to='alice', count=180, content='greeting ')
        daemon = self.daemon(sandbox=sandbox)
        client = daemon.start()
        client.login('alice')
        harness.wait_for(lambda: client.get('Account', 'UnreadTotal') == 184, 'all unread messages')
        self.settle(client)
        for number, friend in enumerate(crowd, 1):
            self.assertEqual([one.content for one in client.received(friend)], ['greeting %d' % (number + k) for k in (0, 60, 120)])
        listed, cursor = [], ''
        while True:
            page, cursor, serial = client.call('Conversations', 'List', '(sua{sv})', cursor, 25, {'type': GLib.Variant('s', 'roster')})
            listed += [one['id'] for one in page]
            if not cursor:
                break
        self.assertEqual(len(listed), len(set(listed)))
        self.assertLessEqual(set(crowd), set(listed))
        items = client.call('Roster', 'GetItems', '(axb)', crowd, False)
        self.assertEqual({one['user_id'] for one in items}, set(crowd))

    def test_refused_for_a_while(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('message', status='USER_BANNED', reason='user is banned', count=1)
        details = client.wait_sent(client.send_text(ECHO, 'banned'), 'failed')
        self.assertEqual(details['error_reason'], 'user is banned')
        client.wait_sent(client.send_text(ECHO, 'free again'))
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], ['free again'])
        self.assertEqual(client.state, 'online')

    def test_paging(self):
        sandbox, daemon, client = self.one()
        answer = sandbox.control('burst', from_='carol', to='alice', count=120, content='line ')
        client.wait_message(lambda one: one.id == answer['last_mid'])
        expected = ['line %d' % i for i in range(1, 121)]

        def page(**options):
            values, before, after, serial = client.call('Conversations', 'GetMessages', '(xa{sv})', 1003,
                                                        dict(options, local=GLib.Variant('b', True)))
            return [harness.message(one) for one in values], after if 'after' in options else before or after if 'around' in options else before

        got, more = page(limit=GLib.Variant('u', 50))
        self.assertTrue(more)
        older = got
        while older:
            older, more = page(limit=GLib.Variant('u', 50), before=GLib.Variant('x', got[0].id))
            got = older + got
        self.assertTrue(more)  # at the service
        self.assertEqual([one.content for one in got], expected)
        newer, more = page(limit=GLib.Variant('u', 30), after=GLib.Variant('x', got[9].id))
        self.assertEqual([one.content for one in newer], expected[10:40])
        self.assertTrue(more)
        around, more = page(limit=GLib.Variant('u', 11), around=GLib.Variant('x', got[60].id))
        self.assertIn(got[60], around)
        self.assertEqual(around, [one for one in got if around[0].id <= one.id <= around[-1].id])

    def test_list_pages(self):
        sandbox, daemon, client = self.one()
        whole = client.call('Conversations', 'List', '(sua{sv})', '', 100, {})[0]
        self.assertEqual([one['timestamp'] for one in whole], sorted((one['timestamp'] for one in whole), reverse=True))
        pieces, cursor = [], ''
        while True:
            page, cursor, serial = client.call('Conversations', 'List', '(sua{sv})', cursor, 1, {})
            pieces += page
            if not cursor:
                break
        self.assertEqual(pieces, whole)
        groups = client.call('Conversations', 'List', '(sua{sv})', '', 100, {'type': GLib.Variant('s', 'group')})[0]
        self.assertEqual({one['type'] for one in groups}, {'group'})

    def test_roster_and_groups(self):
        sandbox, daemon, client = self.one()
        ids, serial = client.call('Roster', 'List', '(b)', False)
        self.assertEqual(sorted(ids), [1002, 1003, 1006, 1099])
        [item] = client.call('Roster', 'GetItems', '(axb)', [1006], False)
        self.assertEqual((item['user_id'], item['username'], item['alias'], item['nick_name']), (1006, 'zhang-wei', '老张', '张伟'))
        groups, serial = client.call('Groups', 'ListJoined', '(b)', False)
        self.assertEqual(sorted(groups), [2001, 2002])
        brief = client.call('Groups', 'GetBrief', '(ax)', [2001, 2002])
        self.assertEqual({one['group_id']: one['name'] for one in brief}, {2001: 'Team', 2002: '项目组'})
        info = client.call('Groups', 'GetInfo', '(xb)', PROJECT, True)
        self.assertEqual((info['name'], info['owner_id'], info['read_ack']), ('项目组', 1006, True))
        self.assertEqual(sorted(client.call('Roster', 'List', '(b)', True)[0]), sorted(ids))

    def test_ways_of_the_service(self):
        """All behaviours that the service's documents leave open."""
        for setting in ({'last_page': 'zero'}, {'notice_form': 'notice'}, {'omit_xid': True}, {'compress': True}, {'page_size': 3},
                        {'frame_form': 'base64'}, {'frame_form': 'fragments'}, {'delivery': 'push'}, {'group_notices': 'system'},
                        {'status_form': 'errors-only', 'xid_form': 'sparse'}, {'xid_form': 'bare', 'clock_skew': -40 * 24 * 3600 * 1000},
                        {'last_page': 'zero', 'omit_xid': True, 'delivery': 'push', 'compress': True, 'frame_form': 'fragments'}):
            with self.subTest(**setting):
                name = str(len(self.daemons))
                sandbox = self.sandbox('sandbox-' + name)
                sandbox.control('settings', **setting)
                daemon = self.daemon('daemon-' + name, sandbox=sandbox)
                client = daemon.start()
                client.login('alice')
                sandbox.control('burst', from_='bob', to='alice', count=40, content='piece ')
                client.wait_message(lambda one: one.content == 'piece 40')
                harness.wait_for(lambda: len(client.received(1002)) >= 42, 'everything of bob')
                self.settle(client)
                self.assertEqual([one.content for one in client.received(1002)],
                                 ['Are you there?', 'Lunch at noon?'] + ['piece %d' % i for i in range(1, 41)])
                client.send_text(ECHO, 'hello')
                client.wait_message(lambda one: one.content == 'echo: hello')


if __name__ == '__main__':
    harness.main()
