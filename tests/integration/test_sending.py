# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending over a distance: without waiting for answers, in order, once; and what answers there may be."""

import os
import shutil
import time

import harness

ECHO, BOB = 1099, 1002
TEXTS = 300


class SendingTest(harness.Test):

    def call_many(self, client, method, signature, calls):
        """All calls, some at a time; returns what they returned."""
        pending = []
        for arguments in calls:
            harness.wait_for(lambda: sum(not one.done for one in pending[-30:]) < 30, 'some calls return')
            pending.append(client.start('Conversations', method, signature, *arguments))
        return [one.result() for one in pending]

    def texts(self, sandbox, to=None):
        return [one['content'] for one in sandbox.accepted('alice') if to is None or one['to'] == to]

    def statuses(self, client, client_ids):
        """The statuses of each, in their order."""
        found = {one: [] for one in client_ids}
        for event in client.named('SendingMessageStatusChanged'):
            if event.args[0] in found:
                found[event.args[0]].append(event.args[1])
        return found

    def begin(self, sandbox, client):
        """A message to append to."""
        client_id = client.send_text(BOB, 'begin')
        client.wait_sent(client_id)
        return client_id

    def at_the_other_side(self, message):
        """What another device of the other user has of the message."""
        sandbox, client = self.sandboxes[0], self.other
        harness.wait_for(lambda: any(one.id == message for one in client.received()), 'the message')
        return harness.message(client.call('Conversations', 'GetMessage', '(x)', message)).content

    def test_distance(self):
        """Answers come after 200 ms: one after the other 600 of them would take two minutes."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        self.other = self.daemon('bob', sandbox=sandbox, bus=self.bus('bus-bob')).start()
        self.other.login('bob')
        began = self.begin(sandbox, client)
        [server_id] = [one['server_mid'] for one in sandbox.accepted('alice')]
        sandbox.control('socket', ack='late', ack_delay_ms=200)

        start = time.monotonic()
        ids = self.call_many(client, 'SendText', '(sxs)', [('roster', ECHO, 'text %d' % i) for i in range(TEXTS)])
        harness.wait_for(lambda: client.get('Account', 'Queued') == 0, 'all are sent')
        took_texts = time.monotonic() - start
        self.assertEqual(self.texts(sandbox, ECHO), ['text %d' % i for i in range(TEXTS)])

        start = time.monotonic()
        appends = self.call_many(client, 'Append', '(xsa{sv})', [(began, ' %d' % i, {}) for i in range(TEXTS)])
        harness.wait_for(lambda: client.outbox() == [], 'all are appended')
        took_appends = time.monotonic() - start
        print('# %d texts took %.1f s, %d appends %.1f s' % (TEXTS, took_texts, TEXTS, took_appends), flush=True)
        self.assertLess(took_texts, 15)
        self.assertLess(took_appends, 8)
        whole = 'begin' + ''.join(' %d' % i for i in range(TEXTS))
        self.assertEqual(harness.message(client.call('Conversations', 'GetMessage', '(x)', began)).content, whole)
        harness.wait_for(lambda: self.at_the_other_side(server_id) == whole, 'all has come', 30)
        self.settle(client)
        for one, statuses in self.statuses(client, ids + appends).items():
            self.assertEqual(statuses, ['queued', 'sending', 'sent'], one)

    def test_disorder(self):
        """Answers in any order, lost ones, refusals for the moment, cuts: everything once, in order but for what was refused."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        began = self.begin(sandbox, client)
        sandbox.control('socket', ack='random', ack_delay_ms=300, ack_lost=4, ack_seed=7)
        sandbox.control('message', status='RATE_LIMIT_EXCEEDED', user='alice', after=20, every=29, count=6)
        ids = []
        for part in range(4):
            ids += self.call_many(client, 'SendText', '(sxs)', [('roster', to, 'text %d' % i) for i in range(part * 40, part * 40 + 40)
                                                                  for to in (ECHO, BOB)])
            self.call_many(client, 'Append', '(xsa{sv})', [(began, ' %d' % i, {}) for i in range(part * 10, part * 10 + 10)])
            since = len(client.changes)
            sandbox.control('disconnect', how='drop', user='alice')
            client.wait_lost(since)
            client.call('Account', 'Reconnect')
            client.wait_state('online')
        sandbox.control('socket', ack='normal')
        sandbox.control('disconnect', how='drop', user='alice')
        harness.wait_for(lambda: client.outbox() == [], lambda: 'all is sent: %s' % client.outbox()[:3], 60)
        self.settle(client)
        refused = sandbox.refused()
        self.assertTrue(refused)
        for to in (ECHO, BOB):
            accepted = [one for one in sandbox.accepted('alice') if one['to'] == to and one['client_mid'] != began]
            self.assertEqual(sorted(one['content'] for one in accepted), sorted('text %d' % i for i in range(160)))
            order = [one['client_mid'] for one in accepted if one['content'] not in refused]
            self.assertEqual(order, sorted(order))
        content = harness.message(client.call('Conversations', 'GetMessage', '(x)', began)).content
        self.assertEqual(sorted(content.split()), sorted(['begin'] + [str(i) for i in range(40)]))
        self.assertEqual(content, sandbox.accepted('alice')[0]['content'])
        for one, statuses in self.statuses(client, ids).items():
            self.assertEqual((statuses.count('sent'), statuses[-1]), (1, 'sent'), one)

    def test_restored_backup(self):
        """A folder from a backup gives numbers again that the service knows: what it was given now is sent, and what was sent is not sent again."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        daemon.stop()
        with open(os.path.join(daemon.data_dir, 'sandbox', '1001.client-id'), 'w') as file:  # ids ahead of the clock, so that they grow by one
            print(int(time.time() * 1000) + 3600000, file=file)
        sandbox.control('socket', refuse=-1)
        client = daemon.start()
        client.wait_state('waiting')
        queued = client.send_text(ECHO, 'was queued')
        daemon.stop()
        backup = os.path.join(self.root, 'backup')
        shutil.copytree(daemon.data_dir, backup)
        sandbox.control('socket', refuse=0)
        client = daemon.start()
        client.wait_state('online')
        client.wait_sent(queued)
        old = client.send_text(ECHO, 'was sent later')
        client.wait_sent(old)
        daemon.stop()

        shutil.rmtree(daemon.data_dir)
        shutil.copytree(backup, daemon.data_dir)
        client = daemon.start()
        client.wait_state('online')
        client.wait_sent(queued)
        new = client.send_text(ECHO, 'was never sent')
        self.assertEqual(new, old)
        server_id = client.wait_sent(new)['server_mid']
        accepted = sandbox.accepted('alice')
        self.assertEqual([one['content'] for one in accepted], ['was queued', 'was sent later', 'was never sent'])
        self.assertEqual(server_id, accepted[2]['server_mid'])
        self.assertEqual(harness.message(client.call('Conversations', 'GetMessage', '(x)', new)).content, 'was never sent')
        after = client.send_text(ECHO, 'the next one')
        client.wait_sent(after)
        self.assertEqual(self.texts(sandbox)[3:], ['the next one'])

    def test_session_refused(self):
        """An answer that ends the session leaves nothing in `sending` without a word."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('socket', ack='drop', count=1)
        silent = client.send_text(BOB, 'no answer')
        client.wait_sent(silent, 'sending')
        sandbox.wait('accepted', user='alice', count=1)
        sandbox.control('message', status='USER_FROZEN', reason='frozen', user='alice')
        refused = client.send_text(ECHO, 'refused with the session')
        details = client.wait_event('SendingMessageStatusChanged', lambda one: one.args[0] == refused and 'error_code' in one.args[2]).args
        self.assertEqual((details[1], details[2]['error_code'], details[2]['error_reason']), ('queued', 10, 'frozen'))
        client.wait_state('blocked')
        self.assertEqual({one[0]: (one[8]['send_state'], one[8]['error']) for one in client.outbox()},
                         {silent: ('sending', '0: it waits for a connection, to be sent again'), refused: ('queued', '10: frozen')})

    def test_session_refused_by_licence(self):
        """So do those about the application; after the next login the message goes."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        for code, status in ((17, 'INVALID_LICENSE'), (18, 'LICENSE_LIMIT'), (19, 'APP_FROZEN')):
            sandbox.control('message', status=status, reason=status.lower(), user='alice')
            refused = client.send_text(ECHO, status)
            details = client.wait_event('SendingMessageStatusChanged', lambda one: one.args[0] == refused and 'error_code' in one.args[2]).args
            self.assertEqual((details[1], details[2]['error_code'], details[2]['error_reason']), ('queued', code, status.lower()))
            client.wait_state('blocked')
            client.login('alice')
            client.wait_sent(refused)


if __name__ == '__main__':
    harness.main()
