# SPDX-License-Identifier: GPL-3.0-or-later
"""Many messages at once: each stored and signalled once, in order, while others are answered, in bounded memory."""

import os
import signal

import harness
from harness import GLib

COUNT = int(os.environ.get('FLOOIM_BURST', '10000'))
LATENCY_LIMIT = 2.0 * harness.SLOWNESS  # s, of any other call; generous for a laden machine, and far below D-Bus's 25 s
MEMORY_LIMIT = 64 << 20 if harness.SLOWNESS == 1 else 1 << 30  # bytes above what it had before; sanitizers keep what is freed
TEAM = 2001


class BurstTest(harness.Test):

    def burst(self, limit=180, settings=None, **arguments):
        sandbox, daemon, client = self.one()
        if settings:
            sandbox.control('settings', **settings)
        before = daemon.rss()
        since = len(client.events)
        answer = sandbox.control('burst', to='alice', count=COUNT, content='number ', **arguments)
        latencies, pending, most, seen, told = [], [], before, since, 0
        calls = (('Account', 'GetStatus', '()'), ('Conversations', 'List', '(sua{sv})', '', 20, {}),
                 ('Conversations', 'GetMessages', '(xa{sv})', 1002, {'local': GLib.Variant('b', True)}), ('Roster', 'List', '(b)', False), ('Events', 'GetPosition', '()'))

        def finished():
            nonlocal most, seen, told
            most = max(most, daemon.rss())
            told += sum(event.variant.get_child_value(1).n_children() for event in client.events[seen:] if event.name == 'RosterMessages')
            seen = len(client.events)
            for one in [one for one in pending if one.done]:
                pending.remove(one)
                one.result()
                latencies.append(one.took)
            if not pending:
                pending.append(client.start(*calls[len(latencies) % len(calls)]))
            return told >= COUNT

        harness.wait_for(finished, lambda: '%d messages; there were %d' % (COUNT, told), limit)
        for one in pending:
            one.result()
        self.settle(client)
        self.check(daemon, client, since, answer)
        print('# %d other calls, the slowest took %.0f ms; %.1f MiB more memory'
              % (len(latencies), max(latencies) * 1000, (most - before) / 1048576.0), flush=True)
        self.assertLess(max(latencies), LATENCY_LIMIT)
        self.assertLess(most - before, MEMORY_LIMIT)
        self.assertEqual(client.state, 'online')
        return sandbox, daemon, client

    def check(self, daemon, client, since, answer):
        told = [one for event in client.events[since:] if event.name == 'RosterMessages' for one in event.messages]
        ids = [one.id for one in told]
        self.assertEqual(len(ids), COUNT)
        self.assertEqual(len(set(ids)), COUNT, 'no message is signalled twice')
        for conversation in {one.conversation for one in told}:
            own = [one.id for one in told if one.conversation == conversation]
            self.assertEqual(own, sorted(own), 'in order')
        self.assertEqual(sorted(one.content for one in told), sorted('number %d' % i for i in range(1, COUNT + 1)))
        stored = daemon.query(1001, 'SELECT id, content FROM messages WHERE id BETWEEN ? AND ? ORDER BY id', answer['first_mid'], answer['last_mid'])
        self.assertEqual(stored, sorted((one.id, one.content) for one in told))
        serials = [event.serial for event in client.events if event.serial]
        self.assertEqual(serials, list(range(serials[0], serials[0] + len(serials))), 'serials grow by one')
        self.assertTrue(all(len(event.messages) <= 256 for event in client.named('RosterMessages')))

    def unread(self, client, conversation):
        return client.call('Conversations', 'Get', '(x)', conversation)['unread']

    def test_one_conversation(self):
        sandbox, daemon, client = self.burst(from_='bob')
        self.assertEqual(self.unread(client, 1002), COUNT + 2)
        harness.wait_for(lambda: client.get('Account', 'UnreadTotal') == COUNT + 4, 'the total of unread messages')

    def test_several_conversations(self):
        sandbox, daemon, client = self.burst(from_list=[1002, 1003, 1006, 1099])
        for conversation, more in ((1002, 2), (1003, 0), (1006, 1), (1099, 0)):
            self.assertEqual(self.unread(client, conversation), COUNT // 4 + more)

    def test_pushed(self):
        self.burst(from_='bob', mode='push', settings={'page_size': 1000})

    def test_small_pages(self):
        self.burst(from_='bob', settings={'page_size': 7, 'last_page': 'zero', 'compress': True})

    def test_slow_subscriber(self):
        """An application that does not read its signals does not delay others."""
        sandbox = self.sandbox()
        daemon = self.daemon(sandbox=sandbox)
        client = daemon.start()
        client.login('alice')
        sleeper = harness.Process('sleeper', ['gdbus', 'monitor', '--address', daemon.bus.address, '--dest', daemon.bus_name],
                                  daemon.environment(), daemon.root)
        self.processes.append(sleeper)
        sleeper.expected = {-signal.SIGTERM}
        sleeper.send_signal(signal.SIGSTOP)
        before = daemon.rss()
        sandbox.control('burst', from_='bob', to='alice', count=COUNT, content='number ')
        client.wait_message(lambda one: one.content == 'number %d' % COUNT, 180)
        self.assertLess(daemon.rss() - before, MEMORY_LIMIT)
        sleeper.send_signal(signal.SIGCONT)


if __name__ == '__main__':
    harness.main()
