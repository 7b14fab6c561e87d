# SPDX-License-Identifier: GPL-3.0-or-later
"""Expensive calls and large responses: use is bounded, other clients are served, and memory is released."""

import contextlib
import sqlite3
import unittest

import harness
from harness import Gio, GLib

MIB = 1 << 20
TEAM = 2001
MEMBERS = 220000
REPLAYS = 80


class StormTest(harness.Test):

    def raw(self, client, interface, method, variant, on_end):
        """A call whose reply is not looked at."""
        def on_reply(connection, result):
            try:
                connection.call_finish(result)
                on_end(None)
            except GLib.Error as error:
                on_end(harness.Failure(error))
        client.connection.call(client.name, harness.OBJECT, harness.BUS_NAME + '.' + interface, method, variant, None, Gio.DBusCallFlags.NONE,
                               120000, None, on_reply)

    def forget_peak(self, daemon):
        with open('/proc/%d/clear_refs' % daemon.process.pid, 'w') as file:
            file.write('5')

    def peak(self, daemon):
        with open('/proc/%d/status' % daemon.process.pid) as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith('VmHWM'))

    def goes_back(self, daemon, before):
        harness.wait_for(lambda: daemon.rss() <= before + 10 * MIB, lambda: '%d MiB, from %d' % (daemon.rss() // MIB, before // MIB))

    @unittest.skipIf(harness.SLOWNESS > 1, 'memory is another thing with sanitizers')
    def test_replays(self):
        """Dozens of long replies at once: few are in memory at a time, and another client need not wait for them."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        client.close()
        other, greedy = daemon.client(), daemon.client()
        count = lambda: daemon.query(1001, 'SELECT count(*) FROM messages')[0][0]
        there = count()
        sandbox.control('burst', from_='bob', to='alice', count=2000, content='x' * 3000)
        harness.wait_for(lambda: count() >= there + 2000, 'all are stored')
        self.settle(other)
        journal, first, last = other.call('Events', 'GetPosition')
        everything = GLib.Variant('(stu)', (journal, first - 1, 0))
        ends = []
        self.raw(greedy, 'Events', 'Replay', everything, ends.append)  # what is used for the first time stays
        harness.wait_for(lambda: ends, 'the first reply')
        before = daemon.rss()
        self.forget_peak(daemon)
        ends.clear()
        for _ in range(REPLAYS):
            self.raw(greedy, 'Events', 'Replay', everything, ends.append)
        harness.wait_for(lambda: ends, 'the storm')
        for call in (('Events', 'GetPosition', '()'), ('Conversations', 'List', '(sua{sv})', '', 20, {}), ('Roster', 'List', '(b)', False)) * 4:
            other.call(*call)  # these go before what waits of the storm
        self.assertLess(len(ends), REPLAYS // 2, 'another client waited for the storm')
        harness.wait_for(lambda: len(ends) == REPLAYS, lambda: '%d replies' % len(ends), 3 * harness.LIMIT)
        self.assertLess(self.peak(daemon) - before, 100 * MIB)  # together they have nearly that
        self.goes_back(daemon, before)

    @unittest.skipIf(harness.SLOWNESS > 1, 'memory is another thing with sanitizers')
    def test_answer_of_the_service(self):
        """More members than were asked for, by far: those that were asked for are taken, and the list is not taken for complete."""
        sandbox, daemon, client = self.one()
        self.all_fetched(sandbox, daemon, client)
        before = daemon.rss()
        body = '{"code":200,"cursor":"","data":[%s]}' % ','.join('{"user_id":%d}' % (100000 + i) for i in range(MEMBERS))
        sandbox.control('rest', path='/group/member_list', body=body, count=1)
        members, cursor = client.call('Groups', 'ListMembers', '(xsu)', TEAM, '', 100)
        self.assertEqual([one['user_id'] for one in members], [100000 + i for i in range(100)])
        self.goes_back(daemon, before)
        self.assertEqual(daemon.query(1001, 'SELECT complete FROM lists WHERE list = 5 AND owner = ?', TEAM), [(0,)])

    def test_many_calls(self):
        """What a client may have under way is bounded; the others' calls are not touched by it."""
        sandbox, daemon, client = self.one()
        other = daemon.client()
        text, ends = 'x' * (256 << 10), []
        draft = GLib.Variant('(xss)', (1002, 'roster', text))
        with contextlib.closing(sqlite3.connect(daemon.store_path(1001))) as store:
            store.execute('BEGIN IMMEDIATE')  # nothing is written meanwhile
            for _ in range(400):
                self.raw(client, 'Conversations', 'SetDraft', draft, ends.append)
            harness.wait_for(lambda: ends, 'a refusal')
            self.assertEqual(other.call('Conversations', 'Get', '(x)', 1002)['id'], 1002)
        harness.wait_for(lambda: len(ends) == 400, 'all ends')
        refused = [one for one in ends if one is not None]
        self.assertEqual({one.name for one in refused}, {'LimitsExceeded'})
        self.assertIn('under way', refused[0].text)
        self.assertGreaterEqual(len(ends) - len(refused), 100)
        client.call('Conversations', 'SetDraft', '(xss)', 1002, 'roster', text)


if __name__ == '__main__':
    harness.main()
