# SPDX-License-Identifier: GPL-3.0-or-later
"""The details of messages besides the text: how recipients are notified, calls, answers written bit by bit, styles."""

import json

from gi.repository import GLib

import files
import harness

ALICE, BOB, CAROL = 1001, 1002, 1003
TEAM = 2001


class DetailsTest(files.Test):

    def test_quiet(self):
        """Each method that sends takes the options of how the receivers are notified, and a config."""
        sandbox, daemon, alice = self.one()
        sandbox.control('bot', on=False)
        quiet = {'silent': GLib.Variant('b', True), 'push_text': GLib.Variant('s', 'psst'), 'config': GLib.Variant('s', '{"mine":1}')}

        def call(method, signature, *args):
            client_id = alice.call('Conversations', method, signature, *args, quiet)
            return alice.wait_sent(client_id)['server_mid']

        mid = call('Send', '(sxssa{sv})', 'roster', BOB, 'text', 'quietly')
        call('SendLocation', '(sxddsa{sv})', 'roster', BOB, 39.9, 116.4, 'here')
        call('SendMention', '(xsaxba{sv})', TEAM, 'you there', [BOB], False)
        call('Forward', '(xsxa{sv})', mid, 'roster', CAROL)
        alice.wait_sent(self.send_file(alice, 'file', b'notes', 'notes.txt', to=BOB, **quiet)[0])
        configs = [json.loads(one['config']) for one in sandbox.accepted('alice')]
        self.assertEqual(len(configs), 5)
        for config in configs:
            self.assertEqual([config.get(key) for key in ('silence', 'noPush', 'pushMessage', 'mine')], [True, True, 'psst', 1], config)
        [mention] = [one for one in configs if 'mentionList' in one]
        self.assertEqual((mention['mentionList'], mention['senderNickname']), ([BOB], 'Alice'))

        # They are part of what a token stands for.
        token = {'token': GLib.Variant('s', 'once')}
        for method, signature, args in (('Send', '(sxssa{sv})', ('roster', BOB, 'text', 'once')), ('Forward', '(xsxa{sv})', (mid, 'roster', BOB))):
            first = alice.call('Conversations', method, signature, *args, token)
            self.assertEqual(alice.call('Conversations', method, signature, *args, token), first)
            self.fails('InvalidArguments', alice.call, 'Conversations', method, signature, *args, dict(token, silent=GLib.Variant('b', True)))
            token = {'token': GLib.Variant('s', 'another')}
        for options, error in (({'config': GLib.Variant('s', '[]')}, 'InvalidArguments'), ({'push_text': GLib.Variant('s', 'x' * 5000)}, 'TooLarge')):
            for method, signature, args in (('Forward', '(xsxa{sv})', (mid, 'roster', BOB)), ('SendMention', '(xsaxba{sv})', (TEAM, 'x', [BOB], False)),
                                            ('SendLocation', '(sxddsa{sv})', ('roster', BOB, 1, 2, 'x'))):
                self.fails(error, alice.call, 'Conversations', method, signature, *args, options)

    def test_streams(self):
        """An answer written bit by bit is marked as unfinished until its end, on both sides; forwarded parts of it do not change."""
        sandbox, daemon, alice = self.one()
        sandbox.control('bot', on=False)
        bob = self.one('bob', sandbox=sandbox, name='bob')[2]
        ext = {'ext': GLib.Variant('s', '{"ai":{"stream":true,"stream_interval":0.5},"style":"notice"}')}
        mid = alice.wait_sent(alice.call('Conversations', 'Send', '(sxssa{sv})', 'roster', BOB, 'text', 'One', ext))['server_mid']
        more = bob.wait_message(lambda one: one.id == mid).more
        self.assertEqual((more['stream'], more['style']), ({'active': True, 'interval': 0.5}, 'notice'))
        forwarded = alice.wait_sent(alice.call('Conversations', 'Forward', '(xsxa{sv})', mid, 'roster', CAROL, {}))['message']
        self.assertEqual([key for key in ('ext', 'config', 'stream', 'style') if key in harness.message(forwarded).more], [])

        def append(text, **options):
            client_id = alice.call('Conversations', 'Append', '(xsa{sv})', mid, text, options)
            alice.wait_sent(client_id)

        append(', two')
        append(', three', ext=GLib.Variant('s', '{"mine":3}'), finish=GLib.Variant('b', True))
        event = bob.wait_event('RosterMessageContentAppend', lambda event: 'ext' in event.args[5])
        self.assertEqual(json.loads(event.args[5]['ext']), {'ai': {'stream': True, 'stream_interval': 0.5, 'finish': True}, 'style': 'notice', 'mine': 3})
        for client in (alice, bob):
            whole = harness.message(client.call('Conversations', 'GetMessage', '(x)', mid))
            self.assertEqual((whole.content, whole.more['stream']), ('One, two, three', {'active': False, 'interval': 0.5}))
        append('', finish=GLib.Variant('b', True))
        self.assertIn('nothing', self.fails('InvalidArguments', alice.call, 'Conversations', 'Append', '(xsa{sv})', mid, '', {}))
        self.fails('InvalidArguments', alice.call, 'Conversations', 'Append', '(xsa{sv})', mid, 'x', {'ext': GLib.Variant('s', '1')})

    def test_calls(self):
        """The record of a call is a message of who called, whoever sent it; one that this user sent is never unread."""
        sandbox, daemon, alice = self.one()
        sandbox.control('bot', on=False)

        def record(sender, receiver, initiator, content):
            config = json.dumps({'action': 'record', 'type': 1, 'initiator': initiator, 'roomId': 7})
            sandbox.control('send', **{'from': sender}, to=receiver, type='rtc', content=content, config=config)
            return alice.wait_message(lambda one: one.more.get('call', {}).get('initiator') == initiator and one.content == content)

        def shown(message):
            entry = alice.call('Conversations', 'Get', '(x)', BOB)
            return message.sender, message.more['to'], 'outgoing' in message.more, entry['last_outgoing'], entry['unread']

        ours = record('bob', 'alice', ALICE, '61500')
        self.assertEqual(ours.more['call'], {'action': 'record', 'kind': 'video', 'initiator': ALICE, 'outcome': 'answered', 'duration': 61})
        unread = shown(ours)[4]
        self.assertEqual(shown(ours)[:4], (ALICE, BOB, True, True))
        theirs = record('alice', 'bob', BOB, 'rejected')
        self.assertEqual(shown(theirs), (BOB, ALICE, False, False, unread))
        self.assertEqual(theirs.more['call']['outcome'], 'rejected')
        missed = record('bob', 'alice', BOB, 'timeout')
        self.assertEqual(shown(missed), (BOB, ALICE, False, False, unread + 1))
        stored = harness.message(alice.call('Conversations', 'GetMessage', '(x)', ours.id))
        self.assertEqual((stored.sender, stored.more['to'], stored.more['outgoing']), (ALICE, BOB, True))
        # One that this device sends itself.
        config = {'config': GLib.Variant('s', json.dumps({'action': 'record', 'type': 0, 'initiator': BOB}))}
        sent = alice.wait_sent(alice.call('Conversations', 'Send', '(sxssa{sv})', 'roster', BOB, 'rtc', 'busy', config))['server_mid']
        stored = harness.message(alice.call('Conversations', 'GetMessage', '(x)', sent))
        self.assertEqual((stored.sender, 'outgoing' in stored.more, stored.more['call']['kind']), (BOB, False, 'audio'))


if __name__ == '__main__':
    harness.main()
