# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong arguments and calls at the wrong time: the exact error of each."""

import harness
from harness import Gio, GLib

ECHO = 1099
NOBODY = 7777


def v(kind, value):
    return GLib.Variant(kind, value)


# Every method that needs a login: interface, method, signature, arguments.
NEED_LOGIN = [
    ('Account', 'Reconnect', '()', ()),
    ('Roster', 'List', '(b)', (False,)),
    ('Roster', 'GetItems', '(axb)', ([1002], False)),
    ('Groups', 'ListJoined', '(b)', (False,)),
    ('Groups', 'GetBrief', '(ax)', ([2001],)),
    ('Groups', 'GetInfo', '(xb)', (2001, False)),
    ('Conversations', 'List', '(sua{sv})', ('', 10, {})),
    ('Conversations', 'Get', '(x)', (1002,)),
    ('Conversations', 'GetMessages', '(xa{sv})', (1002, {})),
    ('Conversations', 'GetMessage', '(x)', (1,)),
    ('Conversations', 'Send', '(sxssa{sv})', ('roster', ECHO, 'text', 'hello', {})),
    ('Conversations', 'SendText', '(sxs)', ('roster', ECHO, 'hello')),
    ('Conversations', 'SetTyping', '(xb)', (ECHO, True)),
    ('Conversations', 'MarkRead', '(xxa{sv})', (1002, 0, {})),
    ('Events', 'GetPosition', '()', ()),
    ('Events', 'Replay', '(stu)', ('x', 0, 0)),
]

