# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties and their change signals."""

import harness

ECHO = 1099


class PropertiesTest(harness.Test):

    def test_changes_tell_every_value(self):
        """The last value of each property in the change signals is what Get says."""
        sandbox, daemon, client = self.one()
        mid = sandbox.send('bob', 'alice', 'one more')
        client.wait_message(lambda one: one.id == mid)
        client.wait_sent(client.send_text(ECHO, 'hello'))
        client.wait_message(lambda one: one.content == 'echo: hello')
        self.settle(client)

        changed = ('State', 'UserId', 'DeviceSn', 'Server', 'UnreadTotal', 'Username')

        def agree():
            return (all(client.told(name)[-1:] == [client.get('Account', name)] for name in changed)
                    and all(client.told(name)[-1:] in ([], [client.get('Account', name)]) for name in ('Queued', 'LastError', 'NextRetry')))
        harness.wait_for(agree, 'the signals say what the properties are')
        for name in changed + ('AppId',):
            values = client.told(name)
            for one, other in zip(values, values[1:]):
                self.assertNotEqual(one, other, '%s is told only when it changes' % name)
        for name in ('Version', 'DaemonVersion'):
            self.assertEqual(client.told(name), [])

    def test_unread_total(self):
        sandbox, daemon, client = self.one()
        harness.wait_for(lambda: client.told('UnreadTotal')[-1:] == [4], 'four unread at the login')
        sandbox.send('bob', 'alice', 'fifth')
        harness.wait_for(lambda: client.told('UnreadTotal')[-1] == 5, 'five')
        client.call('Conversations', 'MarkRead', '(xxa{sv})', 1002, 0, {})
        harness.wait_for(lambda: client.told('UnreadTotal')[-1] == 2, 'two')
        # Carol is muted: she does not count.
        mid = sandbox.send('carol', 'alice', 'psst')
        client.wait_message(lambda one: one.id == mid)
        self.assertEqual(client.call('Conversations', 'Get', '(x)', 1003)['muted'], True)
        self.assertEqual(client.get('Account', 'UnreadTotal'), 2)
        daemon.stop()
        again = daemon.start()
        again.wait_state('online')
        self.assertEqual(again.get('Account', 'UnreadTotal'), 2)

    def test_queued(self):
        sandbox, daemon, client = self.one(persist=True)
        sandbox.stop()
        for i in range(3):
            client.send_text(ECHO, 'waits %d' % i)
        harness.wait_for(lambda: client.told('Queued')[-1:] == [3], 'three queued')
        daemon.stop()
        client = daemon.start()
        harness.wait_for(lambda: client.get('Account', 'Queued') == 3, 'three queued, still')
        sandbox.start()
        client.call('Account', 'Reconnect')
        harness.wait_for(lambda: client.told('Queued')[-1:] == [0], 'none queued')
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], ['waits 0', 'waits 1', 'waits 2'])

    def test_last_error(self):
        sandbox, daemon, client = self.one(persist=True)
        sandbox.stop()
        harness.wait_for(lambda: client.told('LastError') and client.told('LastError')[-1][0], 'an error')
        name, text = client.told('LastError')[-1]
        self.assertEqual(name, harness.ERROR_PREFIX + 'Offline')
        self.assertTrue(text)
        harness.wait_for(lambda: any(client.told('NextRetry')), 'a time of the next try')
        sandbox.start()
        client.call('Account', 'Reconnect')
        harness.wait_for(lambda: client.told('LastError')[-1] == ('', ''), 'no error')
        client.wait_state('online')

    def test_logout_resets(self):
        sandbox, daemon, client = self.one()
        client.call('Account', 'Logout', '(a{sv})', {})
        harness.wait_for(lambda: client.states[-1] == 'signed-out', 'signed out')
        for name, value in (('UserId', 0), ('Username', ''), ('DeviceSn', 0), ('Server', ''), ('UnreadTotal', 0), ('Queued', 0), ('LastError', ('', '')),
                            ('NextRetry', 0), ('AppId', 'sandbox')):
            with self.subTest(name=name):
                self.assertEqual(client.get('Account', name), value)


if __name__ == '__main__':
    harness.main()
