# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls in the middle of a login, a logout or a message: each is answered, the state is right, and confirmed changes are kept."""

import os
import signal

import harness
from harness import GLib

ECHO, TEAM = 1099, 2001


def login_call(client, user='alice'):
    return client.start('Account', 'Login', '(ssa{sv})', user, user + '-secret', {})


def logout_call(client, **options):
    return client.start('Account', 'Logout', '(a{sv})', {key: GLib.Variant('b', value) for key, value in options.items()})


class CornerTest(harness.Test):

    STATES = ('discovering', 'authenticating', 'connecting', 'waiting')

    def stuck(self, sandbox, client, state):
        """Begins a login that gets as far as that state and no further."""
        if state == 'discovering':
            sandbox.process.send_signal(signal.SIGSTOP)  # connections are taken, nobody speaks
        elif state == 'authenticating':
            sandbox.control('rest', path='/token/user', delay_ms=600000, count=1)
        elif state == 'connecting':
            sandbox.control('socket', delay_ms=600000)
        elif state == 'waiting':
            sandbox.control('rest', path='/token/user', status=500, count=-1)
        pending = login_call(client)
        client.wait_state(state)
        return pending

    def freed(self, sandbox):
        sandbox.process.send_signal(signal.SIGCONT)
        sandbox.control('socket', delay_ms=0)
        sandbox.control('rest', clear=True)

    def test_logout_during_login(self):
        sandbox, daemon, client = self.one(user=None)
        for state in self.STATES:
            with self.subTest(state=state):
                pending = self.stuck(sandbox, client, state)
                logout_call(client).result()
                self.assertEqual(client.state, 'signed-out')
                self.assertRaises(harness.Failure, pending.result)
                self.assertEqual(pending.failure.name, 'Cancelled')
                self.assertEqual((client.get('Account', 'UserId'), client.get('Account', 'NextRetry')), (0, 0))
                self.freed(sandbox)
                self.assertEqual(client.login('alice'), 1001)
                client.wait_sent(client.send_text(ECHO, state))
                logout_call(client).result()

    def test_group_taken_for_a_user(self):
        """A group's id in place of a user's is an error, and the conversation is not changed."""
        sandbox, daemon, client = self.one()
        self.fails('InvalidArguments', client.send_text, TEAM, 'to nobody', 'roster')
        client.call('Conversations', 'SetDraft', '(xss)', TEAM, '', 'to nobody')
        item = client.call('Conversations', 'Get', '(x)', TEAM)
        self.assertEqual((item['type'], item['name'], item['draft']), ('group', 'Team', 'to nobody'))

    def test_reconnect_in_every_state(self):
        sandbox, daemon, client = self.one(user=None)
        self.fails('NotLoggedIn', client.call, 'Account', 'Reconnect')
        for state in self.STATES:
            with self.subTest(state=state):
                pending = self.stuck(sandbox, client, state)
                for _ in range(3):
                    client.call('Account', 'Reconnect')
                self.freed(sandbox)
                if state in ('authenticating', 'connecting'):  # the answer that was held back never comes
                    logout_call(client).result()
                    pending = login_call(client)
                harness.wait_for(lambda: client.state == 'online' or client.call('Account', 'Reconnect'), 'it comes online')
                self.assertEqual(pending.result(), 1001)
                for _ in range(3):
                    client.call('Account', 'Reconnect')
                self.assertEqual(client.state, 'online')
                self.assertEqual(len(sandbox.user('alice')['devices']), 1)
                logout_call(client).result()
        client.login('alice')
        sandbox.control('kick', user='alice', type='KICKED_BY_OTHER_DEVICE')
        client.wait_state('blocked')
        client.call('Account', 'Reconnect')
        self.assertEqual(client.state, 'blocked')
        self.assertEqual(client.last_error[0], 'NotLoggedIn')

    def test_two_logins_at_once(self):
        sandbox, daemon, client = self.one(user=None)
        both = [login_call(client, user) for user in ('alice', 'bob')]
        harness.wait_for(lambda: all(one.done for one in both), 'two answers')
        self.assertEqual(both[0].result(), 1001)
        self.assertEqual(both[1].failure.name, 'AlreadyLoggedIn')
        self.assertEqual(client.get('Account', 'UserId'), 1001)

    def test_login_during_logout(self):
        """The last call to log in wins, with its own store, and every call is answered."""
        sandbox, daemon, client = self.one()
        mine = client.call('Events', 'GetPosition')[0]
        calls = []
        for user in ('bob', 'alice', 'carol', 'alice'):
            calls += [logout_call(client), login_call(client, user)]
        harness.wait_for(lambda: all(one.done for one in calls), 'all answers')
        self.assertEqual([one.failure for one in calls[::2]], [None] * 4)
        self.assertEqual([one.failure.name for one in calls[1:-1:2] if one.failure and one.failure.name != 'Cancelled'], [])
        self.assertEqual(calls[-1].result(), 1001)
        client.wait_state('online')
        self.assertEqual(client.call('Events', 'GetPosition')[0], mine)
        client.wait_sent(client.send_text(ECHO, 'the last one'))

    def test_calls_during_logout(self):
        """Calls before the logout succeed or fail; none of them has an effect on the next account."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sends = [client.start('Conversations', 'SendText', '(sxs)', 'roster', ECHO, 'text %d' % i) for i in range(50)]
        calls = [client.start('Roster', 'List', '(b)', True), client.start('Groups', 'GetInfo', '(xb)', 2001, True)]
        out = logout_call(client)
        calls += [client.start('Roster', 'List', '(b)', False)]
        back = login_call(client, 'bob')
        harness.wait_for(lambda: all(one.done for one in sends + calls + [out, back]), 'all answers')
        self.assertIsNone(out.failure)
        self.assertEqual(back.result(), 1002)
        self.assertEqual({one.failure.name for one in sends + calls if one.failure} - {'NotLoggedIn', 'Cancelled', 'Offline'}, set())
        kept = {one.value for one in sends if not one.failure}
        self.assertEqual(sandbox.accepted('bob'), [])
        logout_call(client).result()
        client.login('alice')
        harness.wait_for(lambda: client.get('Account', 'Queued') == 0, 'all that was promised is sent')
        self.assertEqual(len(sandbox.accepted('alice')), len(kept))
        self.assertTrue(all(one['duplicates'] == 0 or one['content'] for one in sandbox.accepted('alice')))

    def test_kicked_while_sending(self):
        """Some messages were accepted without an answer, some never arrived: after the next login each is there once."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('socket', ack='drop', count=1)
        texts = ['text %d' % i for i in range(10)]
        ids = [client.send_text(ECHO, one) for one in texts]
        sandbox.wait('accepted', user='alice', count=1)
        sandbox.control('kick', user='alice', type='KICKED_BY_OTHER_DEVICE')
        client.wait_state('blocked')
        ids.append(client.send_text(ECHO, 'written while blocked'))
        client.login('alice')
        for client_id in ids:
            client.wait_sent(client_id)
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], texts + ['written while blocked'])

    def test_erase_while_much_is_under_way(self):
        sandbox, daemon, client = self.one()
        sandbox.control('rest', path='/file/upload/chat', delay_ms=600000, count=-1)
        sandbox.control('stall', user='alice')
        picture = os.path.join(self.folder('files'), 'large')
        with open(picture, 'wb') as file:
            file.write(b'x' * 1000000)
        descriptors = harness.Gio.UnixFDList.new()
        with open(picture, 'rb') as file:
            descriptors.append(file.fileno())
        client.connection.call_with_unix_fd_list_sync(
            harness.BUS_NAME, harness.OBJECT, harness.BUS_NAME + '.Conversations', 'SendFile',
            GLib.Variant('(sxshsa{sv})', ('roster', ECHO, 'file', 0, 'large', {})), None, harness.Gio.DBusCallFlags.NONE, -1, descriptors, None)
        client.send_text(ECHO, 'never to be sent')
        calls = [client.start('Roster', 'GetItems', '(axb)', [1002], True), client.start('Conversations', 'FetchHistory', '(xxu)', ECHO, 0, 10)]
        self.fails('InvalidArguments', client.call, 'Account', 'Logout', '(a{sv})', {'erase': GLib.Variant('b', True)})
        logout_call(client, erase=True, discard=True).result()
        harness.wait_for(lambda: all(one.done for one in calls), 'all answers')
        self.assertFalse(os.path.exists(os.path.dirname(daemon.store_path(1001))))
        self.assertEqual(client.call('Files', 'ListTransfers'), [])
        client.login('alice')
        self.assertEqual(client.outbox(), [])
        self.assertEqual(sandbox.accepted('alice'), [])


if __name__ == '__main__':
    harness.main()
