# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad item does not affect others: pages that are too large, malformed entries, impossible ids, keys that do not advance."""

import base64
import itertools

import harness
import wire

BOB, CAROL, ECHO, ALICE = 1002, 1003, 1099, 1001
KIB = 1 << 10
FIRST = 9100000000000000  # ids of what comes in frames of ours
OVER = 1 << 63


class PoisonTest(harness.Test):

    def left_out(self, client):
        return client.call('Account', 'GetStatus')['left_out']

    def errors(self, client):
        return [event.args[0] for event in client.named('FlooError')]

    def test_large_pages(self):
        """Five texts of 256 KiB in one page, announced, pushed and of the history; then pages beyond every bound, in each form of a frame."""
        sandbox, daemon, client = self.one()
        sandbox.control('settings', page_bytes=0, page_size=1000)
        daemon.stop()
        sandbox.control('burst', from_='bob', to='alice', content='x' * (256 * KIB), count=5)
        client = daemon.start()
        client.wait_message(lambda one: one.conversation == BOB and one.content.endswith('x5'))
        sandbox.control('settings', delivery='push')
        sandbox.control('burst', from_='bob', to='alice', content='y' * (256 * KIB), count=5, mode='push')
        client.wait_message(lambda one: one.content.endswith('y5'))
        sandbox.control('settings', delivery='notice')
        messages, following = client.call('Conversations', 'FetchHistory', '(xxu)', BOB, 0, 50)
        self.assertEqual(len([one for one in messages if len(one[5]) > 256 * KIB]), 10)
        self.assertEqual(len(client.named('LoginSuccess')), 1)
        self.assertEqual((self.left_out(client), self.errors(client)), (0, []))
        errors = []
        client.events.clear()
        for form, count, arguments in (('binary', 150, {}), ('base64', 110, {}), ('binary', 280, {'compress': True})):
            with self.subTest(form=form, **arguments):
                self.beyond(sandbox, client, form, count, arguments)
            errors += self.errors(client)
            self.assertEqual(len(client.named('LoginSuccess')), 0)
            client.events.clear()
        self.assertEqual(errors, ['DATA_TOO_LARGE'])

    def beyond(self, sandbox, client, form, count, arguments):
        sandbox.control('settings', frame_form=form, **arguments)
        before = self.left_out(client)
        sandbox.control('burst', from_='carol', to='alice', content='z' * (256 * KIB), count=count)
        last = sandbox.send('carol', 'alice', 'behind it')
        client.wait_message(lambda one: one.id == last)
        self.settle(client)
        numbers = [int(one.content[256 * KIB:]) for one in client.received(CAROL) if one.content.startswith('zzz')]
        self.assertEqual(numbers, list(range(1, count + 1)))
        self.assertGreater(self.left_out(client), before)
        client.wait_sent(client.send_text(ECHO, 'after ' + form))

    def page(self, sandbox, *metas, **fields):
        """A page that nobody asked for."""
        body = b''.join(wire.blob(2, one) for one in metas) + wire.blob(4, wire.number(1, fields.get('conversation', BOB)))
        sandbox.control('frame', user='alice', frame=base64.b64encode(wire.frame(1, body)).decode())

    def text(self, mid, content, **fields):
        body = wire.number(1, 2) + wire.blob(4, content.encode()) + fields.pop('body', b'')
        return wire.meta(mid, fields.pop('sender', BOB), fields.pop('to', ALICE), body, **fields)

    def poisons(self, mid):
        """Metas that are invalid, or of which a part is invalid."""
        operation = wire.blob(6, wire.number(1, 5) + wire.number(2, OVER))
        return {
            'id beyond': self.text(OVER, 'bad'),
            'id 0': self.text(0, 'bad'),
            'id -1': self.text(OVER * 2 - 1, 'bad'),
            'last id': self.text(OVER - 1, 'bad'),
            'sender beyond': self.text(mid, 'bad', sender=OVER),
            'receiver beyond': self.text(mid, 'bad', to=OVER),
            'nobody': wire.number(1, mid) + wire.number(5, 1) + wire.blob(6, wire.number(1, 2)),
            'empty': b'',
            'no field': b'\xff\xff',
            'id is a text': wire.blob(1, b'abc') + self.text(mid, 'bad'),
            'body ends early': wire.meta(mid, BOB, ALICE, b'\x08\x02\x22\x7fabc'),
            'body is none': wire.meta(mid, BOB, ALICE, b'\xff' * 20),
            'content is a number': wire.meta(mid, BOB, ALICE, wire.number(1, 2) + wire.number(4, 5)),
            'operation beyond': wire.meta(mid, BOB, ALICE, wire.number(1, 1) + operation),
            'operation without one': wire.meta(mid, BOB, ALICE, wire.number(1, 1)),
            'roster notice': wire.meta(mid, BOB, ALICE, b'\x08', ns=3),
            'group notice': wire.meta(mid, BOB, ALICE, b'\x12\x7f', ns=2),
            'user notice': wire.meta(mid, 0, ALICE, b'\x08', ns=4),
            'conversation': wire.meta(mid, BOB, ALICE, b'\x08', ns=6),
            'namespace': wire.meta(mid, BOB, ALICE, b'\x08', ns=77),
        }

    def test_each_kind(self):
        """Good, bad, good in one page: both good ones arrive, once and in order, and each cause is reported once."""
        sandbox, daemon, client = self.one()
        client.events.clear()
        expected = []
        for n, name in enumerate(self.poisons(0)):
            first = FIRST + 10 * n
            self.page(sandbox, self.text(first, name + ' 1'), self.poisons(first + 1)[name], self.text(first + 2, name + ' 2'))
            expected += [name + ' 1', name + ' 2']
        client.wait_message(lambda one: one.content == expected[-1])
        self.settle(client)
        self.assertEqual([one.content for one in client.received(BOB)], expected)
        self.assertGreaterEqual(self.left_out(client), 15)
        errors = self.errors(client)
        self.assertIn('INVALID_DATA', errors)
        self.assertLessEqual(len(errors), 3)
        self.assertEqual(client.state, 'online')
        self.assertEqual(client.last_error, ('', ''))
        self.assertEqual(len(client.named('LoginSuccess')), 0)

    def test_times(self):
        """An invalid time blocks neither its message nor those after it, also after a restart."""
        sandbox, daemon, client = self.one()
        daemon.stop()
        ids = [sandbox.send('bob', 'alice', 'time %d' % n) for n in range(4)]
        for mid, timestamp in zip(ids, (-5, 0, (1 << 63) - 1, -(1 << 63))):
            sandbox.control('spoil', mid=mid, timestamp=timestamp)
        ids.append(sandbox.send('bob', 'alice', 'behind them'))
        client = daemon.start()
        client.wait_message(lambda one: one.id == ids[-1])
        self.settle(client)
        self.assertEqual([one.id for one in client.received(BOB) if one.id >= ids[0]], ids)
        messages = client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, {})[0]
        self.assertEqual([one[0] for one in messages][-5:], ids)
        self.assertEqual([one[6] for one in messages][-5:-1], [0, 0, (1 << 63) - 1, 0])

    def test_acknowledged_with_an_id_that_cannot_be(self):
        """Another message's id, or none, for one of ours: its own is found in the history."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        known = client.send_text(ECHO, 'known')
        known_id = client.wait_sent(known)['server_mid']
        other = next(one.id for one in client.received(BOB))
        for name, server_mid in (('client id', known), ('server id', known_id), ('of another', other), ('beyond', OVER), ('last', OVER - 1)):
            with self.subTest(name):
                sandbox.control('socket', ack='drop', count=1)
                mid = client.send_text(BOB, name)
                sandbox.wait('accepted', user='alice', count=1, conversation=BOB)
                accepted = harness.wait_for(lambda: [one for one in sandbox.accepted('alice') if one['client_mid'] == mid], 'accepted')
                body = wire.number(5, mid) + wire.number(6, server_mid) + wire.number(7, 1700000000000)
                sandbox.control('frame', user='alice', frame=base64.b64encode(wire.frame(1, body)).decode())
                self.assertEqual(client.wait_sent(mid)['server_mid'], accepted[0]['server_mid'])
        self.settle(client)
        self.assertEqual(client.get('Account', 'Queued'), 0)
        self.assertEqual([one['duplicates'] for one in sandbox.accepted('alice')], [0] * 6)

    def test_without_an_id(self):
        """Pushes and notices without an id are told each by its content, and what comes twice is told once."""
        sandbox, daemon, client = self.one()
        client.events.clear()
        push = [wire.meta(0, 0, ALICE, wire.blob(4, b'push %d' % n), ns=8 - 1) for n in range(3)]
        self.page(sandbox, push[0], push[1], push[0], conversation=0)
        applied = [wire.meta(0, sender, ALICE, wire.number(1, 7) + wire.blob(2, wire.number(1, sender)), ns=3) for sender in (1004, 1005)]
        self.page(sandbox, *applied, push[1], push[2], conversation=0)
        client.wait_event('PushMessage', lambda event: event.messages[0].content == 'push 2')
        self.settle(client)
        self.assertEqual([event.messages[0].content for event in client.named('PushMessage')], ['push 0', 'push 1', 'push 2'])
        self.assertEqual([event.args[0]['from'] for event in client.named('RosterApplied')], [1004, 1005])

    def test_keys_that_do_not_move(self):
        """Empty pages with the same key, or ever new ones, and pages that repeat: what is new is received, and the requests end."""
        sandbox, daemon, client = self.one()
        sandbox.control('settings', page_size=2)
        for kind in ('stuck', 'endless', 'repeat'):
            with self.subTest(kind):
                sandbox.control('settings', next_key=kind)
                before = sandbox.control('state')['fetches']
                for n in range(6):
                    mid = sandbox.send('bob', 'alice', '%s %d' % (kind, n))
                    client.wait_message(lambda one, mid=mid: one.id == mid)
                sandbox.control('settings', next_key='normal', history_key=kind)
                for count in (2, 20):
                    client.call('Conversations', 'FetchHistory', '(xxu)', BOB, 0, count)
                sandbox.control('settings', history_key='normal')
                client.wait_sent(client.send_text(ECHO, kind))
                self.assertLess(sandbox.control('state')['fetches'] - before, 100)
        sandbox.control('fetch', what='history', status='FAIL', reason='closed')
        self.assertIn('closed', self.fails('Rejected', client.call, 'Conversations', 'FetchHistory', '(xxu)', ECHO, 0, 20))
        sandbox.control('violations', clear=True)  # a key of one kind, asked with in another
        self.settle(client)
        texts = [one.content for one in client.received(BOB)]
        self.assertEqual([len(list(group)) for _, group in itertools.groupby(sorted(texts))], [1] * len(set(texts)))


if __name__ == '__main__':
    harness.main()
