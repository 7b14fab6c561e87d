# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at named points: after the next start nothing is lost and nothing is there twice, in the journal, the store and at the service."""

import signal

import harness

ECHO = 1099
BURST = 30
SENT = 6


class Scene:
    """Alice's daemon, which is killed while she receives and sends, and an application that keeps the serial that it has handled."""

    def __init__(self, test, name):
        self.test = test
        self.sandbox = test.sandbox('sandbox-' + name, args=['--page-size', '10'])
        self.sandbox.control('bot', on=False)
        self.daemon = test.daemon('flooimd-' + name, sandbox=self.sandbox)
        client = self.daemon.start()
        client.login('alice')
        self.sandbox.wait('delivered', user='alice')
        test.settle(client)
        self.journal, _, self.last = client.call('Events', 'GetPosition')
        self.daemon.stop()
        client.close()
        self.client = self.daemon.client()
        self.handled = {}          # serial -> event
        self.returned = {}         # text -> client_id that SendText returned
        self.tried = []            # texts in the order of the calls
        self.burst_ids = []

    def run_to_the_crash(self, point):
        """Starts the daemon, acts on it, and returns whether it was killed."""
        self.daemon.program = 'flooimd-crash'
        process = self.daemon.launch(FLOOIM_CRASH_AT=point)
        process.expected = {-signal.SIGKILL}
        harness.wait_for(lambda: self.client.state not in (None, 'signed-out') or not process.running, 'the account is there')
        if process.running and not self.burst_ids:
            answer = self.sandbox.control('burst', from_='bob', to='alice', count=BURST, content='received ')
            self.burst_ids = list(range(answer['first_mid'], answer['last_mid'] + 1))
        pending = []
        for i in range(SENT):
            text = '%s: sent %d' % (point, i)
            self.tried.append(text)
            pending.append((text, self.client.start('Conversations', 'SendText', '(sxs)', 'roster', ECHO, text)))
        for text, one in pending:
            harness.wait_for(lambda: one.done, 'a reply or the end')
            if not one.failure:
                self.returned[text] = one.value
        harness.wait_for(lambda: not process.running or self.all_done(), lambda: 'the crash at %s, or the end' % point)
        harness.turn()
        self.take_signals()
        if process.running:
            process.expected = {0}
            self.daemon.stop()
        return process.status == -signal.SIGKILL

    def all_done(self):
        told = {one.id for one in self.client.received(1002)}
        sent = {event.args[0] for event in self.client.named('SendingMessageStatusChanged') if event.args[1] == 'sent'}
        return told.issuperset(self.burst_ids) and sent.issuperset(self.returned.values())

    def take_signals(self):
        """As an application does: in order, without gaps, each once."""
        for event in self.client.events:
            if event.serial == self.last + 1:
                self.handled[event.serial] = event
                self.last = event.serial
        self.client.events.clear()

    def recover(self):
        """The next start: everything that is missing arrives."""
        self.daemon.program = 'flooimd'
        self.daemon.launch()
        self.daemon.wait_name(self.client)
        self.client.wait_state('online')
        if not self.burst_ids:
            answer = self.sandbox.control('burst', from_='bob', to='alice', count=BURST, content='received ')
            self.burst_ids = list(range(answer['first_mid'], answer['last_mid'] + 1))
        harness.wait_for(self.has_all, lambda: 'everything; missing: %s' % self.missing())
        self.test.settle(self.client)
        self.catch_up()

    def catch_up(self):
        for event, _ in self.client.replay(self.journal, self.last):
            self.test.assertEqual(event.serial, self.last + 1)
            self.handled[event.serial] = event
            self.last = event.serial

    def has_all(self):
        return not self.missing()

    def missing(self):
        have = {row[0] for row in self.daemon.query(1001, 'SELECT id FROM messages')}
        waiting = self.daemon.query(1001, 'SELECT client_id, state, content FROM outbox')
        return [one for one in self.burst_ids if one not in have] + waiting

    def check(self):
        test = self.test
        events = [self.handled[serial] for serial in sorted(self.handled)]
        told = [one for event in events if event.name == 'RosterMessages' for one in event.messages]
        ids = [one.id for one in told]
        test.assertEqual(len(ids), len(set(ids)), 'no message is told twice')
        test.assertEqual([one.id for one in told if one.conversation == 1002], self.burst_ids)
        accepted = self.sandbox.accepted('alice')
        texts = [one['content'] for one in accepted]
        test.assertEqual(len(texts), len(set(texts)), 'the service has no message twice')
        test.assertEqual([one for one in texts if one in self.returned], [one for one in self.tried if one in self.returned],
                         'what was promised was sent, in order')
        test.assertTrue(set(texts) <= set(self.tried))
        numbers = {one['content']: one for one in accepted}
        for text, client_id in self.returned.items():
            test.assertEqual(numbers[text]['client_mid'], client_id)
        stored = self.daemon.query(1001, 'SELECT id, client_id, content FROM messages WHERE conversation = ? ORDER BY id', ECHO)
        test.assertEqual(stored, [(one['server_mid'], one['client_mid'], one['content']) for one in accepted])
        test.assertEqual([one.id for one in told if one.conversation == ECHO], [one['server_mid'] for one in accepted])
        fates = [event.args[0] for event in events if event.name == 'SendingMessageStatusChanged' and event.args[1] == 'sent']
        test.assertEqual(sorted(fates), sorted(one['client_mid'] for one in accepted))
        unread = self.client.call('Conversations', 'Get', '(x)', 1002)['unread']
        test.assertEqual(unread, BURST + 2)


