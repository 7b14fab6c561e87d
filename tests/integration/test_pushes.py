# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages that the service sends unasked and nobody acknowledges: none is lost that has arrived, and what is lost on the way is noticed and fetched."""

import signal
import sqlite3

from gi.repository import GLib

import harness

BOB, CAROL, DAVE, TEAM = 1002, 1003, 1004, 2001


class PushesTest(harness.Test):

    def lock(self, daemon):
        """Nothing can be committed as long as the transaction lasts that this returns."""
        db = sqlite3.connect(daemon.store_path(1001), isolation_level=None, timeout=10)
        db.execute('begin immediate')
        self.addCleanup(db.close)
        return db

    def received(self, client, conversation):
        self.settle(client)
        return [one.content for one in client.received(conversation)]

    def test_not_acknowledged_before_it_is_stored(self):
        """A notice of the same conversation comes behind a pushed page: asking without a key would acknowledge the page, which is not stored."""
        sandbox, daemon, client = self.one()
        lock = self.lock(daemon)
        sandbox.control('settings', delivery='push')
        sandbox.send('bob', 'alice', 'pushed')
        sandbox.control('settings', delivery='notice')
        sandbox.send('bob', 'alice', 'announced')
        later = sandbox.send('carol', 'alice', 'of another')
        sandbox.wait('sent', user='alice', conversation=CAROL)  # so what came before it is handled
        daemon.kill()
        lock.close()
        client = daemon.start()
        client.wait_message(lambda one: one.id == later)
        client.wait_message(lambda one: one.content == 'announced')
        self.assertEqual(self.received(client, BOB), ['pushed', 'announced'])

    def lose(self, sandbox, sender, count, to='alice'):
        """What the service takes for delivered, but has not sent; returns the ids."""
        answer = sandbox.control('burst', from_=sender, to=to, content='lost ', count=count, mode='lost')
        return list(range(answer['first_mid'], answer['last_mid'] + 1))

    def unread(self, client, conversation):
        return client.call('Conversations', 'Get', '(x)', conversation)['unread']

    def test_missed(self):
        """What was lost before a message comes from the history, told like anything new, once, and counted."""
        sandbox, daemon, client = self.one()
        last = client.received(BOB)[-1].id
        before = self.unread(client, BOB)
        lost = self.lose(sandbox, 'bob', 130)
        shown = sandbox.send('bob', 'alice', 'shows it')
        client.wait_message(lambda one: one.id == lost[-1])
        self.settle(client)
        told = [one for one in client.received(BOB) if one.id > last]
        self.assertEqual([one.id for one in told], [shown] + lost)
        self.assertEqual([one.id for one in told if 'is_history' in one.more], [])
        self.assertEqual(self.unread(client, BOB), before + 131)
        self.assertEqual(client.named('ReceiveHistoryMsg'), [])
        values, more, after, _ = client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, {'limit': GLib.Variant('u', 200)})
        self.assertEqual([one[0] for one in values][-131:], lost + [shown])

    def test_missed_in_a_group(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        lost = self.lose(sandbox, 'bob', 3, TEAM)
        shown = sandbox.send('carol', TEAM, 'shows it')
        client.wait_message(lambda one: one.id == lost[-1])
        self.settle(client)
        self.assertEqual([one.id for one in client.received(TEAM)][-4:], [shown] + lost)

    def test_missed_before_ours(self):
        """All that is here of a conversation is a message of ours, which was acknowledged; what was lost before it comes, too."""
        sandbox, daemon, client = self.one()
        sandbox.control('settings', delivery='push')
        first = sandbox.send('bob', 'alice', 'pushed')
        client.wait_message(lambda one: one.id == first)
        lost = self.lose(sandbox, 'carol', 60)
        ours = client.send_text(CAROL, 'ours')
        client.wait_sent(ours)
        shown = sandbox.send('carol', 'alice', 'shows it')
        client.wait_message(lambda one: one.id == lost[-1])
        self.settle(client)
        self.assertEqual([one.id for one in client.received(CAROL) if one.sender == CAROL], [shown] + lost)

    def test_missed_after_a_kill(self):
        """The gap is known, but the daemon ends before it is filled."""
        sandbox, daemon, client = self.one()
        journal, _, position = client.call('Events', 'GetPosition')
        sandbox.control('settings', delivery='push')
        lost = self.lose(sandbox, 'bob', 5)
        daemon.stop()
        shown = sandbox.send('bob', 'alice', 'shows it')
        daemon.program = 'flooimd-crash'
        process = daemon.launch(FLOOIM_CRASH_AT='fill-begins')
        process.expected = {-signal.SIGKILL}
        process.wait()
        daemon.program = 'flooimd'
        client = daemon.start()
        harness.wait_for(lambda: client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, {'local': GLib.Variant('b', True)})[0][-2][0] == lost[-1],
                         'what was missed')
        told = [one for event, _ in client.replay(journal, position) if event.name == 'RosterMessages' for one in event.messages]
        self.assertEqual([one.id for one in told if 'is_history' not in one.more], [shown] + lost)

    def test_missed_far_back(self):
        """A large gap is filled when a client reads that part."""
        sandbox, daemon, client = self.one()
        lost = self.lose(sandbox, 'bob', 1500)
        shown = sandbox.send('bob', 'alice', 'shows it')
        client.wait_message(lambda one: one.id == lost[-1])
        self.settle(client)
        self.assertEqual([one.id for one in client.received(BOB)][-1001:], [shown] + lost[-1000:])
        since = len(client.received(BOB))
        values = client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, {'before': GLib.Variant('x', lost[500]), 'limit': GLib.Variant('u', 100)})[0]
        self.assertEqual([one[0] for one in values], lost[400:500])
        self.settle(client)
        self.assertTrue(all('is_history' in one.more for one in client.received(BOB)[since:]))

    def test_missed_after_a_deletion(self):
        """Nothing of the conversation is stored any more: what was lost since is still fetched, and what is older can be read."""
        sandbox, daemon, client = self.one()
        client.call('Conversations', 'Delete', '(xba{sv})', BOB, False, {})
        harness.wait_for(lambda: not client.outbox(), 'the service knows')
        lost = self.lose(sandbox, 'bob', 1100)
        shown = sandbox.send('bob', 'alice', 'shows it')
        client.wait_message(lambda one: one.id == lost[-1])
        self.settle(client)
        told = [one for one in client.received(BOB) if one.id >= lost[0]]
        self.assertEqual([one.id for one in told], [shown] + lost[-1000:])
        self.assertEqual(self.unread(client, BOB), 1001)
        for local in (True, False):
            options = {'before': GLib.Variant('x', lost[150]), 'limit': GLib.Variant('u', 500), 'local': GLib.Variant('b', local)}
            values, more, after, _ = client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, options)
            self.assertEqual(([one[0] for one in values], more), (lost[100:150], True) if local else (lost[:150], False))

    def test_newest_missed(self):
        """Nothing shows that the newest are missing: the next connection checks for them, if the service is one that sends unasked."""
        sandbox, daemon, client = self.one()
        sandbox.control('settings', delivery='push')
        first = sandbox.send('carol', 'alice', 'pushed')
        client.wait_message(lambda one: one.id == first)
        lost = self.lose(sandbox, 'bob', 3)
        unknown = self.lose(sandbox, 'dave', 1)
        since = len(client.changes)
        sandbox.control('disconnect', how='drop', user='alice')
        client.wait_lost(since)
        client.call('Account', 'Reconnect')
        client.wait_message(lambda one: one.id == lost[-1])
        self.settle(client)
        told = client.received(BOB)[-3:]
        self.assertEqual([one.id for one in told], lost)
        harness.wait_for(lambda: [one.id for one in client.received(DAVE)] == unknown, 'the first of a conversation')
        self.assertEqual([one for one in told if 'is_history' in one.more], [])

    def test_seen_first_in_the_history(self):
        """A message that somebody's look at the history brings before its page is new all the same."""
        sandbox, daemon, client = self.one()
        lost = self.lose(sandbox, 'bob', 2)
        client.call('Conversations', 'FetchHistory', '(xxu)', BOB, 0, 10)
        self.settle(client)
        told = {one.id: one for one in client.received(BOB)}
        self.assertEqual([one for one in lost if 'is_history' in told[one].more], [])
        self.assertTrue(all('is_history' in one.more for one in told.values() if one.sender == BOB and one.status == 2))

    def test_keys(self):
        """The key of a pushed page is used in the next request, which acknowledges the page."""
        sandbox, daemon, client = self.one()
        sandbox.control('settings', delivery='push', pushed_page='key', page_size=10)
        mids = [sandbox.send('bob', 'alice', 'number %d' % i) for i in range(30)]
        client.wait_message(lambda one: one.id == mids[-1])
        sandbox.wait('delivered', user='alice')
        self.assertEqual([one.id for one in client.received(BOB)][-30:], mids)


if __name__ == '__main__':
    harness.main()