# interface, method, signature, arguments, error, a word of the text
WRONG = [
    # conversations that are not
    ('Conversations', 'Get', '(x)', (NOBODY,), 'NotFound', ''),
    ('Conversations', 'GetMessages', '(xa{sv})', (NOBODY, {}), 'NotFound', ''),
    ('Conversations', 'GetMessage', '(x)', (5,), 'NotFound', ''),
    ('Conversations', 'MarkRead', '(xxa{sv})', (NOBODY, 0, {}), 'NotFound', ''),
    ('Conversations', 'MarkRead', '(xxa{sv})', (1002, 5, {}), 'NotFound', ''),
    ('Groups', 'GetInfo', '(xb)', (NOBODY, True), 'NotFound', ''),
    # negative and impossible ids
    ('Conversations', 'Get', '(x)', (-1,), 'InvalidArguments', 'conversation'),
    ('Conversations', 'GetMessages', '(xa{sv})', (-1, {}), 'InvalidArguments', 'conversation'),
    ('Conversations', 'GetMessage', '(x)', (-1,), 'InvalidArguments', 'id'),
    ('Conversations', 'GetMessage', '(x)', (0,), 'InvalidArguments', 'id'),
    ('Conversations', 'SendText', '(sxs)', ('roster', -5, 'hello'), 'InvalidArguments', 'to'),
    ('Conversations', 'SendText', '(sxs)', ('roster', 0, 'hello'), 'InvalidArguments', 'to'),
    ('Conversations', 'SetTyping', '(xb)', (-5, True), 'InvalidArguments', 'user'),
    ('Conversations', 'SetDraft', '(xss)', (0, 'roster', 'to the system'), 'InvalidArguments', 'conversation'),
    ('Conversations', 'MarkRead', '(xxa{sv})', (-5, 0, {}), 'InvalidArguments', 'conversation'),
    ('Conversations', 'MarkRead', '(xxa{sv})', (1002, -5, {}), 'InvalidArguments', 'message'),
    ('Groups', 'GetInfo', '(xb)', (-1, False), 'InvalidArguments', 'group_id'),
    ('Groups', 'GetBrief', '(ax)', ([2001, -1],), 'InvalidArguments', 'group_ids'),
    ('Roster', 'GetItems', '(axb)', ([0], False), 'InvalidArguments', 'user_ids'),
    ('Roster', 'GetItems', '(axb)', (list(range(1, 1002)), False), 'InvalidArguments', 'user_ids'),
    # texts
    ('Conversations', 'SendText', '(sxs)', ('roster', ECHO, ''), 'InvalidArguments', 'empty'),
    ('Conversations', 'SendText', '(sxs)', ('roster', ECHO, 'x' * (5 << 20)), 'TooLarge', ''),
    ('Conversations', 'SendText', '(sxs)', ('roster', ECHO, 'x' * ((256 << 10) + 1)), 'TooLarge', ''),
    ('Conversations', 'Send', '(sxssa{sv})', ('roster', ECHO, 'text', 'x', {'ext': v('s', 'x' * ((64 << 10) + 1))}), 'TooLarge', 'ext'),
    ('Conversations', 'Send', '(sxssa{sv})', ('roster', ECHO, 'text', 'x', {'config': v('s', 'no JSON')}), 'InvalidArguments', 'config'),
    ('Conversations', 'Send', '(sxssa{sv})', ('roster', ECHO, 'text', 'x', {'attachment': v('s', '[1]')}), 'InvalidArguments', 'attachment'),
    ('Conversations', 'Send', '(sxssa{sv})', ('roster', ECHO, 'text', 'x', {'token': v('s', '')}), 'InvalidArguments', 'token'),
    ('Conversations', 'Send', '(sxssa{sv})', ('roster', ECHO, 'text', 'x', {'token': v('s', 'x' * 257)}), None, 'token'),
    # choices
    ('Conversations', 'SendText', '(sxs)', ('user', ECHO, 'hello'), 'InvalidArguments', 'to_type'),
    # the kind of a recipient: not known, or the other one
    ('Conversations', 'SendText', '(sxs)', ('', NOBODY, 'hello'), 'InvalidArguments', 'to_type must be'),
    ('Conversations', 'SendText', '(sxs)', ('roster', 2001, 'hello'), 'InvalidArguments', '2001 is a group'),
    ('Conversations', 'SendText', '(sxs)', ('group', 1002, 'hello'), 'InvalidArguments', '1002 is a user'),
    ('Conversations', 'SendMention', '(xsaxba{sv})', (1002, 'hello', [], True, {}), 'InvalidArguments', '1002 is a user'),
    ('Conversations', 'SetDraft', '(xss)', (NOBODY, '', 'x'), 'InvalidArguments', 'to_type must be'),
    ('Conversations', 'Forward', '(xsxa{sv})', (1, '', NOBODY, {}), 'InvalidArguments', 'to_type must be'),
    ('Files', 'GetAvatar', '(sxb)', ('', NOBODY, False), 'InvalidArguments', 'to_type must be'),
    ('Files', 'GetAvatar', '(sxb)', ('club', NOBODY, False), 'InvalidArguments', 'club'),
    ('Conversations', 'Send', '(sxssa{sv})', ('roster', ECHO, 'smell', 'x', {}), 'InvalidArguments', 'smell'),
    ('Conversations', 'Send', '(sxssa{sv})', ('roster', ECHO, 'unknown', 'x', {}), 'InvalidArguments', 'unknown'),
    ('Conversations', 'List', '(sua{sv})', ('', 10, {'type': v('s', 'club')}), 'InvalidArguments', 'type'),
    ('Conversations', 'List', '(sua{sv})', ('', 0, {}), 'InvalidArguments', 'limit'),
    ('Conversations', 'List', '(sua{sv})', ('', 501, {}), 'InvalidArguments', 'limit'),
    ('Conversations', 'List', '(sua{sv})', ('no cursor', 10, {}), 'InvalidArguments', 'cursor'),
    ('Conversations', 'GetMessages', '(xa{sv})', (1002, {'limit': v('u', 0)}), 'InvalidArguments', 'limit'),
    ('Conversations', 'GetMessages', '(xa{sv})', (1002, {'limit': v('i', -1)}), 'InvalidArguments', 'limit'),
    ('Conversations', 'GetMessages', '(xa{sv})', (1002, {'limit': v('t', 1 << 63)}), 'InvalidArguments', 'limit'),
    ('Conversations', 'GetMessages', '(xa{sv})', (1002, {'before': v('x', 1), 'after': v('x', 1)}), 'InvalidArguments', 'after'),
    ('Conversations', 'MarkRead', '(xxa{sv})', (1002, 0, {'only': v('b', True)}), 'InvalidArguments', 'only'),
    ('Events', 'Replay', '(stu)', ('no journal', 0, 0), 'JournalChanged', ''),
    # options
    ('Conversations', 'Send', '(sxssa{sv})', ('roster', ECHO, 'text', 'x', {'colour': v('s', 'red')}), 'InvalidArguments', 'colour'),
    ('Conversations', 'Send', '(sxssa{sv})', ('roster', ECHO, 'text', 'x', {'ext': v('x', 5)}), 'InvalidArguments', 'ext'),
    ('Conversations', 'Send', '(sxssa{sv})', ('roster', ECHO, 'text', 'x', {'priority': v('s', '1')}), 'InvalidArguments', 'priority'),
    ('Conversations', 'List', '(sua{sv})', ('', 10, {'pinned_first': v('i', 1)}), 'InvalidArguments', 'pinned_first'),
    ('Conversations', 'GetMessages', '(xa{sv})', (1002, {'before': v('s', '1')}), 'InvalidArguments', 'before'),
    ('Conversations', 'GetMessages', '(xa{sv})', (1002, {'local': v('s', 'true')}), 'InvalidArguments', 'local'),
    ('Conversations', 'MarkRead', '(xxa{sv})', (1002, 0, {'all': v('b', True)}), 'InvalidArguments', 'all'),
    ('Account', 'Logout', '(a{sv})', ({'erase': v('s', 'yes')},), 'InvalidArguments', 'erase'),
    ('Account', 'Logout', '(a{sv})', ({'burn': v('b', True)},), 'InvalidArguments', 'burn'),
]