class CrashTest(harness.Test):

    def setUp(self):
        super().setUp()
        self.scenes = 0

    def crash(self, *points):
        """Whether it was killed at the last point."""
        self.scenes += 1
        scene = Scene(self, str(self.scenes))
        killed = False
        for point in points:
            killed = scene.run_to_the_crash(point)
        scene.recover()
        scene.check()
        scene.daemon.stop()
        scene.sandbox.stop()
        return killed

    def sweep(self, point, times, least):
        killed = 0
        for n in times:
            with self.subTest(point=point, n=n):
                killed += self.crash('%s:%d' % (point, n))
        self.assertGreaterEqual(killed, least, 'so often the point was reached')

    def test_before_commit(self):
        self.sweep('before-commit', range(1, 13), 4)

    def test_after_commit(self):
        self.sweep('after-commit', range(1, 13), 4)

    def test_before_frame(self):
        self.sweep('before-frame', (1, 2, SENT), 3)

    def test_ack_received(self):
        self.sweep('ack-received', (1, 2, SENT), 3)

    def test_again_and_again(self):
        self.assertTrue(self.crash('after-commit:4', 'before-frame', 'ack-received', 'before-commit:3', 'ack-received:2'))

    def test_first_login(self):
        """Killed while the store is made and filled."""
        for point in ('before-commit', 'after-commit'):
            for n in range(1, 5):
                with self.subTest(point=point, n=n):
                    sandbox = self.sandbox('sandbox-%s-%d' % (point, n))
                    daemon = self.daemon('%s-%d' % (point, n), sandbox=sandbox, program='flooimd-crash')
                    client = daemon.client()
                    process = daemon.launch(FLOOIM_CRASH_AT='%s:%d' % (point, n))
                    process.expected = {-signal.SIGKILL}
                    harness.wait_for(client.owner, 'the name')
                    login = client.start('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
                    process.wait()
                    harness.wait_for(lambda: login.done, 'the call ends')
                    daemon.program = 'flooimd'
                    daemon.launch()
                    daemon.wait_name(client)
                    if login.failure or client.state == 'signed-out':
                        try:
                            client.login('alice')
                        except harness.Failure as failure:
                            self.assertEqual(failure.name, 'AlreadyLoggedIn')
                    client.wait_state('online')
                    harness.wait_for(lambda: daemon.query(1001, 'SELECT count(*) FROM messages WHERE unread = 1') == [(4,)], 'the unread messages')
                    self.assertEqual(sorted(client.call('Roster', 'List', '(b)', False)[0]), [1002, 1003, 1006, 1099])
                    daemon.stop()


if __name__ == '__main__':
    harness.main()
