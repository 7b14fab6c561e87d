# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching: what is in the store when a search is called is found, as it is."""

import os
import sqlite3

import harness
from harness import GLib

ECHO = 1099
TEAM = 2001
MANY = 5000


class SearchTest(harness.Test):

    def search(self, client, text, **options):
        kinds = {'type': 's', 'limit': 'u'}
        options = {key: GLib.Variant(kinds.get(key, 'x'), value) for key, value in options.items()}
        return [harness.message(one) for one in client.call('Conversations', 'Search', '(sa{sv})', text, options)[0]]

    def found(self, client, text, **options):
        return [one.content for one in self.search(client, text, **options)]

    def index(self, daemon):
        return os.path.join(os.path.dirname(daemon.store_path(1001)), 'search.db')

    def test_words_and_characters(self):
        sandbox, daemon, client = self.one()
        mid = sandbox.send('bob', 'alice', '下午三点在会议室开会')
        client.wait_message(lambda one: one.id == mid)
        for text in ('会', '会议', '会议室', '在会议室开', '三点 会议室'):
            with self.subTest(text=text):
                self.assertEqual(self.found(client, text), ['下午三点在会议室开会'])
        for text in ('lun', 'LUNCH noon', 'Ｌunch', 'noon, lunch!'):
            with self.subTest(text=text):
                self.assertEqual(self.found(client, text), ['Lunch at noon?'])
        for text in ('议会', '会室', 'unch', 'nowhere'):
            with self.subTest(text=text):
                self.assertEqual(self.found(client, text), [])
        [one] = self.search(client, '议室')
        self.assertEqual(one.more['snippet'], '下午三点在会议室开会')
        self.assertEqual(one._replace(more={}), harness.message(client.call('Conversations', 'GetMessage', '(x)', mid))._replace(more={}))

    def test_newest_first_and_filters(self):
        sandbox, daemon, client = self.one()
        ids = [sandbox.send(sender, to, '报告第%d版' % i)
               for i, (sender, to) in enumerate((('bob', 'alice'), ('bob', TEAM), ('bob', 'alice'), ('bob', TEAM)))]
        client.wait_message(lambda one: one.id == ids[-1])
        client.wait_message(lambda one: one.id == ids[-2])
        all_found = self.search(client, '报告')
        self.assertEqual([one.id for one in all_found], sorted(ids, reverse=True))
        self.assertEqual(self.found(client, '报告', limit=1), ['报告第3版'])
        self.assertEqual(self.found(client, '报告', conversation=TEAM), ['报告第3版', '报告第1版'])
        self.assertEqual(self.found(client, '报告', conversation=1002), ['报告第2版', '报告第0版'])
        self.assertEqual(len(self.found(client, '报告', **{'from': 1002})), 4)
        self.assertEqual(self.found(client, '报告', **{'from': 1001}), [])
        self.assertEqual(self.found(client, '报告', type='image'), [])
        for time in {one.timestamp for one in all_found}:
            self.assertEqual(self.found(client, '报告', since=time), [one.content for one in all_found if one.timestamp >= time])
            self.assertEqual(self.found(client, '报告', until=time), [one.content for one in all_found if one.timestamp <= time])
        self.assertEqual(self.found(client, '报告', until=min(one.timestamp for one in all_found) - 1), [])

    def test_what_was_sent(self):
        sandbox, daemon, client = self.one()
        client.wait_sent(client.send_text(ECHO, '独一无二'))
        client.wait_message(lambda one: one.content == 'echo: 独一无二')
        self.assertEqual(self.found(client, '独一'), ['echo: 独一无二', '独一无二'])

    def test_changed_and_gone(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        details = client.wait_sent(client.send_text(1002, '原来的话'))
        mid = details['server_mid']
        self.assertEqual(self.found(client, '原来'), ['原来的话'])
        client.wait_sent(client.call('Conversations', 'Append', '(xsa{sv})', mid, '还有', {}))
        self.assertEqual(self.found(client, '话还有'), ['原来的话还有'])
        client.wait_sent(client.call('Conversations', 'Replace', '(xsa{sv})', mid, '改过了', {}))
        self.assertEqual(self.found(client, '原来'), [])
        self.assertEqual(self.found(client, '改过'), ['改过了'])
        client.wait_sent(client.call('Conversations', 'Recall', '(x)', mid))
        self.assertEqual(self.found(client, '改过'), [])
        self.assertEqual(self.found(client, 'lunch'), ['Lunch at noon?'])
        client.call('Conversations', 'Delete', '(xba{sv})', 1002, False, {})
        self.assertEqual(self.found(client, 'lunch'), [])

    def test_by_type(self):
        """Without words: all messages of a type that has a file or a place, newest first, page by page."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        mids = [sandbox.control('send', **{'from': sender}, to='alice', type='image', attachment='{"url":"x"}')['server_mids'][0]
                for sender in ('bob', 'carol', 'bob')]
        client.wait_message(lambda one: one.id == mids[-1])

        def found(**options):
            values = {key: GLib.Variant('s' if isinstance(value, str) else 'u' if key == 'limit' else 'x', value) for key, value in options.items()}
            messages, more = client.call('Conversations', 'Search', '(sa{sv})', '', values)
            self.assertFalse([one for one in messages if 'snippet' in one[8]])
            return [one[0] for one in messages if one[0] >= mids[0]], more

        self.assertEqual(found(type='image')[0], mids[::-1])
        self.assertEqual(found(type='image', limit=2), ([mids[2], mids[1]], True))
        self.assertEqual(found(type='image', before=mids[1])[0], [mids[0]])
        self.assertEqual(found(type='image', conversation=1002)[0], [mids[2], mids[0]])
        self.assertEqual(found(type='image', **{'from': 1003})[0], [mids[1]])
        self.assertEqual(found(type='video')[0], [])
        for options in ({}, {'type': 'text'}, {'type': 'rtc'}):
            self.fails('InvalidArguments', found, **options)

    def test_history(self):
        """Old messages that come after newer ones."""
        sandbox, daemon, client = self.one()
        self.assertEqual(self.found(client, 'build'), [])
        client.call('Conversations', 'FetchHistory', '(xxu)', 1002, 0, 50)
        self.assertEqual(self.found(client, 'build pass'), ['Good morning, Bob. Did the build pass?'])

    def test_many_at_once(self):
        """A search that comes right behind a burst has all of it."""
        sandbox, daemon, client = self.one()
        sandbox.control('burst', **{'from': 'bob'}, to='alice', count=MANY, content='突发', mode='notice')
        harness.wait_for(lambda: daemon.query(1001, 'SELECT count(*) FROM messages WHERE conversation = 1002')[0][0] >= MANY, 'all are stored')
        client.wait_message(lambda one: one.content == '突发%d' % (MANY - 1) or one.content == '突发%d' % MANY)
        found = self.search(client, '突发', limit=500, conversation=1002)
        self.assertEqual(len(found), 500)
        self.assertEqual([one.id for one in found], sorted((one.id for one in found), reverse=True))
        self.assertEqual(len(self.found(client, '突发 %d' % (MANY // 2))), 1)

    def test_more_than_a_reply_holds(self):
        """40 texts of 256 KiB, in the outbox and then sent: each is listed and found once, page by page, and each page says whether it is the last."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.stop()
        client_ids = [client.send_text(ECHO, 'large ' + 'x' * ((256 << 10) - 6)) for _ in range(40)]
        page, cursor = client.call('Conversations', 'ListOutbox', '(su)', '', 500)
        self.assertLess(len(page), 40)
        self.assertNotEqual(cursor, '')
        self.assertEqual([one[0] for one in client.outbox()], client_ids)
        self.assertEqual([one[0] for one in client.outbox(limit=7)], client_ids)
        self.fails('InvalidArguments', client.call, 'Conversations', 'ListOutbox', '(su)', 'no cursor', 10)
        sandbox.start()
        client.call('Account', 'Reconnect')
        harness.wait_for(lambda: client.get('Account', 'Queued') == 0, 'all are sent')
        for limit in (500, 8):
            found, more, before = [], True, {}
            while more:
                options = {'limit': GLib.Variant('u', limit), **before}
                page, more = client.call('Conversations', 'Search', '(sa{sv})', 'large', options)
                self.assertLess(len(page), 40)
                found += [one[0] for one in page]
                before = {'before': GLib.Variant('x', found[-1])}
            self.assertEqual(len(found), 40)
            self.assertEqual(found, sorted(set(found), reverse=True))

    def test_restart_and_loss(self):
        sandbox, daemon, client = self.one()
        self.assertEqual(self.found(client, 'lunch'), ['Lunch at noon?'])
        daemon.kill()
        client = daemon.start()
        self.assertEqual(self.found(client, 'lunch'), ['Lunch at noon?'])
        daemon.stop()
        with sqlite3.connect(self.index(daemon)) as db:
            self.assertGreater(db.execute('SELECT count(*) FROM spans').fetchone()[0], 0)
        db.close()
        os.remove(self.index(daemon))
        client = daemon.start()
        self.assertEqual(self.found(client, 'lunch'), ['Lunch at noon?'])
        daemon.stop()
        with open(self.index(daemon), 'r+b') as file:
            file.write(b'no database at all')
        client = daemon.start()
        self.assertEqual(self.found(client, 'lunch'), ['Lunch at noon?'])
        self.assertEqual(os.stat(self.index(daemon)).st_mode & 0o777, 0o600)

    def test_refused(self):
        sandbox, daemon, client = self.one()
        for text in ('', '?!', 'a' * 1025):
            self.fails('InvalidArguments', self.search, client, text)
        self.fails('InvalidArguments', self.search, client, 'a', limit=0)
        self.fails('InvalidArguments', self.search, client, 'a', limit=501)
        self.fails('InvalidArguments', self.search, client, 'a', conversation=-1)
        self.fails('InvalidArguments', self.search, client, 'a', type='nonsense')
        client.call('Account', 'Logout', '(a{sv})', {})
        self.fails('NotLoggedIn', self.search, client, 'a')


if __name__ == '__main__':
    harness.main()
