# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface Account beyond login: profile, settings, devices, push tokens, passwords and the end of an account."""

import json
import os
import sqlite3

from gi.repository import GLib

import harness
from peer import Peer, Refused


def text(value):
    return GLib.Variant('s', value)


class AccountTest(harness.Test):

    def scene(self, **arguments):
        self.service, self.server, self.client = self.one(**arguments)

    def account(self, method, signature='()', *args):
        return self.client.call('Account', method, signature, *args)

    def requests(self, path):
        return [one for one in self.service.control('requests')['requests'] if one['path'] == path]

    def test_profile(self):
        self.scene()
        profile = self.account('GetProfile', '(b)', False)
        self.assertEqual(profile, {'user_id': 1001, 'username': 'alice', 'nick_name': 'Alice', 'mobile': '13800001001', 'email': '', 'avatar': '',
                                   'description': 'Owner of Team', 'private_info': '', 'public_info': ''})
        self.account('UpdateProfile', '(a{sv})', {'description': text('新的'), 'private_info': text('p'), 'public_info': text('q')})
        self.account('SetNickname', '(s)', 'Alicia')
        self.account('SetMobile', '(s)', '13900000000')
        changed = dict(profile, description='新的', private_info='p', public_info='q', nick_name='Alicia', mobile='13900000000')
        self.assertEqual(self.account('GetProfile', '(b)', True), changed)
        self.assertEqual(self.account('GetProfile', '(b)', False), changed)
        self.assertTrue(self.fails('Taken', self.account, 'SetMobile', '(s)', '13800001002').startswith('11012: '))
        for field, value in (('email', text('a@b')), ('nick_name', GLib.Variant('i', 1)), ('nonsense', text(''))):
            self.assertIn(field, self.fails('InvalidArguments', self.account, 'UpdateProfile', '(a{sv})', {field: value}))

    def test_profile_is_kept(self):
        self.scene()
        profile = self.account('GetProfile', '(b)', False)
        asked = len(self.requests('/user/profile'))
        self.assertEqual(self.account('GetProfile', '(b)', False), profile)
        self.assertEqual(len(self.requests('/user/profile')), asked)
        Peer(self.service, 'alice').post('/user/profile', nick_name='A.')
        self.client.wait_event('FlooNotice', lambda event: event.args == ('userNotice', 'INFO_UPDATED'))
        self.assertEqual(self.account('GetProfile', '(b)', False)['nick_name'], 'A.')
        self.service.stop()
        self.client.wait_state('waiting')
        self.assertEqual(self.account('GetProfile', '(b)', False)['nick_name'], 'A.')
        self.fails('Offline', self.account, 'GetProfile', '(b)', True)
        self.service.start()

    def test_settings(self):
        self.scene()
        settings = self.account('GetSettings')
        self.assertEqual(set(settings), {'auth_answer', 'auth_mode', 'auth_question', 'auto_download', 'group_confirm', 'id', 'no_push',
                                         'no_push_detail', 'no_push_end_hour', 'no_push_start_hour', 'no_sounds', 'push_nick_name', 'push_token',
                                         'silence_end_time', 'silence_start_time', 'user_id', 'vibratory'})
        self.account('SetAuthMode', '(i)', 2)
        self.account('UpdateSettings', '(a{sv})', {'auth_question': text('?'), 'auth_answer': text('!'), 'no_push': GLib.Variant('b', True),
                                                   'no_push_start_hour': GLib.Variant('u', 22), 'no_push_end_hour': GLib.Variant('x', 7)})
        changed = dict(settings, auth_mode=2, auth_question='?', auth_answer='!', no_push=True, no_push_start_hour=22, no_push_end_hour=7)
        self.assertEqual(self.account('GetSettings'), changed)
        self.fails('InvalidArguments', self.account, 'SetAuthMode', '(i)', 4)
        self.fails('InvalidArguments', self.account, 'UpdateSettings', '(a{sv})', {'user_id': GLib.Variant('x', 1)})
        self.assertIn('no_push_start_hour', self.fails('InvalidArguments', self.account, 'UpdateSettings', '(a{sv})',
                                                       {'no_push_start_hour': GLib.Variant('i', 24)}))
        self.service.stop()
        self.client.wait_state('waiting')
        self.assertEqual(self.account('GetSettings'), changed)
        self.service.start()

    def test_devices(self):
        self.scene()
        other = self.daemon('other', sandbox=self.service).start()
        other.login('alice')
        self.come_to_rest(self.service, other, 'alice')
        devices = self.account('ListDevices')
        mine = self.client.get('Account', 'DeviceSn')
        theirs = other.get('Account', 'DeviceSn')
        self.assertEqual({one['device_sn'] for one in devices}, {mine, theirs})
        self.assertEqual(set(devices[0]), {'device_sn', 'platform', 'user_agent', 'user_id'})
        self.account('KickDevice', '(u)', theirs)
        other.wait_state('blocked')
        self.assertEqual(other.last_error[0], 'NotLoggedIn')
        other.wait_event('FlooNotice', lambda event: event.args == ('userNotice', 'KICKED_BY_OTHER_DEVICE'))
        self.assertEqual([event.args for event in other.named('FlooNotice')][-2:],
                         [('action', 'relogin_manually'), ('userNotice', 'KICKED_BY_OTHER_DEVICE')])
        self.assertEqual([one['device_sn'] for one in self.account('ListDevices')], [mine])
        self.fails('NotFound', self.account, 'KickDevice', '(u)', theirs)
        self.fails('InvalidArguments', self.account, 'KickDevice', '(u)', 0)
        self.assertEqual(self.client.state, 'online')

    def test_push_token(self):
        self.scene()
        mine = self.client.get('Account', 'DeviceSn')
        self.account('BindPushToken', '(uss)', mine, 'push-token', 'notifier')
        self.account('UnbindPushToken', '(u)', mine)
        self.fails('NotFound', self.account, 'BindPushToken', '(uss)', 5, 'push-token', 'notifier')
        self.fails('NotFound', self.account, 'UnbindPushToken', '(u)', 5)

    def test_app_config(self):
        self.scene()
        told, settings = json.loads(self.account('GetAppConfig')), self.account('GetAppSettings')
        self.assertEqual(told['app_id'], 'sandbox')
        self.assertEqual(settings, {key: told[key] for key in settings})
        self.assertLessEqual({'message_forward_max_user_num', 'account_verification_status'}, set(settings))

    def test_register(self):
        self.scene(user=None)
        self.secrets.append('new-secret')
        user_id = self.account('Register', '(ssa{sv})', 'newcomer', 'new-secret', {})
        self.assertEqual(self.account('Login', '(ssa{sv})', 'newcomer', 'new-secret', {}), user_id)
        self.assertTrue(self.fails('Taken', self.account, 'Register', '(ssa{sv})', 'alice', 'new-secret', {}).startswith('10004: '))

    # -- the password --

    def test_change_password(self):
        self.scene()
        self.secrets.append('other-secret')
        since = len(self.client.events)
        self.fails('LoginFailed', self.account, 'ChangePassword', '(ss)', 'wrong-secret', 'other-secret')
        self.fails('InvalidArguments', self.account, 'ChangePassword', '(ss)', 'alice-secret', 'x')
        self.fails('InvalidArguments', self.account, 'ChangePassword', '(ss)', 'alice-secret', '')
        self.account('ChangePassword', '(ss)', 'alice-secret', 'other-secret')
        self.client.wait_event('LoginSuccess', since=since)
        self.client.wait_state('online')
        self.assertEqual(self.client.last_error, ('', ''))
        self.assertNotIn('blocked', self.client.states)
        said = [event.args for event in self.client.events[since:] if event.name == 'FlooNotice' and event.args[0] != 'loginMessage']
        self.assertNotIn(('action', 'relogin_manually'), said)
        self.client.wait_sent(self.client.send_text(1099, 'still here'))
        with self.assertRaises(Refused):
            Peer(self.service, 'alice')
        self.server.stop()
        self.client = self.server.start()
        self.service.control('user', user='alice', void_tokens=True)
        self.client.wait_state('online')

    def test_change_password_while_the_connection_goes(self):
        """A change that never reached the service does not hide a later notice of a change."""
        self.scene()
        store = sqlite3.connect(self.server.store_path(1001), isolation_level=None)
        store.execute('BEGIN IMMEDIATE')  # the daemon's next write waits
        since = len(self.client.changes)
        change = self.client.start('Account', 'ChangePassword', '(ss)', 'alice-secret', 'x')
        harness.wait_for(lambda: 'Account.ChangePassword' in self.server.process.text(), 'the call')
        self.service.stop()
        self.client.wait_lost(since)
        store.execute('ROLLBACK')
        store.close()
        self.fails('Offline', change.result)
        harness.wait_for(lambda: not self.server.query(1001, "SELECT value FROM account WHERE key = 'password_change'"), 'nothing is expected')

    def test_change_password_with_messages_waiting(self):
        """What is not acknowledged when the device number becomes void goes out exactly once."""
        self.scene()
        self.secrets.append('other-secret')
        self.service.control('socket', ack='drop', count=1)
        uncertain = self.client.send_text(1099, 'once')
        self.service.wait('accepted', user='alice', count=1)
        self.account('ChangePassword', '(ss)', 'alice-secret', 'other-secret')
        self.client.wait_sent(uncertain)
        self.assertEqual([one['content'] for one in self.service.accepted('alice')].count('once'), 1)

    def test_same_text_from_another_device(self):
        """A lost message is not mistaken for sent because another device of the user sent the same text."""
        self.scene()
        self.secrets.append('other-secret')
        self.service.control('bot', on=False)
        self.service.control('stall', user='alice')
        lost = self.client.send_text(1099, 'ok')
        self.client.wait_sent(lost, 'sending')
        other = self.daemon('another', sandbox=self.service).start()
        other.login('alice')
        other.wait_sent(other.send_text(1099, 'ok'))
        self.account('ChangePassword', '(ss)', 'alice-secret', 'other-secret')
        self.client.wait_sent(lost)
        self.assertEqual([one['content'] for one in self.service.accepted('alice')], ['ok', 'ok'])
        mids = [one['server_mid'] for one in self.service.accepted('alice')]
        self.assertEqual(harness.message(self.client.call('Conversations', 'GetMessage', '(x)', lost)).id, max(mids))

    def test_password_changed_by_another_device(self):
        self.scene()
        peer = Peer(self.service, 'alice')
        peer.post('/user/change_password', old_password='alice-secret', new_password='other-secret')
        self.client.wait_state('blocked')
        self.assertEqual(self.client.last_error[0], 'NotLoggedIn')
        self.secrets.append('other-secret')
        self.account('Login', '(ssa{sv})', 'alice', 'other-secret', {})
        self.client.wait_state('online')

    def test_delete_account(self):
        self.scene()
        self.fails('LoginFailed', self.account, 'DeleteAccount', '(s)', 'wrong-secret')
        folder = os.path.dirname(self.server.store_path(1001))
        self.assertTrue(os.path.exists(self.server.store_path(1001)))
        self.account('DeleteAccount', '(s)', 'alice-secret')
        self.assertEqual(self.client.state, 'signed-out')
        self.assertFalse(os.path.exists(self.server.store_path(1001)))
        self.assertEqual([name for name in os.listdir(folder) if name.startswith('store')] if os.path.exists(folder) else [], [])
        self.fails('LoginFailed', self.client.login, 'alice', False)
        self.server.stop()
        self.client = self.server.start()
        self.assertEqual(self.client.state, 'signed-out')

    def test_app_id(self):
        self.scene(user=None)
        self.assertEqual(self.client.get('Account', 'AppId'), 'sandbox')
        self.client.login('alice')
        self.account('Logout', '(a{sv})', {})
        self.assertEqual(self.client.get('Account', 'AppId'), 'sandbox')

    def test_offline(self):
        self.scene()
        self.service.stop()
        self.client.wait_state('waiting')
        for method, signature, *args in (('SetNickname', '(s)', 'x'), ('ListDevices', '()'), ('GetAppConfig', '()'),
                                         ('ChangePassword', '(ss)', 'a', 'b'), ('DeleteAccount', '(s)', 'a')):
            self.fails('Offline', self.account, method, signature, *args)
        self.service.start()


harness.main()