# without a login
WRONG_LOGIN = [
    ('Login', '(ssa{sv})', ('', 'x', {}), 'name'),
    ('Login', '(ssa{sv})', ('alice', '', {}), 'password'),
    ('Login', '(ssa{sv})', ('alice', 'x', {'app_id': v('s', '../../etc')}), 'app_id'),
    ('Login', '(ssa{sv})', ('alice', 'x', {'app_id': v('s', 'x' * 300)}), 'app_id'),
    ('Login', '(ssa{sv})', ('alice', 'x', {'dns_server': v('s', 'ftp://example.com/')}), 'dns_server'),
    ('Login', '(ssa{sv})', ('alice', 'x', {'remember': v('s', 'yes')}), 'remember'),
    ('Login', '(ssa{sv})', ('alice', 'x', {'forget': v('b', True)}), 'forget'),
    ('LoginById', '(xsa{sv})', (-1, 'x', {}), 'user_id'),
    ('LoginById', '(xsa{sv})', (0, 'x', {}), 'user_id'),
    ('LoginWithToken', '(xsa{sv})', (1001, '', {}), 'token'),
    ('Register', '(ssa{sv})', ('', 'x', {}), 'username'),
    ('Register', '(ssa{sv})', ('newcomer', '', {}), 'password'),
    ('Register', '(ssa{sv})', ('newcomer', 'x', {'remember': v('b', True)}), 'remember'),
]


class ArgumentsTest(harness.Test):

    def test_without_login(self):
        sandbox, daemon, client = self.one(user=None)
        for interface, method, signature, args in NEED_LOGIN:
            with self.subTest(method=method):
                self.fails('NotLoggedIn', client.call, interface, method, signature, *args)
        for method, signature, args, word in WRONG_LOGIN:
            with self.subTest(method=method, args=str(args)[:80]):
                self.assertIn(word, self.fails('InvalidArguments', client.call, 'Account', method, signature, *args))
        self.assertEqual(client.state, 'signed-out')
        self.assertEqual(client.last_error, ('', ''))
        self.assertEqual(sandbox.control('requests')['requests'], [])

    def test_wrong_arguments(self):
        sandbox, daemon, client = self.one()
        for interface, method, signature, args, error, word in WRONG:
            with self.subTest(method=method, args=str(args)[:80]):
                with self.assertRaises(harness.Failure) as caught:
                    client.call(interface, method, signature, *args)
                self.assertIn(caught.exception.name, [error] if error else ['InvalidArguments', 'TooLarge'], caught.exception.text)
                self.assertIn(word, caught.exception.text)
        self.assertEqual(client.get('Account', 'Queued'), 0)
        self.assertEqual(client.state, 'online')
        self.assertEqual(client.last_error, ('', ''))
        self.assertEqual(sandbox.accepted('alice'), [])

    def test_limits_are_included(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        text = 'é' * (128 << 10)
        client_id = client.send_text(ECHO, text)
        client.wait_sent(client_id)
        self.assertEqual(sandbox.accepted('alice')[0]['content'], text)
        client.call('Conversations', 'List', '(sua{sv})', '', 500, {})
        client.call('Conversations', 'GetMessages', '(xa{sv})', 1002, {'limit': v('y', 200)})
        options = {'token': v('s', 'x' * 256), 'ext': v('s', 'x' * (64 << 10))}
        client.wait_sent(client.call('Conversations', 'Send', '(sxssa{sv})', 'roster', ECHO, 'text', 'x', options))

    def test_strange_calls(self):
        """Calls that GDBus itself refuses, and calls that arrive together."""
        sandbox, daemon, client = self.one()
        for interface, method, signature, args in (('Conversations', 'SendText', '(sss)', ('roster', '1099', 'x')),
                                                   ('Conversations', 'SendText', '()', ()), ('Account', 'Reconnect', '(s)', ('now',))):
            with self.assertRaises(harness.Failure) as caught:
                client.call(interface, method, signature, *args)
            self.assertEqual(caught.exception.full_name, 'org.freedesktop.DBus.Error.InvalidArgs')
        with self.assertRaises(harness.Failure) as caught:
            client.call('Account', 'Nonsense')
        self.assertEqual(caught.exception.full_name, 'org.freedesktop.DBus.Error.UnknownMethod')
        pending = [client.start('Conversations', 'Get', '(x)', (1002, NOBODY)[i % 2]) for i in range(200)]
        for known, unknown in zip(pending[::2], pending[1::2]):
            self.assertEqual(known.result()['id'], 1002)
            self.fails('NotFound', unknown.result)

    def test_read_only_properties(self):
        sandbox, daemon, client = self.one(user=None)
        with self.assertRaises(GLib.Error) as caught:
            client.connection.call_sync(client.name, harness.OBJECT, 'org.freedesktop.DBus.Properties', 'Set',
                                        GLib.Variant('(ssv)', (harness.BUS_NAME + '.Account', 'State', v('s', 'online'))), None,
                                        Gio.DBusCallFlags.NONE, -1, None)
        self.assertIn(Gio.DBusError.get_remote_error(caught.exception),
                      ('org.freedesktop.DBus.Error.InvalidArgs', 'org.freedesktop.DBus.Error.PropertyReadOnly'))


if __name__ == '__main__':
    harness.main()
