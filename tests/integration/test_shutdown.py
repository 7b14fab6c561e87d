# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and ending: in order, in time, and with nothing lost."""

import signal
import time

import harness

ECHO = 1099
END_LIMIT = 2.0 * harness.SLOWNESS  # s


class ShutdownTest(harness.Test):

    def stop_in_time(self, daemon, client, number=signal.SIGTERM):
        began = time.monotonic()
        daemon.process.send_signal(number)
        self.assertEqual(daemon.process.wait(), 0)
        took = time.monotonic() - began
        self.assertLess(took, END_LIMIT)
        self.assertIsNone(client.owner())

    def test_online(self):
        sandbox, daemon, client = self.one()
        self.stop_in_time(daemon, client)
        sandbox.wait('disconnected', user='alice')
        self.assertEqual(daemon.query(1001, 'PRAGMA integrity_check'), [('ok',)])

    def test_service_does_not_answer(self):
        sandbox, daemon, client = self.one()
        sandbox.control('stall', user='alice')
        client.send_text(ECHO, 'no answer will come')
        sandbox.control('rest', delay_ms=15000, count=-1)
        pending = [client.start('Roster', 'List', '(b)', True) for _ in range(5)]
        client.call('Account', 'GetStatus')  # the calls before it are there, too
        self.stop_in_time(daemon, client)
        harness.wait_for(lambda: all(one.done for one in pending), 'every caller has an answer')
        self.assertTrue(all(one.failure for one in pending))
        self.assertEqual({one.failure.name for one in pending}, {'Cancelled'})

    def test_during_a_login(self):
        sandbox, daemon, client = self.one(user=None)
        sandbox.control('rest', path='/token/user', delay_ms=10000)
        login = client.start('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
        client.wait_state('authenticating')
        self.stop_in_time(daemon, client)
        with self.assertRaises(harness.Failure) as caught:
            login.result()
        self.assertEqual(caught.exception.name, 'Cancelled')

    def test_under_load(self):
        """SIGTERM in the middle of receiving and sending: what was promised is there after the next start."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        journal, first, last = client.call('Events', 'GetPosition')
        burst = sandbox.control('burst', from_='bob', to='alice', count=5000, content='number ')
        pending = [client.start('Conversations', 'SendText', '(sxs)', 'roster', ECHO, 'text %d' % i) for i in range(100)]
        client.wait_event('RosterMessages', lambda event: event.messages[0].id >= burst['first_mid'])
        self.stop_in_time(daemon, client)
        harness.wait_for(lambda: all(one.done for one in pending), 'every caller has an answer')
        promised = ['text %d' % i for i, one in enumerate(pending) if not one.failure]
        harness.turn()
        live = {event.serial: event for event in client.events if event.serial > last}
        again = daemon.start()
        again.wait_state('online')
        harness.wait_for(lambda: daemon.query(1001, 'SELECT count(*) FROM messages WHERE id BETWEEN ? AND ?', burst['first_mid'], burst['last_mid'])
                         == [(5000,)], 'all messages stored')
        harness.wait_for(lambda: again.get('Account', 'Queued') == 0, 'all messages sent')
        self.settle(again)
        self.assertEqual([one['content'] for one in sandbox.accepted('alice') if one['content'] in promised], promised)
        self.assertEqual(len({one['content'] for one in sandbox.accepted('alice')}), len(sandbox.accepted('alice')))
        events = [event for event, when in again.replay(journal, last)]
        told = [one.id for event in events if event.name == 'RosterMessages' for one in event.messages if one.conversation == 1002]
        self.assertEqual(told, list(range(burst['first_mid'], burst['last_mid'] + 1)))
        for event in events:
            if event.serial in live:
                self.assertEqual(event.name, live[event.serial].name)

    def test_bus_goes(self):
        sandbox, daemon, client = self.one()
        client.close()
        daemon.process.expected = {69}
        daemon.bus.end()
        self.assertEqual(daemon.process.wait(), 69)
        self.assertEqual(daemon.query(1001, 'PRAGMA integrity_check'), [('ok',)])

    def test_many_restarts(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        for i in range(5):
            client.send_text(ECHO, 'run %d' % i)
            daemon.stop()
            client = daemon.start()
            client.wait_state('online')
        harness.wait_for(lambda: client.get('Account', 'Queued') == 0, 'all sent')
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], ['run %d' % i for i in range(5)])
        self.assertEqual(len(sandbox.user('alice')['devices']), 1)

    def test_first_call_after_start(self):
        """The name comes when the account is there: who activates the daemon gets an answer to the first call."""
        sandbox, daemon, client = self.one()
        daemon.stop()
        again = daemon.start()
        self.assertEqual(len(again.call('Roster', 'List', '(b)', False)[0]), 4)
        self.assertGreater(again.send_text(ECHO, 'at once'), 0)


if __name__ == '__main__':
    harness.main()
