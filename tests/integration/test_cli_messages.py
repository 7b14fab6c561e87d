# SPDX-License-Identifier: GPL-3.0-or-later
"""`flooim` and messages: sending, waiting, reading, changing; texts byte for byte."""

import json
import os
import signal
import time

import cli
import harness
from cli import BOB, CAROL, ECHO, ERIN, FAILED, INTERRUPTED, NOT_FOUND, NOT_NOW, TEAM, USAGE, ZHANG

NASTY = [
    "it's \"quoted\" 'twice'", 'back\\slash \\n \\t \\\\ end\\', '-5 degrees', '--help', '--', '-', '\n', 'two\nlines\n\n',
    ' leading and trailing ',
    'tab\tand\rreturn', '👩‍👩‍👧‍👦 👋🏽 emoji', 'שלום \u202eRTL\u202c العربية', '$(rm -rf /) `x` ${HOME} %s %n', '{"json": [1, "2"]}',
    '\x01\x1b[31m\x7f control', '长' * 87380 + 'ab',  # 256 KiB
]


class MessagesTest(cli.Test):

    def content(self, sandbox):
        return sandbox.accepted('alice')[-1]['content']

    def test_sending(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        # to whom: an id, an alias, a nick name, a user name, a group; a beginning, in whatever case; what for
        for to, where in ((BOB, BOB), ('Bob', BOB), ('bob', BOB), ('BO', BOB), ('user:bob', BOB), ('id:1002', BOB), ('老张', ZHANG), ('老',
                                                            ZHANG),
                          ('张伟', ZHANG), ('zhang-wei', ZHANG), ('Team', TEAM), ('team', TEAM), ('group:Te', TEAM), (TEAM, TEAM), ('项目',
                                                            cli.PROJECT)):
            self.flooim(daemon, 'send', to, 'to %s' % to, '--wait')
            one = sandbox.accepted('alice')[-1]
            self.assertEqual((one['content'], one['to']), ('to %s' % to, where))
        self.says(daemon, 'no contact or group of yours is called nobody', 'send', 'nobody', 'x', status=NOT_FOUND)
        self.says(daemon, 'group of yours is called bob', 'send', 'group:bob', 'x', status=NOT_FOUND)
        self.says(daemon, 'nosuchuser', 'send', 'user:nosuchuser', 'x', status=NOT_FOUND)
        client.call('Roster', 'SetAlias', '(xs)', CAROL, 'Bob Carol')
        self.flooim(daemon, 'send', 'Bob', 'exact', '--wait')
        self.assertEqual(sandbox.accepted('alice')[-1]['to'], BOB)
        client.call('Roster', 'SetAlias', '(xs)', CAROL, 'Bobby')
        client.call('Roster', 'SetAlias', '(xs)', BOB, 'Bobby')
        failed = self.says(daemon, 'Bobby matches 2 names: Bobby (user:100', 'send', 'Bobby', 'x', status=NOT_FOUND)
        self.assertIn('user:1003', failed.error)
        self.assertEqual(self.flooim(daemon, '--json', 'send', 'Bobby', 'x', status=NOT_FOUND).error[:21], '{"error":"Ambiguous",')
        client.call('Roster', 'SetAlias', '(xs)', BOB, '')

        # what it prints: the client id; the message's id where it waited
        client_id = int(self.flooim(daemon, 'send', 'bob', 'one', 'two  three').output)
        client.wait_sent(client_id)
        self.assertEqual(self.content(sandbox), 'one two  three')
        told = self.flooim(daemon, 'send', '--json', 'bob', 'again', '--wait=10').json[0]
        self.assertEqual(set(told), {'client_id', 'id'})
        self.assertEqual(int(told['id']), sandbox.accepted('alice')[-1]['server_mid'])

        # once
        first = self.flooim(daemon, 'send', 'bob', 'once', '--token', 't', '--wait').output
        count = len(sandbox.accepted('alice'))
        self.assertEqual(self.flooim(daemon, 'send', 'bob', 'once', '--token', 't', '--wait').output, first)
        self.assertEqual(len(sandbox.accepted('alice')), count)
        self.says(daemon, 'token', 'send', 'bob', 'other', '--token', 't', status=USAGE)

        # mentions, locations
        self.flooim(daemon, 'send', 'Team', 'look', '--mention', 'bob, user:carol', '--wait')
        self.assertIn('mentionList', sandbox.accepted('alice')[-1]['config'])
        self.flooim(daemon, 'send', 'Team', 'all', '--mention-all', '--wait')
        self.says(daemon, 'is not a group', 'send', 'bob', 'x', '--mention-all', status=USAGE)
        self.flooim(daemon, 'location', 'bob', '-33.86', '151.2', 'Sydney', 'Opera', '--wait')
        self.assertIn('Sydney Opera', sandbox.accepted('alice')[-1]['attachment'])
        self.says(daemon, 'LAT must be a number', 'location', 'bob', 'x', '1', status=USAGE)
        self.says(daemon, 'latitude', 'location', 'bob', '91', '1', status=USAGE)

        # refused
        self.says(daemon, 'antispam', 'send', 'bob', 'forbidden-word', '--wait', status=FAILED)
        self.says(daemon, 'relation', 'send', ERIN, 'stranger', '--wait', status=FAILED)
        failed = self.flooim(daemon, 'send', '--json', ERIN, 'stranger', '--wait', status=FAILED)
        self.assertIn('im.floo.Daemon1.Error.NoRelation', failed.error)
        self.assertEqual(set(failed.json[0]), {'client_id'})
        self.says(daemon, 'the text is empty', 'send', 'bob', status=USAGE)
        self.says(daemon, 'more than 262144 bytes', 'send', 'bob', '-', stdin='x' * 262145, status=FAILED)
        self.says(daemon, 'not UTF-8', 'send', 'bob', '-', stdin=b'\xff', status=USAGE)

    def test_nasty_texts(self):
        """By argument and by standard input, read back by history and show: byte for byte, in the C locale, too."""
        self.assertEqual(len(NASTY), 16)
        self.assertEqual(len(NASTY[-1].encode()), 262142)
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        before = [one['content'] for one in self.flooim(daemon, 'history', 'bob', '--all', '--json').json]
        for locale in ('C.UTF-8', 'C'):
            env = self.environment(daemon, LANG=locale, LC_ALL=locale)
            for text in NASTY:
                with self.subTest(locale=locale, text=text[:20]):
                    if len(text.encode()) < 131072 and text != '-':  # the kernel's limit of one argument; and - is standard input
                        self.flooim(daemon, 'send', 'bob', '--wait', '--', text, env=env)
                        self.assertEqual(self.content(sandbox), text)
                        told = self.flooim(daemon, 'history', 'bob', '--json', '--limit', 1, env=env)
                        self.assertEqual(told.json[0]['content'], text)
                    id = self.flooim(daemon, 'send', 'bob', '--wait', stdin=text, env=env).output.strip()
                    self.assertEqual(self.content(sandbox), text)
                    self.assertEqual(self.flooim(daemon, 'history', 'bob', '--json', '-n', 1, env=env).json[0]['content'], text)
                    self.assertEqual(self.flooim(daemon, 'show', id, '--json', env=env).json[0]['content'], text)
        plain = self.flooim(daemon, 'history', 'bob', '--limit', 200).rows
        for row in plain:
            self.assertEqual(len(row), 6)
            unescaped = row[5].replace('\\\\', '\0').replace('\\n', '\n').replace('\\t', '\t').replace('\\r', '\r').replace('\0', '\\')
            self.assertIn(unescaped, NASTY + before)

    def test_reading(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        rows = self.flooim(daemon, 'list').rows
        self.assertEqual({row[2] for row in rows}, {'Team', '老张', 'Bob', '项目组', 'Carol'})
        self.assertEqual([row[2] for row in self.flooim(daemon, 'list', '--unread', '--limit', 2).rows], ['Team', '老张'])
        self.assertEqual(self.flooim(daemon, 'list', '--pinned').output, '')
        self.flooim(daemon, 'pin', 'bob')
        told = self.flooim(daemon, 'list', '--pinned', '--json').json
        self.assertEqual([(one['id'], one['name'], one['pinned']) for one in told], [('1002', 'Bob', True)])
        self.flooim(daemon, 'unpin', 'bob')
        self.flooim(daemon, 'draft', 'bob', 'Dear', 'Bob')
        self.assertEqual(client.call('Conversations', 'Get', '(x)', BOB)['draft'], 'Dear Bob')
        self.flooim(daemon, 'draft', 'bob')
        self.assertEqual(client.call('Conversations', 'Get', '(x)', BOB)['draft'], '')

        # history: the newest, all, before, since and until
        told = self.flooim(daemon, 'history', 'bob', '--json').json
        self.assertEqual([one['content'] for one in told], ['Good morning!', 'Good morning, Bob. Did the build pass?',
                                                            'It did, all 214 tests.', '',
                                                            'Nice and green.', 'Are you there?', 'Lunch at noon?'])
        self.assertEqual(told[3]['attachment']['dName'], 'build.png')
        self.assertEqual([one['content'] for one in self.flooim(daemon, 'history', 'bob', '--json', '--before', told[2]['id']).json],
                         ['Good morning!', 'Good morning, Bob. Did the build pass?'])
        self.assertEqual([one['content'] for one in self.flooim(daemon, 'history', 'bob', '--json', '--since', '2h').json],
                         ['Are you there?', 'Lunch at noon?'])
        self.assertEqual([one['content'] for one in self.flooim(daemon, 'history', 'bob', '--json', '--since', '2h', '--until',
                                                            '45m').json],
                         ['Are you there?'])
        row = self.flooim(daemon, 'history', 'bob', '-n', 1).rows[0]
        self.assertEqual((row[0], row[2:]), (told[-1]['id'], ['1002', '1002', 'text', 'Lunch at noon?']))
        self.assertRegex(row[1], r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$')
        for args in (('--since', 'yesterday'), ('--limit', '0'), ('--limit', 'x'), ('--before', 'x')):
            self.flooim(daemon, 'history', 'bob', *args, status=USAGE)
        self.says(daemon, '4711', 'history', 4711, status=NOT_FOUND)

        # search
        self.assertEqual([one['content'] for one in self.flooim(daemon, 'search', 'lunch', '--json').json], ['Lunch at noon?'])
        self.assertEqual(self.flooim(daemon, 'search', 'lunch', '--from', 'carol').output, '')
        self.assertEqual(len(self.flooim(daemon, 'search', '图', '--in', '老张', '--type', 'text', '--since', '2020-01-01').rows), 1)
        self.says(daemon, 'word', 'search', '!', status=USAGE)

        # read, unread, show
        lunch = told[-1]['id']
        self.flooim(daemon, 'read', 'bob', lunch)
        self.assertEqual(client.call('Conversations', 'Get', '(x)', BOB)['unread'], 0)
        self.flooim(daemon, 'unread', lunch, '--wait')
        self.assertEqual(client.call('Conversations', 'Get', '(x)', BOB)['unread'], 1)
        self.assertEqual(self.flooim(daemon, 'read', 'bob').output, '')
        self.assertIn(['content', 'Lunch at noon?'], self.flooim(daemon, 'show', lunch).rows)
        self.says(daemon, '4711', 'show', 4711, status=NOT_FOUND)
        self.says(daemon, 'must be a whole number', 'show', 'x', status=USAGE)

    def test_changing(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        id = self.flooim(daemon, 'send', 'carol', 'tpyo', '--wait').output.strip()
        self.flooim(daemon, 'edit', id, 'typo', '--wait')
        self.flooim(daemon, 'append', id, ' and', ' more', '--wait')
        self.flooim(daemon, 'append', id, '-', '--wait', stdin=' line one\nline two')
        self.assertEqual(client.call('Conversations', 'GetMessage', '(x)', int(id))[5], 'typo and  more line one\nline two')
        forwarded = self.flooim(daemon, 'forward', id, 'bob', 'Team', '--wait').lines
        self.assertEqual([sandbox.accepted('alice')[-2]['server_mid'], sandbox.accepted('alice')[-1]['server_mid']],
                         [int(one) for one in forwarded])
        token = ('--token', 'both')
        both = self.flooim(daemon, 'forward', '%s,%s' % (id, forwarded[0]), 'carol', 'Team', '--wait', *token).lines
        self.assertEqual([str(one['server_mid']) for one in sandbox.accepted('alice')[-4:]], both)
        self.assertEqual(self.flooim(daemon, 'forward', '%s,%s' % (id, forwarded[0]), 'carol', 'Team', '--wait', *token).lines, both)
        self.says(daemon, '4711', 'forward', '%s,4711' % id, 'carol', status=NOT_FOUND)
        self.says(daemon, 'must be a whole number', 'forward', '%s,' % id, 'carol', status=USAGE)
        self.flooim(daemon, 'append', id, '', '--finish', '--wait')
        self.assertIn('"finish":true', client.call('Conversations', 'GetMessage', '(x)', int(id))[8]['ext'])
        self.flooim(daemon, 'send', 'carol', 'psst', '--silent', '--push', 'quiet', '--config', '{"mine":1}', '--wait')
        self.assertEqual(json.loads(sandbox.accepted('alice')[-1]['config']), {'mine': 1, 'pushMessage': 'quiet', 'silence': True, 'noPush': True})
        later = [self.flooim(daemon, command, 'carol', *text, '--at', at).output.strip()
                 for command, text, at in (('send', ['later'], '2h'), ('location', ['1', '2'], '2099-12-31'))]
        waiting = {one['client_id']: one for one in self.flooim(daemon, 'outbox', '--json').json}
        self.assertEqual([waiting[one]['send_state'] for one in later], ['scheduled', 'scheduled'])
        self.assertAlmostEqual(int(waiting[later[0]]['not_before']), (time.time() + 7200) * 1000, delta=600000)
        self.assertIn('2099-12-31 00:00:00', [row[7] for row in self.flooim(daemon, 'outbox').rows])
        self.flooim(daemon, 'outbox', 'cancel', *later)
        self.assertEqual(self.flooim(daemon, 'outbox').output, '')
        self.says(daemon, '--at must be a time', 'send', 'carol', 'later', '--at', 'soon', status=USAGE)
        client.call('Groups', 'GetInfo', '(xb)', 2002, True)  # whose members acknowledge reading
        asking = self.flooim(daemon, 'send', 'id:2002', 'read this', '--wait').output.strip()
        sandbox.control('acknowledge', mid=client.call('Conversations', 'GetMessage', '(x)', int(asking))[0], operation='READ_ACK', count=1)
        [reader] = harness.wait_for(lambda: client.call('Conversations', 'GetReaders', '(x)', int(asking))[0], 'one has read it')
        self.assertEqual(self.flooim(daemon, 'readers', asking).rows[0][-2:], [str(reader), 'read'])
        self.assertEqual([one['state'] for one in self.flooim(daemon, 'readers', asking, '--json').json], ['read', 'unread', 'unread'])
        self.says(daemon, 'does not request', 'readers', id, status=USAGE)
        sandbox.control('send', **{'from': 'carol'}, to='alice', type='image', attachment='{"url":"x","dName":"cat.png"}')
        harness.wait_for(lambda: self.flooim(daemon, 'search', '--type', 'image', '--in', 'carol', '--json').json, 'the picture')
        self.says(daemon, 'search for', 'search', status=USAGE)
        here = self.flooim(daemon, 'send', 'carol', 'not for long', '--wait').output.strip()
        self.assertEqual(self.flooim(daemon, 'delete', here, '--local').output, '')  # there is nothing to wait for
        self.flooim(daemon, 'show', here, status=NOT_FOUND)
        self.flooim(daemon, 'recall', id, '--wait')
        self.flooim(daemon, 'show', id, status=NOT_FOUND)
        self.flooim(daemon, 'delete', forwarded[0], '--wait')
        self.flooim(daemon, 'show', forwarded[0], status=NOT_FOUND)
        self.says(daemon, '4711', 'recall', 4711, status=NOT_FOUND)
        lunch = self.flooim(daemon, 'history', 'bob', '--json', '-n', 1).json[0]['id']
        self.flooim(daemon, 'edit', lunch, 'not mine', status=USAGE)
        sandbox.control('settings', recall_window=1)
        old = self.flooim(daemon, 'send', 'carol', 'old', '--wait').output.strip()
        self.assertIn('im.floo.Daemon1.Error.TooLate', self.flooim(daemon, 'recall', '--json', old, '--wait', status=FAILED).error)

    def test_offline(self):
        """What waits is listed, cancelled and sent again; waiting ends with 75 and says what goes on."""
        sandbox, daemon, client = self.one()
        sandbox.stop()
        client.wait_state('waiting')
        ids = [self.flooim(daemon, 'send', 'bob', 'later %d' % i).output.strip() for i in range(3)]
        self.says(daemon, 'it waits in the outbox', 'send', 'bob', 'last', '--wait=1s', status=NOT_NOW)
        rows = self.flooim(daemon, 'outbox').rows
        self.assertEqual([(row[0], row[2], row[3], row[6]) for row in rows[:3]], [(id, 'text', 'queued', 'later %d' % i) for i,
                                                            id in enumerate(ids)])
        told = self.flooim(daemon, 'outbox', '--json').json
        self.assertEqual([one['client_id'] for one in told[:3]], ids)
        self.flooim(daemon, 'outbox', 'cancel', ids[0], ids[2])
        self.flooim(daemon, 'outbox', 'resend', ids[1])
        failed = self.flooim(daemon, 'outbox', 'cancel', ids[0], 'x', told[3]['client_id'], status=USAGE)
        self.assertEqual(failed.error.count('\n'), 2)  # the third was taken all the same
        self.assertEqual([one['client_id'] for one in self.flooim(daemon, 'outbox', '--json').json], [ids[1]])
        failed = self.flooim(daemon, 'send-file', 'bob', '/etc/passwd', '--timeout', '1', status=NOT_NOW)
        self.assertIn('the daemon is waiting: the file waits until it is online', failed.error)
        self.assertIn('no progress for 1 s', failed.error)
        self.says(daemon, 'not sent yet: discard them with --discard', 'logout', '--erase', status=FAILED)
        waiting = self.begin(daemon, 'send', 'bob', 'patience', '--wait')
        harness.wait_for(lambda: any(one['content'] == 'patience' for one in self.flooim(daemon, 'outbox', '--json').json), 'it waits')
        waiting.send_signal(signal.SIGINT)
        self.assertEqual(self.wait_end(waiting), INTERRUPTED)
        self.assertIn('the daemon continues', self.read(waiting, 'err'))
        sandbox.start()
        client.call('Account', 'Reconnect')
        harness.wait_for(lambda: {one['content'] for one in sandbox.accepted('alice')} >= {'later 1', 'patience'}, 'they are sent')
        self.assertNotIn('later 0', [one['content'] for one in sandbox.accepted('alice')])
        harness.wait_for(lambda: client.get('Account', 'Queued') == 0, 'they are acknowledged')

        sandbox.stop()
        client.wait_state('waiting')
        self.flooim(daemon, 'send', 'bob', 'for the next login')
        said = self.flooim(daemon, 'logout')
        self.assertEqual(said.error, 'flooim: 1 message is not sent yet and waits for the next login of this user\n')

    def test_daemon_goes_away(self):
        sandbox, daemon, client = self.one()
        sandbox.control('stall', on=True)
        waiting = self.begin(daemon, 'send', 'bob', 'on its way', '--wait')
        sandbox.hold('/roster/name')
        asking = self.begin(daemon, 'contacts', 'find', 'dave')
        sandbox.wait('request', path='/roster/name')
        watching = self.begin(daemon, 'status', '--watch', '--json')
        self.wait_output(watching, lambda text: '"State":"online"' in text, 'the state')
        harness.wait_for(lambda: client.call('Conversations', 'ListOutbox', '(su)', '', 10)[0], 'it is in the outbox')
        daemon.kill()
        self.assertEqual(self.wait_end(waiting), NOT_NOW)
        self.assertIn('the daemon went away', self.read(waiting, 'err'))
        self.wait_output(watching, lambda text: '{"State":"not running"}' in text, 'that it is gone')
        self.assertEqual(self.wait_end(asking), NOT_NOW)
        self.assertIn('the daemon went away during the call; try again', self.read(asking, 'err'))
        sandbox.control('stall', on=False)
        daemon.start()
        self.wait_output(watching, lambda text: text.count('"State":"online"') >= 2, 'that it is back')
        watching.send_signal(signal.SIGINT)
        self.assertEqual(self.wait_end(watching), INTERRUPTED)
        harness.wait_for(lambda: [one['content'] for one in sandbox.accepted('alice')] == ['on its way'], 'it is sent')


if __name__ == '__main__':
    harness.main()
