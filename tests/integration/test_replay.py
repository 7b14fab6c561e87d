# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: what was signalled can be had again, byte by byte, also after a restart."""

import harness
from harness import GLib

ECHO = 1099
TEAM = 2001


class ReplayTest(harness.Test):

    def position(self, client):
        return client.call('Events', 'GetPosition')

    def some_life(self, sandbox, client):
        """Events of many kinds."""
        mid = sandbox.send('bob', 'alice', 'Hello')
        client.wait_message(lambda one: one.id == mid)
        client.wait_sent(client.send_text(ECHO, 'good day'))
        client.wait_message(lambda one: one.content == 'echo: good day')
        client.wait_sent(client.send_text(1005, 'we are strangers'), 'failed')
        client.wait_sent(client.call('Conversations', 'MarkRead', '(xxa{sv})', 1002, 0, {}))
        sandbox.send('carol', TEAM, '你好 👋', config='{"mentionAll":true,"mentionList":[]}')
        client.wait_event('MentionMessage')
        sandbox.control('notice', ns='group', group=TEAM, type='ANNOUNCEMENT_UPDATED', from_='bob', content='{}')
        client.wait_event('GroupAnnouncementUpdated')
        sandbox.control('notice', ns='roster', from_='dave', to='alice', type='APPLIED', content='let us talk')
        client.wait_event('RosterApplied')
        sandbox.control('push', to='alice', content='from the console')
        client.wait_event('PushMessage')
        sandbox.send('bob', 'alice', 'ring', type='command')
        client.wait_message(lambda one: one.type == 'command')
        self.settle(client)

    def same(self, live, replayed):
        """Byte by byte, but for what a message has become since (read, or sent), and a conversation."""
        self.assertEqual([(one.serial, one.name) for one in replayed], [(one.serial, one.name) for one in live])
        for one, other in zip(live, replayed):
            self.assertEqual(one.variant.get_type_string(), other.variant.get_type_string(), one)
            if one.name == 'RosterMessages':
                self.assertEqual([self.lasting(each) for each in one.messages], [self.lasting(each) for each in other.messages])
            elif one.name == 'SendingMessageStatusChanged':
                self.assertEqual(self.fate(one), self.fate(other))
            elif one.name == 'ConversationsChanged':
                self.assertLessEqual({entry['id'] for entry in other.args[0]}, {entry['id'] for entry in one.args[0]})
                self.assertEqual(one.args[1:], other.args[1:])
            else:
                self.assertEqual(one.variant.get_data_as_bytes().get_data(), other.variant.get_data_as_bytes().get_data(), one)

    @staticmethod
    def lasting(message):
        return message[:7], {key: value for key, value in message.more.items() if key != 'send_state'}

    def fate(self, event):
        client_id, status, details = event.args
        message = details.pop('message', None)
        return client_id, status, details, harness.message(message).content if message else None

    def test_replay_is_what_was_signalled(self):
        sandbox, daemon, client = self.one()
        self.all_fetched(sandbox, daemon, client)
        begin = self.position(client)[2]  # what came before is replayed with names that were fetched after it
        self.some_life(sandbox, client)
        live = [event for event in client.events if event.serial > begin]
        journal, first, last = self.position(client)
        self.assertEqual((first, last), (1, live[-1].serial))
        self.assertEqual([event.serial for event in live], list(range(live[0].serial, last + 1)))
        replayed = client.replay(journal, live[0].serial - 1)
        self.same(live, [event for event, when in replayed])
        times = [when for event, when in replayed]
        self.assertEqual(times, sorted(times))
        self.assertLess(abs(times[-1] - GLib.get_real_time() // 1000), 60000)
        daemon.stop()
        again = daemon.start()
        again.wait_state('online')
        self.assertEqual(self.position(again)[0], journal)
        kept = [event for event, when in again.replay(journal, live[0].serial - 1)]
        self.same(live, kept[:len(live)])

    def test_a_client_that_was_away(self):
        """While the application is down, and then the daemon: it gets everything after its last serial, once."""
        sandbox, daemon, client = self.one(persist=True)
        journal, first, last = self.position(client)
        client.close()
        other = daemon.client()
        mids = [sandbox.send('bob', 'alice', 'away %d' % i) for i in range(5)]
        other.wait_message(lambda one: one.id == mids[-1])
        daemon.stop()
        mids += [sandbox.send('bob', 'alice', 'down %d' % i) for i in range(5)]
        back = daemon.start()
        back.wait_message(lambda one: one.id == mids[-1])
        self.settle(back)
        events = [event for event, when in back.replay(journal, last)]
        told = [one.id for event in events if event.name == 'RosterMessages' for one in event.messages]
        self.assertEqual(told, mids)
        self.assertEqual([event.serial for event in events], list(range(last + 1, last + 1 + len(events))))

    def test_windows(self):
        sandbox, daemon, client = self.one()
        sandbox.control('settings', page_size=1)
        sandbox.control('burst', from_='bob', to='alice', count=100, content='line ')
        client.wait_message(lambda one: one.content == 'line 100')
        self.settle(client)
        journal, first, last = self.position(client)

        def events(limit=500):
            # Later ones may come meanwhile.
            return [repr(event) for event, when in client.replay(journal, 0, limit) if event.serial <= last]

        whole = events()
        self.assertEqual(len(whole), last)
        for limit in (1, 7, 1000):
            self.assertEqual(events(limit), whole)
        events, upto, end = client.call('Events', 'Replay', '(stu)', journal, 3, 5)
        self.assertEqual([event[0] for event in events], [4, 5, 6, 7, 8])
        self.assertEqual(upto, 8)
        self.assertGreaterEqual(end, last)
        journal, first, last = self.position(client)
        events, upto, end = client.call('Events', 'Replay', '(stu)', journal, last, 0)
        self.assertEqual((upto, end), (last + len(events), last + len(events)))
        self.fails('InvalidArguments', client.call, 'Events', 'Replay', '(stu)', journal, 0, 1001)
        self.assertRaises(harness.Failure, client.call, 'Events', 'Replay', '(stu)', journal, last + 1000, 0)

    def test_large_replies_are_bounded(self):
        sandbox, daemon, client = self.one()
        text = 'x' * 200000
        mids = [sandbox.send('bob', 'alice', text) for _ in range(40)]
        client.wait_message(lambda one: one.id == mids[-1], 60)
        self.settle(client)
        journal, first, last = self.position(client)
        reply = client.call_raw('Events', 'Replay', '(stu)', journal, 0, 0)
        self.assertLess(reply.get_size(), 6 << 20)
        self.assertLess(reply.get_child_value(1).get_uint64(), last)
        told = [one.id for event, when in client.replay(journal, 0) if event.name == 'RosterMessages' for one in event.messages]
        self.assertEqual([one for one in told if one in mids], mids)

    def test_deleted_messages_are_left_out(self):
        sandbox, daemon, client = self.one()
        journal, first, last = self.position(client)
        mids = [sandbox.send('bob', 'alice', text) for text in ('stays', 'goes')]
        client.wait_message(lambda one: one.id == mids[1])
        sandbox.send('bob', 'alice', '', operation='RECALL', mid=mids[1], conversation=1001)
        client.wait_event('MessageRecalled')
        self.settle(client)
        events = [event for event, when in client.replay(journal, last)]
        told = [one.id for event in events if event.name == 'RosterMessages' for one in event.messages]
        self.assertEqual(told, mids[:1])
        self.assertTrue(any(event.name == 'MessageRecalled' and event.args == (1002, mids[1]) for event in events))

    def test_another_journal(self):
        sandbox, daemon, client = self.one()
        journal = self.position(client)[0]
        client.call('Account', 'Logout', '(a{sv})', {'erase': GLib.Variant('b', True)})
        client.login('alice')
        self.assertNotEqual(self.position(client)[0], journal)
        self.fails('JournalChanged', client.call, 'Events', 'Replay', '(stu)', journal, 0, 0)
        client.call('Account', 'Logout', '(a{sv})', {})
        client.login('bob')
        self.assertNotIn(self.position(client)[0], (journal, ''))

    def test_journal_is_bounded(self):
        """With a journal of 1,000 events: what is too old is NotFound."""
        sandbox = self.sandbox(args=['--page-size', '1'])
        daemon = self.daemon(sandbox=sandbox, config='[store]\njournal_events=1000\n')
        client = daemon.start()
        client.login('alice')
        sandbox.control('burst', from_='bob', to='alice', count=1500, content='line ')
        client.wait_message(lambda one: one.content == 'line 1500', 120)
        self.settle(client)
        daemon.stop()
        client = daemon.start()
        client.wait_state('online')
        self.settle(client)

        def pruned():
            journal, first, last = self.position(client)
            return first if 1 < first and last - first < 1600 else None
        first = harness.wait_for(pruned, lambda: 'the journal is pruned: %s' % (self.position(client),))
        journal, first, last = self.position(client)
        self.fails('NotFound', client.call, 'Events', 'Replay', '(stu)', journal, first - 2, 0)
        self.assertEqual(client.call('Events', 'Replay', '(stu)', journal, first - 1, 1)[0][0][0], first)


if __name__ == '__main__':
    harness.main()
