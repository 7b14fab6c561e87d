# SPDX-License-Identifier: GPL-3.0-or-later
"""`flooim call`: every method of the introspection with JSON, and equal to what gdbus says; what it takes and refuses."""

import json
import os
import re

import cli
import harness
from cli import BOB, CAROL, ECHO, FAILED, NOT_FOUND, NOT_NOW, TEAM, USAGE
from harness import GLib
from test_introspection import described

# Arguments as gdbus and flooim take them; what is not here gets made-up ones, and answers with an error.
ARGUMENTS = {
    'Account.SetOnline': ['true'],
    'Account.GetProfile': ['false'],
    'Account.UpdateProfile': ["{'description': <'changed'>}"],
    'Account.SetNickname': ['"Alice"'],
    'Account.SetAuthMode': ['1'],
    'Account.UpdateSettings': ["{'no_push': <true>, 'silence_start_time': <7>}"],
    'Conversations.List': ['""', '10', '{}'],
    'Conversations.Get': [str(BOB)],
    'Conversations.GetMessages': [str(BOB), "{'limit': <uint32 3>}"],
    'Conversations.FetchHistory': [str(BOB), '0', '5'],
    'Conversations.GetMessage': ['9007199254741008'],
    'Conversations.Search': ['"lunch"', "{'conversation': <int64 1002>}"],
    'Conversations.Send': ['"roster"', str(ECHO), '"text"', '"hello"', "{'token': <'one'>, 'ext': <'{\"a\": 1}'>}"],
    'Conversations.SendText': ['"roster"', str(ECHO), '"hello"'],
    'Conversations.SendMention': [str(TEAM), '"you"', '[1002, 1003]', 'false', '{}'],
    'Conversations.SendLocation': ['"roster"', str(ECHO), '39.9', '116.4', '"here"', '{}'],
    'Conversations.Forward': ['9007199254741005', '"roster"', str(CAROL), '{}'],
    'Conversations.SetTyping': [str(BOB), 'true'],
    'Conversations.SetDraft': [str(BOB), '"roster"', '"begun"'],
    'Conversations.MarkRead': [str(BOB), '0', '{}'],
    'Conversations.Pin': [str(BOB)],
    'Conversations.Unpin': [str(BOB)],
    'Files.Download': ['9007199254741008', '{}'],
    'Groups.GetBrief': ['[2001, 2002]'],
    'Groups.GetInfo': [str(TEAM), 'false'],
    'Groups.ListMembers': [str(TEAM), '""', '50'],
    'Groups.ListAdmins': [str(TEAM)],
    'Groups.ListAnnouncements': [str(TEAM)],
    'Groups.ListFiles': [str(TEAM)],
    'Groups.GetMembers': [str(TEAM), '[1002]'],
    'Groups.Ban': [str(TEAM), '[1004]', '10'],
    'Groups.Unban': [str(TEAM), '[1004]'],
    'Groups.SetName': [str(TEAM), '"Team"'],
    'Groups.SetReadAck': [str(TEAM), 'false'],
    'Groups.ListApplications': ['[2001]', '""', '10'],
    'Groups.ListInvitations': ['""', '10'],
    'Roster.GetItems': ['[1002, 1003]', 'false'],
    'Roster.FindByName': ['"dave"'],
    'Roster.FindById': ['1005'],
    'Roster.ListApplications': ['""', '10'],
    'Roster.SetAlias': [str(BOB), '"Bobby"'],
    'Roster.SetMuted': [str(BOB), 'false'],
}
MADE_UP = {'s': '""', 'x': '1', 'u': '1', 't': '0', 'b': 'false', 'i': '0', 'd': '0.5', 'ax': '[]', 'a(sx)': '[]', 'a{sv}': '{}'}
# What gives something new each time, or the time itself: names and types are compared.
CHANGING = ('Conversations.Send', 'Conversations.Forward', 'Conversations.Mark', 'Account.GetStatus', 'Conversations.FetchHistory',
            'Files.', 'Groups.Ban', 'Groups.Unban', 'Groups.DownloadFile', 'Groups.Create', 'Groups.PostAnnouncement',
            'Events.GetPosition', 'Conversations.GetMessages', 'Conversations.List', 'Roster.List', 'Groups.ListJoined', 'Groups.GetInfo')


