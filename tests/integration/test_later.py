# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that wait for a time of their own, and many that are forwarded at once."""

import json
import os
import time

import files
import harness
from harness import GLib
from peer import Peer

BOB, CAROL, ECHO, TEAM, PROJECT = 1002, 1003, 1099, 2001, 2002
HOUR = 3600 * 1000


def after(ms):
    return int(time.time() * 1000) + ms


def not_before(ms):
    return {'not_before': GLib.Variant('x', ms)}


class LaterTest(files.Test):

    def later(self, client, text, ms, to=ECHO):
        return client.call('Conversations', 'Send', '(sxssa{sv})', 'roster', to, 'text', text, not_before(ms))

    def texts(self, sandbox, to=ECHO):
        return [one['content'] for one in sandbox.accepted('alice', conversation=to)]

    def statuses(self, events, client_id):
        return [one.args[1] for one in events if one.name == 'SendingMessageStatusChanged' and one.args[0] == client_id]

    def waiting(self, client):
        return {one[0]: one[8] for one in client.outbox()}

    def skew(self, sandbox, client, ms):
        """The service's clock is ahead by that, and the daemon hears of it."""
        sandbox.control('settings', clock_skew=ms)
        client.call('Account', 'GetAppConfig')

    def test_not_before(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        journal, _, serial = client.call('Events', 'GetPosition')
        when = after(HOUR)
        first = self.later(client, 'in an hour', when)
        second = self.later(client, 'in two hours', when + HOUR)
        now = client.send_text(ECHO, 'now')
        client.wait_sent(now)

        # It is in the outbox, counted, and nowhere else.
        waiting = self.waiting(client)
        self.assertEqual([waiting[one]['send_state'] for one in (first, second)], ['scheduled', 'scheduled'])
        self.assertEqual(waiting[first]['not_before'], when)
        self.assertEqual(client.call('Conversations', 'GetMessage', '(x)', first)[8]['not_before'], when)
        harness.wait_for(lambda: client.get('Account', 'Queued') == 2, 'two wait')
        shown = client.call('Conversations', 'GetMessages', '(xa{sv})', ECHO, {})[0]
        self.assertEqual([one[0] for one in shown if one[0] in (first, second)], [])
        entry = client.call('Conversations', 'Get', '(x)', ECHO)
        self.assertEqual(entry['content'], 'now')

        # What operates on it would hold up what comes behind it.
        self.assertIn('not due yet', self.fails('InvalidArguments', client.call, 'Conversations', 'Append', '(xsa{sv})', first, 'more', {}))
        self.assertIn('not due yet', self.fails('InvalidArguments', client.call, 'Conversations', 'Recall', '(x)', first))

        # It survives, may be taken back, and may go at once.
        third = self.later(client, 'never', when)
        daemon.stop()
        client = daemon.start()
        client.wait_state('online')
        self.assertEqual(self.waiting(client)[first]['not_before'], when)
        self.assertTrue(client.call('Conversations', 'CancelSend', '(x)', third))
        fourth = self.later(client, 'after all', when + 5 * HOUR)
        client.call('Conversations', 'Resend', '(x)', fourth)
        client.wait_sent(fourth)
        self.assertEqual(self.texts(sandbox), ['now', 'after all'])

        # Its time is the service's.
        self.skew(sandbox, client, HOUR + 60000)
        client.wait_sent(first)
        self.assertEqual(list(self.waiting(client)), [second])
        self.assertEqual(client.call('Conversations', 'Get', '(x)', ECHO)['content'], 'in an hour')

        # What becomes due while there is no connection goes with the next one, before what was given to us later.
        self.skew(sandbox, client, when + HOUR - after(2500))
        sandbox.control('socket', refuse=-1)
        since = len(client.changes)
        sandbox.control('disconnect', how='drop', user='alice')
        client.wait_lost(since)
        due = time.monotonic() + 3.6  # of the time in an answer the fraction of the second is missing
        last = client.send_text(ECHO, 'the last')
        harness.wait_for(lambda: time.monotonic() > due, 'it is due')
        sandbox.control('socket', refuse=0)
        client.call('Account', 'Reconnect')
        client.wait_sent(last)
        client.wait_sent(second)
        self.assertEqual(self.texts(sandbox), ['now', 'after all', 'in an hour', 'in two hours', 'the last'])
        harness.wait_for(lambda: client.get('Account', 'Queued') == 0, 'nothing waits')
        self.settle(client)
        replayed = [one for one, _ in client.replay(journal, serial)]
        self.assertEqual(self.statuses(replayed, first), ['scheduled', 'queued', 'sending', 'sent'])
        self.assertEqual(self.statuses(replayed, third), ['scheduled', 'cancelled'])
        self.assertEqual(self.statuses(replayed, fourth), ['scheduled', 'queued', 'sending', 'sent'])

    def test_alarm(self):
        """By itself, when the time comes, not before; with a file, a mention and a place, by whatever method. What is past is now."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        when = after(2500 * harness.SLOWNESS)
        options = not_before(when)
        path = self.send_file(client, 'file', b'abc', 'a.bin', to=BOB, **options)[1]
        ids = [client.call('Conversations', 'SendMention', '(xsaxba{sv})', TEAM, 'hello', [BOB], False, options),
               client.call('Conversations', 'SendLocation', '(sxddsa{sv})', 'roster', ECHO, 1.0, 2.0, 'here', options)]
        past = self.later(client, 'an hour ago', after(-HOUR))
        client.wait_sent(past)
        self.assertEqual(self.statuses(client.events, past)[0], 'queued')
        ids.append(client.call('Conversations', 'Forward', '(xsxa{sv})', past, 'roster', CAROL, options))
        self.ended(client, path, 'complete')
        waiting = self.waiting(client)
        self.assertEqual({one['send_state'] for one in waiting.values()}, {'scheduled'})
        self.assertEqual(len(waiting), 4)
        for one in waiting:
            client.wait_sent(one)
        self.assertGreaterEqual(time.time() * 1000, when)
        sent = [one for one in sandbox.accepted('alice') if one['content'] != 'an hour ago' or one['to'] != ECHO]
        self.assertEqual(len(sent), 4)

    def test_wrong_times(self):
        sandbox, daemon, client = self.one(quiet=False)
        for value in (GLib.Variant('x', 0), GLib.Variant('x', -5), GLib.Variant('x', int(time.time())), GLib.Variant('x', 2 ** 62),
                      GLib.Variant('s', 'tomorrow')):
            for method, signature, arguments in (('Send', '(sxssa{sv})', ('roster', ECHO, 'text', 'text')),
                                                 ('SendLocation', '(sxddsa{sv})', ('roster', ECHO, 1.0, 2.0, 'here')),
                                                 ('SendMention', '(xsaxba{sv})', (TEAM, 'text', [BOB], False)),
                                                 ('Forward', '(xsxa{sv})', (17, 'roster', ECHO))):
                text = self.fails('InvalidArguments', client.call, 'Conversations', method, signature, *arguments, {'not_before': value})
                self.assertIn('not_before', text)
        token = dict(not_before(after(HOUR)), token=GLib.Variant('s', 'once'))
        client_id = client.call('Conversations', 'Send', '(sxssa{sv})', 'roster', ECHO, 'text', 'text', token)
        self.assertEqual(client.call('Conversations', 'Send', '(sxssa{sv})', 'roster', ECHO, 'text', 'text', token), client_id)
        self.fails('InvalidArguments', client.call, 'Conversations', 'Send', '(sxssa{sv})', 'roster', ECHO, 'text', 'text',
                   dict(token, **not_before(after(2 * HOUR))))
        self.assertEqual(len(client.outbox()), 1)

    def forward(self, client, messages, targets, **options):
        return client.call('Conversations', 'ForwardMany', '(axa(sx)a{sv})', messages, targets, options)

    def test_forward_many(self):
        """Texts and files, in order, to users and a group; a token sends them once, also after a restart and offline."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        picture, file = os.urandom(1000), os.urandom(2000)
        messages = [self.message_with(sandbox, client, picture), client.send_text(BOB, 'a text'), self.message_with(sandbox, client, file)]
        client.wait_sent(messages[1])
        targets = [('', CAROL), ('group', TEAM), ('roster', ECHO)]
        journal, _, serial = client.call('Events', 'GetPosition')
        token = {'token': GLib.Variant('s', 'all of them')}
        ids = self.forward(client, messages, targets, **token)
        self.assertEqual(ids, list(range(ids[0], ids[0] + 9)))
        for one in ids:
            client.wait_sent(one)
        urls = []
        for _, to in targets:
            accepted = sandbox.accepted('alice', conversation=to)
            self.assertEqual([one['content'] for one in accepted][1], 'a text')
            for one, content in ((accepted[0], picture), (accepted[2], file)):
                urls.append(json.loads(one['attachment'])['url'])
                self.assertEqual(self.stored(sandbox, client, urls[-1]), content)
        self.assertEqual(len(set(urls)), 6)
        self.settle(client)
        replayed = [one for one, _ in client.replay(journal, serial)]
        for one in ids:
            self.assertEqual(self.statuses(replayed, one), ['queued', 'sending', 'sent'])

        self.assertEqual(self.forward(client, messages, targets, **token), ids)
        self.fails('InvalidArguments', self.forward, client, messages[:2], targets, **token)
        self.fails('InvalidArguments', self.forward, client, messages, targets, **dict(token, **not_before(after(HOUR))))
        daemon.stop()
        sandbox.control('socket', refuse=-1)
        client = daemon.start()
        client.wait_state('waiting')
        self.assertEqual(self.forward(client, messages, targets, **token), ids)
        self.fails('Offline', self.forward, client, messages, targets)
        texts = self.forward(client, [messages[1]], targets, **not_before(after(HOUR)))
        self.assertEqual([one['send_state'] for one in self.waiting(client).values()], ['scheduled'] * 3)
        self.assertEqual(list(self.waiting(client)), texts)
        self.assertEqual(len(sandbox.accepted('alice')), 10)

    def test_forward_many_refused(self):
        """All messages or none; wrong arguments and the application's limits have errors of their own."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        file, text = self.message_with(sandbox, client, b'abc'), client.send_text(BOB, 'a text')
        client.wait_sent(text)
        self.settle(client)
        since = len(client.events)
        for messages, targets, word in (([], [('', CAROL)], 'messages'), ([text], [], 'targets'), ([0], [('', CAROL)], 'messages'),
                                        ([text], [('', 0)], 'targets'), ([text], [('nobody', CAROL)], 'nobody'),
                                        ([text], [('', 4711)], '4711'), ([text] * 1001, [('', CAROL)], 'messages'),
                                        ([text] * 500, [('', CAROL)] * 5, '2000')):
            self.assertIn(word, self.fails('InvalidArguments', self.forward, client, messages, targets))
        self.assertIn('12345', self.fails('NotFound', self.forward, client, [text, 12345], [('', CAROL)]))
        self.assertIn('100 messages', self.fails('LimitReached', self.forward, client, [text] * 101, [('', CAROL)]))
        self.assertIn('20 targets', self.fails('LimitReached', self.forward, client, [text], [('', CAROL)] * 21))
        sandbox.control('rest', path='/file/upload/forward', code=29999, count=1)
        self.fails('Rejected', self.forward, client, [text, file], [('', CAROL), ('', TEAM)])
        self.settle(client)
        self.assertEqual([one for one in client.events[since:] if one.name == 'SendingMessageStatusChanged'], [])
        self.assertEqual(client.outbox(), [])
        sandbox.control('rest', path='/app/config', body='{"code":200,"data":{"message_forward_max_message_num":150}}')
        ids = self.forward(client, [text] * 150, [('', CAROL)])
        client.wait_sent(ids[-1])
        self.assertEqual(len(sandbox.accepted('alice', conversation=CAROL)), 150)

    # ---- the history of groups that were left ----

    def contents(self, client, conversation):
        return [one[5] for one in client.call('Conversations', 'GetMessages', '(xa{sv})', conversation, {'local': GLib.Variant('b', True)})[0]]

    def write_in(self, client, group):
        """A message in the group; what is in its conversation then."""
        client.wait_sent(client.send_text(group, 'to be kept', 'group'))
        return self.contents(client, group)

    def leave(self, client, group, **options):
        client.call('Groups', 'Leave', '(xa{sv})', group, {key: GLib.Variant('b', value) for key, value in options.items()})

    def is_gone(self, client, group):
        return not any(one['id'] == group for one in client.call('Conversations', 'List', '(sua{sv})', '', 100, {})[0])

    def test_history_is_kept_where_the_call_says_so(self):
        sandbox, daemon, client = self.one()
        written = self.write_in(client, PROJECT)
        self.assertIn('to be kept', written)
        self.leave(client, PROJECT, keep_history=True)
        left = client.wait_event('GroupLeft')  # the service's notice comes before or after the reply
        self.assertEqual(self.contents(client, PROJECT)[:len(written)], written)
        daemon.stop()
        client = daemon.start()
        client.wait_state('online')
        self.assertEqual(self.contents(client, PROJECT)[:len(written)], written)
        self.assertEqual(client.call('Conversations', 'Get', '(x)', PROJECT)['role'], 'none')
        self.assertNotIn(PROJECT, client.call('Groups', 'ListJoined', '(b)', True)[0])
        own = client.call('Groups', 'Create', '(saxa{sv})', 'ours', [BOB], {})['group_id']
        self.write_in(client, own)
        client.call('Groups', 'Destroy', '(xa{sv})', own, {'keep_history': GLib.Variant('b', True)})
        client.wait_event('GroupDestroyed')
        self.assertIn('to be kept', self.contents(client, own))
        client.call('Conversations', 'Delete', '(xba{sv})', own, False, {'local': GLib.Variant('b', True)})
        self.assertTrue(self.is_gone(client, own))
        again = client.call('Groups', 'Create', '(saxa{sv})', 'ours', [BOB], {})['group_id']
        self.write_in(client, again)
        client.call('Groups', 'Destroy', '(xa{sv})', again, {})
        self.assertTrue(self.is_gone(client, again))
        self.fails('InvalidArguments', client.call, 'Groups', 'Leave', '(xa{sv})', PROJECT, {'keep': GLib.Variant('b', True)})
        self.assertGreater(left.serial, 0)

    def test_history_is_kept_where_the_configuration_says_so(self):
        sandbox, daemon, client = self.one(config='[store]\nkeep_left_groups=true\n')
        written = self.write_in(client, PROJECT)
        Peer(sandbox, 'zhang-wei').post('/group/kick', group_id=PROJECT, user_list=[1001])
        client.wait_event('GroupKicked')
        self.assertEqual(self.contents(client, PROJECT)[:len(written)], written)
        own = client.call('Groups', 'Create', '(saxa{sv})', 'ours', [BOB], {})['group_id']
        self.write_in(client, own)
        client.call('Groups', 'Destroy', '(xa{sv})', own, {'keep_history': GLib.Variant('b', False)})
        client.wait_event('FlooNotice', lambda one: one.args[0] == 'conversation_deleted')
        self.assertTrue(self.is_gone(client, own))

    def test_old_messages_go(self):
        """With the option set, removed messages are no longer found, and not fetched again."""
        sandbox = self.sandbox()
        for i in range(30):
            sandbox.send('bob', 'alice', 'apple %d' % i)
        sandbox, daemon, client = self.one(sandbox=sandbox, config='[store]\nkeep_messages=20\n')
        client.call('Conversations', 'FetchHistory', '(xxu)', BOB, 0, 100)
        client.call('Conversations', 'MarkRead', '(xxa{sv})', BOB, 0, {})
        shown = self.shown(client)
        left = harness.wait_for(lambda: daemon.query(1001, 'SELECT count(*) FROM messages WHERE conversation = ? AND unread = 0', BOB)[0][0] <= 20
                                and self.contents(client, BOB), 'the old ones go', 30)
        self.assertEqual(left, ['apple %d' % i for i in range(30 - len(left), 30)])
        self.assertEqual(self.shown(client), shown)
        page, before, _, _ = client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, {'limit': GLib.Variant('u', 100)})
        self.assertEqual(([one[5] for one in page], before), (left, False))
        client.call('Conversations', 'FetchHistory', '(xxu)', BOB, 0, 100)
        self.assertEqual(self.contents(client, BOB), left)
        found, _ = client.call('Conversations', 'Search', '(sa{sv})', 'apple', {'limit': GLib.Variant('u', 100)})
        self.assertEqual(sorted(one[5] for one in found), sorted(left))

    def shown(self, client):
        """What the list shows of each conversation."""
        return {one['id']: (one['last_message_id'], one['content'], one['unread'], one['first_unread'])
                for one in client.call('Conversations', 'List', '(sua{sv})', '', 100, {})[0]}


if __name__ == '__main__':
    harness.main()
