# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in and out, and what ends a session."""

import http.client
import json
import os
import shutil

import harness
from harness import GLib

PROGRESS = ['getting token...', 'token sucecc, getting roster lists..', 'socket connecting...', 'socket connect success...',
            'logining socket service...', 'login socket success.....']


def text(value):
    return GLib.Variant('s', value)


def flag(value):
    return GLib.Variant('b', value)


def fetch_token(sandbox, user):
    """A token as an application's own server would get it."""
    connection = http.client.HTTPConnection('127.0.0.1', sandbox.port, timeout=30)
    connection.request('POST', '/token/user', json.dumps({'name': user, 'password': user + '-secret'}),
                       {'Content-Type': 'application/json', 'app_id': 'sandbox'})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer['data']['user_id'], answer['data']['token']


def login(client, user, password=None, **options):
    return client.call('Account', 'Login', '(ssa{sv})', user, password or user + '-secret', options)


def notices(client, category):
    return [event.args[1] for event in client.named('FlooNotice') if event.args[0] == category]


class LoginTest(harness.Test):

    def token_requests(self, sandbox):
        return len([one for one in sandbox.control('requests')['requests'] if one['path'].startswith('/token/')])

    def test_login_by_name(self):
        sandbox, daemon, client = self.one(user=None)
        self.assertEqual(client.state, 'signed-out')
        self.assertEqual(client.get('Account', 'UserId'), 0)
        self.assertEqual(login(client, 'alice'), 1001)
        self.assertEqual(client.state, 'online')
        success = client.wait_event('LoginSuccess')
        self.assertGreater(success.serial, 0)
        device = sandbox.user('alice')['devices'][0]
        self.assertEqual(success.args[0], {'user_id': 1001, 'device_sn': device['device_sn']})
        self.assertEqual(notices(client, 'loginMessage'), PROGRESS)
        self.assertTrue(all(event.serial == 0 for event in client.named('FlooNotice')))
        for name, value in (('UserId', 1001), ('Username', 'alice'), ('AppId', 'sandbox'), ('DeviceSn', device['device_sn']),
                            ('Server', sandbox.origin), ('LastError', ('', '')), ('NextRetry', 0)):
            self.assertEqual(client.get('Account', name), value, name)
        seen = [state for state in client.states]
        self.assertEqual(seen, sorted(seen, key=['discovering', 'authenticating', 'connecting', 'online'].index))
        self.assertEqual(seen[-1], 'online')

    def test_status(self):
        sandbox, daemon, client = self.one()
        status = client.call('Account', 'GetStatus')
        self.assertEqual(status['State'], 'online')
        self.assertEqual(status['UserId'], 1001)
        self.assertGreater(status['connected_since'], 0)
        self.assertGreaterEqual(status['last_contact'], status['connected_since'])
        self.assertEqual(status['attempts'], 0)
        self.assertIn('127.0.0.1:%d' % sandbox.port, status['endpoint'])
        self.assertEqual(status['store'], daemon.store_path(1001))
        self.assertIs(status['keyring'], False)
        self.assertEqual(set(status), {'State', 'UserId', 'Username', 'AppId', 'DeviceSn', 'Server', 'LastError', 'NextRetry', 'UnreadTotal',
                                       'Queued', 'Failed', 'QrLogin', 'QrLoginExpires', 'Synced', 'DaemonVersion', 'last_contact', 'connected_since', 'attempts', 'endpoint', 'store', 'keyring',
                                       'left_out', 'left_out_reason'})
        self.assertEqual((status['left_out'], status['left_out_reason']), (0, ''))

    def test_files_are_private(self):
        sandbox, daemon, client = self.one()
        self.assertEqual(os.stat(daemon.store_path(1001)).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(os.path.dirname(daemon.store_path(1001))).st_mode & 0o777, 0o700)
        for folder, _, files in os.walk(os.path.join(daemon.root, 'data')):
            for name in files:
                self.assertEqual(os.stat(os.path.join(folder, name)).st_mode & 0o077, 0, name)

    def test_wrong_password(self):
        sandbox, daemon, client = self.one(user=None)
        self.secrets.append('wrong-word')
        reason = self.fails('LoginFailed', login, client, 'alice', 'wrong-word')
        self.assertIn('wrong password', reason)
        self.assertEqual(client.state, 'signed-out')
        self.assertEqual(client.last_error[0], 'LoginFailed')
        self.assertEqual(client.wait_event('LoginFail').args[0], 'token failure:wrong password')
        self.fails('LoginFailed', login, client, 'nobody')
        self.assertEqual(login(client, 'alice'), 1001)
        self.assertEqual(client.last_error, ('', ''))

    def test_no_such_application(self):
        sandbox, daemon, client = self.one(user=None)
        self.fails('NotFound', login, client, 'alice', app_id=text('nowhere'))
        self.assertEqual(client.state, 'signed-out')
        self.assertEqual(login(client, 'alice', app_id=text('sandbox')), 1001)

    def test_options_instead_of_configuration(self):
        sandbox = self.sandbox()
        daemon = self.daemon(config='[service]\nauto_login=true\n')
        client = daemon.start()
        self.fails('InvalidArguments', login, client, 'alice')
        self.assertEqual(login(client, 'alice', app_id=text('sandbox'), dns_server=text(sandbox.dns_server)), 1001)
        self.assertEqual(client.get('Account', 'AppId'), 'sandbox')

    def test_already_logged_in(self):
        sandbox, daemon, client = self.one(user=None)
        sandbox.hold('/token/user')
        first = client.start('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
        client.wait_state('authenticating')
        self.fails('AlreadyLoggedIn', login, client, 'bob')
        sandbox.wait('request', path='/token/user')
        sandbox.release()
        self.assertEqual(first.result(), 1001)
        self.fails('AlreadyLoggedIn', login, client, 'alice')
        self.fails('AlreadyLoggedIn', client.call, 'Account', 'LoginById', '(xsa{sv})', 1002, 'bob-secret', {})
        self.assertEqual(client.state, 'online')

    def test_login_by_id(self):
        sandbox, daemon, client = self.one(user=None)
        self.fails('LoginFailed', client.call, 'Account', 'LoginById', '(xsa{sv})', 1002, 'alice-secret', {})
        self.assertIsNone(client.call('Account', 'LoginById', '(xsa{sv})', 1002, 'bob-secret', {}))
        self.assertEqual(client.get('Account', 'UserId'), 1002)
        self.assertEqual(client.state, 'online')
        self.assertTrue(any(one['path'] == '/token/id' for one in sandbox.control('requests')['requests']))

    def test_login_with_token(self):
        sandbox, daemon, client = self.one(user=None)
        user_id, token = fetch_token(sandbox, 'carol')
        self.secrets.append(token)
        self.fails('LoginFailed', client.call, 'Account', 'LoginWithToken', '(xsa{sv})', user_id, 'f' * 32, {})
        self.assertEqual(client.state, 'signed-out')
        client.call('Account', 'LoginWithToken', '(xsa{sv})', user_id, token, {})
        self.assertEqual(client.state, 'online')
        self.assertEqual(client.get('Account', 'UserId'), 1003)
        sandbox.control('user', user='carol', void_tokens=True)
        self.assertRaises(harness.Failure, client.call, 'Roster', 'List', '(b)', True)
        client.wait_state('blocked')
        self.assertEqual(client.last_error[0], 'NotLoggedIn')

    def test_logout(self):
        sandbox, daemon, client = self.one()
        client.call('Account', 'Logout', '(a{sv})', {})
        self.assertEqual(client.state, 'signed-out')
        self.assertEqual(client.get('Account', 'UserId'), 0)
        sandbox.wait('disconnected', user='alice')
        self.fails('NotLoggedIn', client.call, 'Roster', 'List', '(b)', False)
        self.fails('NotLoggedIn', client.call, 'Events', 'GetPosition')
        client.call('Account', 'Logout', '(a{sv})', {})
        for option in 'erase', 'everywhere':
            self.assertIn('Nobody is logged in', self.fails('NotLoggedIn', client.call, 'Account', 'Logout', '(a{sv})', {option: flag(True)}))
        self.assertTrue(os.path.exists(daemon.store_path(1001)))
        daemon.stop()
        again = daemon.start()
        harness.turn()
        self.assertEqual(again.state, 'signed-out')
        self.assertEqual(login(again, 'alice'), 1001)

    def test_logout_keeps_what_waits(self):
        sandbox, daemon, client = self.one(persist=True)
        journal = client.call('Events', 'GetPosition')[0]
        sandbox.stop()
        client_id = client.send_text(1099, 'written while away')
        client.call('Account', 'Logout', '(a{sv})', {})
        sandbox.start()
        login(client, 'alice')
        client.wait_sent(client_id)
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], ['written while away'])
        self.assertEqual(client.call('Events', 'GetPosition')[0], journal)

    def test_erase(self):
        sandbox, daemon, client = self.one(persist=True)
        journal = client.call('Events', 'GetPosition')[0]
        sandbox.stop()
        client_id = client.send_text(1099, 'never to be sent')
        harness.wait_for(lambda: client.get('Account', 'Queued') == 1, 'one message queued')
        self.fails('InvalidArguments', client.call, 'Account', 'Logout', '(a{sv})', {'erase': flag(True)})
        self.assertTrue(os.path.exists(daemon.store_path(1001)))
        client.call('Account', 'Logout', '(a{sv})', {'erase': flag(True), 'discard': flag(True)})
        self.assertFalse(os.path.exists(daemon.store_path(1001)))
        sandbox.start()
        login(client, 'alice')
        self.assertNotEqual(client.call('Events', 'GetPosition')[0], journal)
        second = client.send_text(1099, 'after all')
        self.assertGreater(second, client_id)
        client.wait_sent(second)
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], ['after all'])

    def test_register(self):
        sandbox, daemon, client = self.one(user=None)
        self.secrets += ['frank-secret', 'another-secret']
        user_id = client.call('Account', 'Register', '(ssa{sv})', 'frank', 'frank-secret', {})
        self.assertGreater(user_id, 0)
        self.assertEqual(client.state, 'signed-out')
        reason = self.fails('Taken', client.call, 'Account', 'Register', '(ssa{sv})', 'frank', 'another-secret', {})
        self.assertTrue(reason.startswith('10004: '), reason)
        self.assertEqual(login(client, 'frank'), user_id)

    def test_comes_back_after_restart(self):
        sandbox, daemon, client = self.one()
        self.assertEqual(self.token_requests(sandbox), 1)
        device = client.get('Account', 'DeviceSn')
        daemon.stop()
        again = daemon.start()
        again.wait_state('online')
        self.assertEqual(again.get('Account', 'UserId'), 1001)
        self.assertEqual(again.get('Account', 'Username'), 'alice')
        self.assertEqual(again.get('Account', 'DeviceSn'), device)
        self.assertEqual(self.token_requests(sandbox), 1, 'the stored token logs in')
        self.assertEqual(len(sandbox.user('alice')['devices']), 1)

    def test_no_automatic_login(self):
        sandbox = self.sandbox()
        daemon = self.daemon(config='[service]\napp_id=sandbox\ndns_server=%s\nauto_login=false\n' % sandbox.dns_server)
        login(daemon.start(), 'alice')
        daemon.stop()
        again = daemon.start()
        self.assertEqual(again.call('Account', 'GetStatus')['State'], 'signed-out')
        self.assertEqual(login(again, 'alice'), 1001)

    def test_password_not_remembered(self):
        sandbox, daemon, client = self.one(user=None)
        login(client, 'alice', remember=flag(False))
        self.assertFalse(self.stored(daemon, 'alice-secret'))
        daemon.stop()
        again = daemon.start()
        again.wait_state('online')
        sandbox.control('user', user='alice', void_tokens=True)
        self.assertRaises(harness.Failure, again.call, 'Roster', 'List', '(b)', True)
        again.wait_state('blocked')
        self.assertEqual(again.last_error[0], 'NotLoggedIn')
        self.assertEqual(login(again, 'alice'), 1001)

    def stored(self, daemon, secret):
        for folder, _, files in os.walk(os.path.join(daemon.root, 'data')):
            for name in files:
                with open(os.path.join(folder, name), 'rb') as file:
                    if secret.encode() in file.read():
                        return True
        return False

    def test_void_token_is_replaced(self):
        sandbox, daemon, client = self.one()
        sandbox.control('user', user='alice', void_tokens=True)
        since = len(client.events)
        self.assertRaises(harness.Failure, client.call, 'Roster', 'List', '(b)', True)
        client.wait_event('FlooNotice', lambda event: event.args == ('action', 'relogin'), since=since)
        client.wait_event('LoginSuccess', since=since)
        client.wait_state('online')
        self.assertEqual(client.last_error, ('', ''))
        self.assertEqual(self.token_requests(sandbox), 2)
        self.assertEqual([one for one in notices(client, 'action')], ['relogin'])
        self.assertEqual(len(client.call('Roster', 'List', '(b)', True)[0]), 4)

    def test_void_token_at_the_socket(self):
        sandbox, daemon, client = self.one()
        sandbox.control('provision', status='INVALID_TOKEN', reason='token expired')
        since = len(client.events)
        self.reconnect(sandbox, client)
        client.wait_event('FlooNotice', lambda event: event.args == ('action', 'relogin'), since=since)
        self.assertEqual(self.token_requests(sandbox), 2)

    def kicked(self, kind, error):
        sandbox, daemon, client = self.one()
        [self.device] = sandbox.user('alice')['devices']
        since = len(client.events)
        sandbox.control('kick', user='alice', type=kind)
        client.wait_state('blocked')
        self.assertEqual(client.last_error[0], error)
        client.wait_event('FlooNotice', lambda event: event.args == ('userNotice', kind), since=since)
        wanted = [('userNotice', kind)]
        if kind != 'KICK_BY_SAME_DEVICE':
            wanted.insert(0, ('action', 'relogin_manually'))
        told = [event.args for event in client.events[since:] if event.name == 'FlooNotice' and event.args[0] in ('action', 'userNotice')]
        self.assertEqual(told, wanted)
        self.assertEqual(client.get('Account', 'NextRetry'), 0)
        sandbox.wait('disconnected', user='alice')
        # What is here can still be read.
        self.assertIn(1002, client.call('Roster', 'List', '(b)', False)[0])
        return sandbox, daemon, client

    def test_kicked_by_another_device(self):
        sandbox, daemon, client = self.kicked('KICKED_BY_OTHER_DEVICE', 'NotLoggedIn')
        daemon.stop()
        again = daemon.start()
        harness.turn()
        self.assertNotEqual(again.state, 'online')
        self.assertEqual(login(again, 'alice'), 1001)

    def test_kicked_by_the_same_device(self):
        sandbox, daemon, client = self.kicked('KICK_BY_SAME_DEVICE', 'NotLoggedIn')
        self.assertEqual(login(client, 'alice'), 1001)
        [device] = sandbox.user('alice')['devices']
        self.assertNotEqual((device['guid'], device['device_sn']), (self.device['guid'], self.device['device_sn']), 'it is another device now')

    def test_frozen_while_online(self):
        sandbox, daemon, client = self.kicked('FROZEN', 'Frozen')
        self.fails('Frozen', login, client, 'alice')

    def test_frozen(self):
        sandbox, daemon, client = self.one(user=None)
        sandbox.control('user', user='alice', frozen=True)
        self.fails('Frozen', login, client, 'alice')
        self.assertEqual(client.wait_event('FlooError').args[0], 'USER_FROZEN')
        client.wait_event('FlooNotice', lambda event: event.args == ('action', 'relogin_manually'))
        self.assertNotIn(client.state, ('online', 'waiting'))
        self.assertEqual(client.get('Account', 'NextRetry'), 0)
        sandbox.control('user', user='alice', frozen=False)
        self.assertEqual(login(client, 'alice'), 1001)

    def test_states_of_the_application(self):
        sandbox, daemon, client = self.one(user=None)
        for status, error, category in (('banned', 'Banned', 'APP_BANNED'), ('frozen', 'Frozen', 'APP_FROZEN'),
                                        ('revoked', 'AppUnavailable', 'APP_REVOKED')):
            with self.subTest(status=status):
                sandbox.control('settings', app_status=status)
                since = len(client.events)
                self.assertIn(self.error_of(login, client, 'alice'), (error, 'AppUnavailable'))
                client.wait_event('FlooError', lambda event: event.args[0] == category, since=since)
        sandbox.control('settings', app_status='normal')
        self.assertEqual(login(client, 'alice'), 1001)

    def error_of(self, function, *args):
        with self.assertRaises(harness.Failure) as caught:
            function(*args)
        return caught.exception.name

    def reconnect(self, sandbox, client):
        since, changes = len(client.events), len(client.changes)
        sandbox.control('disconnect', how='drop')
        client.wait_lost(changes)
        client.call('Account', 'Reconnect')
        client.wait_online(since)

    def test_the_login_is_kept_once(self):
        """The secrets are written where they have changed, not with every connection."""
        def kept():
            status = os.stat(os.path.join(daemon.data_dir, 'login.json'))
            return status.st_ino, status.st_mtime_ns
        sandbox, daemon, client = self.one()
        self.reconnect(sandbox, client)
        daemon.stop()
        before = kept()
        client = daemon.start()
        client.wait_online()
        self.reconnect(sandbox, client)
        daemon.stop()
        self.assertEqual(kept(), before)
        client = daemon.start()
        client.wait_online()
        since = len(client.events)
        sandbox.control('user', user='alice', void_tokens=True)
        self.assertRaises(harness.Failure, client.call, 'Roster', 'List', '(b)', True)
        client.wait_event('LoginSuccess', since=since)
        daemon.stop()
        self.assertNotEqual(kept(), before)

    def test_the_login_is_kept_as_soon_as_it_can_be(self):
        sandbox = self.sandbox()
        daemon = self.daemon(sandbox=sandbox)
        path = os.path.join(daemon.data_dir, 'login.json')
        os.makedirs(os.path.join(path, 'in the way'), mode=0o700)
        client = daemon.start()
        client.login('alice')
        harness.wait_for(lambda: 'could not be stored' in daemon.process.text(), 'it is told')
        shutil.rmtree(path)
        self.reconnect(sandbox, client)
        daemon.stop()
        daemon.start().wait_state('online')

    def test_offline_for_now(self):
        """No connection until it is wanted again; what came meanwhile is in when Synced says so."""
        sandbox, daemon, client = self.one(user=None)
        self.fails('NotLoggedIn', client.call, 'Account', 'SetOnline', '(b)', False)
        login(client, 'alice')
        harness.wait_for(lambda: client.get('Account', 'Synced'), 'all that waited is in')
        sandbox.wait('delivered', user='alice')
        client.call('Account', 'SetOnline', '(b)', False)
        client.call('Account', 'SetOnline', '(b)', False)
        sandbox.wait('disconnected', user='alice')
        self.assertEqual((client.state, client.get('Account', 'NextRetry'), client.get('Account', 'Synced')), ('offline', 0, False))
        self.fails('Offline', client.call, 'Roster', 'List', '(b)', True)
        waits = client.send_text(1002, 'written offline')
        for number in range(3):
            sandbox.send('carol', 1001, 'while away %d' % number)
        since = len(client.events)
        client.call('Account', 'SetOnline', '(b)', True)
        harness.wait_for(lambda: client.get('Account', 'Synced'), 'all that waited is in')
        got = [client.call('Conversations', 'GetMessages', '(xa{sv})', 1003, {'local': flag(True)})[0][-1][5]]
        self.assertEqual(got, ['while away 2'])
        client.wait_online(since)
        client.wait_sent(waits)
        client.call('Account', 'SetOnline', '(b)', False)
        client.call('Account', 'Reconnect')
        client.wait_online(since)

    def test_two_instances(self):
        sandbox = self.sandbox()
        first = self.daemon(sandbox=sandbox)
        second = self.daemon('second', sandbox=sandbox, instance='work', bus=first.bus)
        alice, bob = first.start(), second.start()
        self.assertEqual(alice.login('alice'), 1001)
        self.assertEqual(bob.login('bob'), 1002)
        self.assertEqual(alice.get('Account', 'UserId'), 1001)
        bob.send_text(1001, 'from one instance to the other')
        alice.wait_message(lambda one: one.content == 'from one instance to the other')


if __name__ == '__main__':
    harness.main()