def as_json(text):
    """An argument as JSON: all above are so as gdbus takes them but dictionaries with variants."""
    return json.dumps(GLib.Variant.parse(GLib.VariantType('a{sv}'), text, None, None).unpack()) if '<' in text else text


def shape(value):
    """Names and kinds: what is the same for something new of the same kind."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, str) and value.isdigit() or isinstance(value, int) and not isinstance(value, bool):
        return 'number'
    return 'list' if isinstance(value, (list, tuple)) else type(value).__name__


class CallTest(cli.Test):

    def gdbus(self, daemon, name, args):
        """(value, '') or (None, the error's name)"""
        argv = ['gdbus', 'call', '--session', '--dest', harness.BUS_NAME, '--object-path', harness.OBJECT, '--method',
                '%s.%s' % (harness.BUS_NAME, name), '--', *args]
        result = self.run_raw(daemon, argv)
        if result.status:
            return None, re.search(r'GDBus.Error:([\w.]+)', result.error).group(1)
        return GLib.Variant.parse(None, result.output.strip(), None, None).unpack(), ''

    def compare(self, daemon, name, method, args):
        names = [arg.get('name') for arg in method.findall('arg') if arg.get('direction') == 'out']
        ours = self.run_raw(daemon, [cli.FLOOIM, 'call', name, '--', *(as_json(one) for one in args)])
        theirs, error = self.gdbus(daemon, name, args)
        if error:
            self.assertEqual((json.loads(ours.error)['error'], ours.output), (error, ''))
            self.assertTrue(json.loads(ours.error)['message'])
            self.assertNotEqual(ours.status, 0)
            return False
        self.assertEqual(ours.status, 0, ours.error)
        told = json.loads(ours.output)
        self.assertEqual(list(told), names)
        expected = dict(zip(names, theirs))
        if name.startswith(CHANGING):
            self.assertEqual(shape(told), shape(expected))
        else:
            self.assertTrue(cli.same(told, expected), (told, expected))
        return True

    def test_every_method(self):
        """Called once, with JSON in and out, and equal to what gdbus says."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        self.all_fetched(sandbox, daemon, client)
        client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, {})  # the history of which some are used below
        answered, called = set(), 0
        for interface, element in described().items():
            for method in element.findall('method'):
                name = '%s.%s' % (interface.rpartition('.')[2], method.get('name'))
                types = [arg.get('type') for arg in method.findall('arg') if arg.get('direction') == 'in']
                if 'h' in types or name in ('Account.Logout', 'Account.DeleteAccount', 'Account.GetCaptcha'):
                    continue  # below; a picture is another one each time
                with self.subTest(method=name):
                    called += 1
                    if self.compare(daemon, name, method, ARGUMENTS.get(name) or [MADE_UP[one] for one in types]):
                        answered.add(name)
        self.assertEqual(set(ARGUMENTS) - answered, set(), 'these were to succeed')
        self.assertGreater(called, 80)
        self.assertEqual(client.state, 'online')
        self.files(daemon)
        told = json.loads(self.flooim(daemon, 'call', 'Account.DeleteAccount', 'wrong', status=FAILED).error)
        self.assertEqual(told['error'], harness.ERROR_PREFIX + 'LoginFailed')
        self.assertEqual(self.flooim(daemon, 'call', 'Account.Logout', '{"erase": false}').output, '{}\n')
        self.assertEqual(client.state, 'signed-out')

    def files(self, daemon):
        """Methods with descriptors, which gdbus cannot hand over."""
        path = os.path.join(self.root, 'some file.txt')
        with open(path, 'w') as file:
            file.write('content')
        for name, args in (('Conversations.SendFile', ['roster', ECHO, 'file', '@' + path, 'a.txt', '{}']),
                           ('Conversations.SendFile', ['roster', ECHO, 'file', '@-', 'b.txt', '{"ext": {"a": [1]}}']),
                           ('Files.Upload', ['roster', ECHO, 'file', '@' + path, 'c.txt']),
                           ('Account.SetAvatar', ['@' + path, 'd.png']),
                           ('Groups.SetAvatar', [TEAM, '@' + path, 'e.png']),
                           ('Groups.ShareFile', [TEAM, '@' + path, 'f.txt', '{}'])):
            told = self.flooim(daemon, 'call', name, *args, stdin='from a pipe').json[0]
            self.assertRegex(told['transfer'], '^/im/floo/Daemon1/transfers/[0-9]+$')
        transfer = self.flooim(daemon, 'call', 'Files.Download', '9007199254741008', '{}').json[0]['transfer']
        harness.wait_for(lambda: self.run_raw(daemon, [cli.FLOOIM, 'call', '--object', transfer, 'Transfer.Open', '-o',
                                                       'saved']).status == 0,
                         'the file is here')
        self.assertEqual(os.path.getsize(os.path.join(self.root, 'saved')), 124)
        self.says(daemon, 'returns a file', 'call', '--object', transfer, 'Transfer.Open', status=USAGE)
        self.flooim(daemon, 'call', '--object', transfer, 'Transfer.Cancel')

    def test_json(self):
        """What it takes and what it gives, each kind of value."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        call = lambda *args, **how: self.flooim(daemon, 'call', *args, **how)  # noqa: E731

        # 64-bit ids are strings in the output, strings or numbers in the input
        call('Conversations.GetMessages', BOB, '{}')
        items = call('Roster.GetItems', '["1002", 1003]', 'false').json[0]['items']
        self.assertEqual(sorted(one['user_id'] for one in items), ['1002', '1003'])
        message = call('im.floo.Daemon1.Conversations.GetMessage', '9007199254741008').json[0]['message']
        self.assertEqual((message['id'], message['from'], message['type']), ('9007199254741008', '1002', 'image'))
        self.assertIsInstance(message['timestamp'], int)
        self.assertEqual((message['attachment']['dName'], message['attachment']['fLen']), ('build.png', 124))
        page = call('Conversations.GetMessages', BOB, '{"before": "9007199254741008", "limit": "2"}').json[0]
        self.assertEqual([one['id'] for one in page['messages']], ['9007199254741006', '9007199254741007'])

        # texts: bare, with a quote, as an object, by standard input
        def sent(*args, **how):
            client_id = int(call('Conversations.Send', 'roster', ECHO, 'text', *args, **how).json[0]['client_id'])
            return client.wait_sent(client_id)
        for argument, content in (('plain', 'plain'), ('"in quotes \\n \\u4f60"', 'in quotes \n 你'), ('back\\nslash', 'back\\nslash'),
                                  ('12', '12'),
                                  ('null', 'null'), ('{"a": 1}', '{"a": 1}')):
            sent(argument, '{}')
            self.assertEqual(sandbox.accepted('alice')[-1]['content'], content)
        sent('"raw"', '{}', '--raw')
        self.assertEqual(sandbox.accepted('alice')[-1]['content'], '"raw"')
        sent('x', '{"config": {"b": [1, 2.5, "z"]}, "ext": "{ \\"n\\": 1.10 }"}')
        self.assertEqual(json.loads(sandbox.accepted('alice')[-1]['config']), {'b': [1, 2.5, 'z']})
        told = client.call('Conversations', 'GetMessages', '(xa{sv})', ECHO, {})[0][-1]
        shown = call('Conversations.GetMessage', str(told[0])).output
        self.assertIn('"ext":{ "n": 1.10 }', shown)  # as it was written
        for text in ('["roster", 1099, "by \\"stdin\\""]', '{"text": "by \\"stdin\\"", "to": "1099", "to_type": "roster"}'):
            call('Conversations.SendText', '-', stdin=text)
            harness.wait_for(lambda: sandbox.accepted('alice')[-1]['content'] == 'by "stdin"', 'it is sent')

    def test_refusals(self):
        sandbox, daemon, client = self.one()
        for text, status, args in (
                ('there is no method', USAGE, ['Nothing.At.All']),
                ('there is no method', USAGE, ['Roster.Nothing']),
                ('takes 1 argument, not 0; see: flooim introspect Roster.List', USAGE, ['Roster.List']),
                ('user_ids[1] must be a whole number', USAGE, ['Roster.GetItems', '[1, "b"]', 'false']),
                ('user_ids[0] must be a whole number', USAGE, ['Roster.GetItems', '[1.5]', 'false']),
                ('refresh must be true or false', USAGE, ['Roster.List', '"yes"']),
                ('refresh (of type b) is not JSON', USAGE, ['Roster.List', 'maybe']),
                ('options.limit must be a whole number from 0 to 4294967295', USAGE, ['Conversations.GetMessages', '1', '{"limit": -1}']),
                ('options must be an object', USAGE, ['Conversations.GetMessages', '1', '[]']),
                ('nothing', USAGE, ['Conversations.GetMessages', '1002', '{"nothing": 1}']),
                ('nothing must be something other than null', USAGE,
                 ['Conversations.GetMessages', '1002', '{"nothing": null}']),
                ('from 0 on', USAGE, ['Events.Replay', 'x', '-1', '1']),
                ('must be @PATH', USAGE, ['Files.Upload', 'roster', '1', 'file', 'path', 'name']),
                ('/nowhere: No such file', FAILED, ['Files.Upload', 'roster', '1', 'file', '@/nowhere', 'name']),
                ('returns no file', USAGE, ['Roster.List', 'false', '-o', 'x']),
                ('is not an object path', USAGE, ['Transfer.Cancel', '--object', 'x']),
                ('journal', NOT_FOUND, ['Events.Replay', 'x', '1', '1']),
                ('4711', NOT_FOUND, ['Conversations.Get', '4711'])):
            with self.subTest(args=args):
                told = json.loads(self.says(daemon, text, 'call', *args, status=status).error)
                self.assertEqual(set(told), {'error', 'message'})
        for stdin in (b'{}', b'[1]', b'{"to": 1, "text": "", "x": ""}', b'["roster", 1, "\xff"]', b'', b'no'):
            self.flooim(daemon, 'call', 'Conversations.SendText', '-', stdin=stdin, status=USAGE)
        sandbox.stop()
        client.wait_state('waiting')
        self.flooim(daemon, 'call', 'Roster.List', 'true', status=NOT_NOW)

    def test_replay_and_introspect(self):
        sandbox, daemon, client = self.one()
        client.wait_sent(client.send_text(ECHO, 'hello'))
        client.wait_message(lambda one: one.content == 'echo: hello')
        self.settle(client)
        position = self.flooim(daemon, 'call', 'Events.GetPosition').json[0]
        events = self.flooim(daemon, 'replay', position['journal'], 0).json
        self.assertEqual([one['serial'] for one in events], list(range(1, position['last'] + 1)))
        said = next(one for one in events if one['event'] == 'RosterMessages' and one['messages'][0]['content'] == 'echo: hello')
        self.assertEqual(said['messages'][0]['from'], str(ECHO))
        self.assertIsInstance(said['time'], int)
        self.assertEqual(len(self.flooim(daemon, 'replay', position['journal'], 3, '--limit', 2).json), 2)
        self.flooim(daemon, 'replay', 'another', 0, status=NOT_FOUND)
        self.flooim(daemon, 'replay', 'another', 'x', status=USAGE)

        overview = self.flooim(daemon, 'introspect').output
        for word in ('im.floo.Daemon1.Account', 'Login(s name, s password, a{sv} options) -> (x user_id)', 'State s',
                     'RosterMessages(t serial'):
            self.assertIn(word, overview)
        page = self.flooim(daemon, 'introspect', 'Conversations.Send').output
        self.assertIn('idempotency token', page)
        self.assertLessEqual(max(len(line) for line in page.splitlines()), 110)
        self.assertIn('The account', self.flooim(daemon, 'introspect', 'Account').output)
        self.says(daemon, 'there is no interface', 'introspect', 'Nothing', status=NOT_FOUND)


if __name__ == '__main__':
    harness.main()
