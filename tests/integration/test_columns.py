# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a damaged store has in any column of any table: nothing crashes, and no row keeps others from being listed, sent or found.

Tables and columns are taken from the schema of the store itself, so that new ones are covered without further doing.
"""

import collections
import contextlib
import sqlite3

import files
import harness
from harness import GLib

ALICE, BOB, ECHO = 1001, 1002, 1099
# As SQL: what no statement of the daemon's would have written, or what an attacker or a flipped bit might.
VALUES = ['NULL', "x'00ff80'", "CAST(x'61ff62' AS TEXT)", '-5', str(-2**63), str(2**63 - 1), "''", "CAST(x'610062' AS TEXT)"]
# Tables of one row a key, whose values are replaced; in the others damaged rows are put beside the sound ones.
KEYED = ('meta', 'account')


def loosen(path):
    """Takes the checks of types and NULL from the tables; returns their definitions as they were."""
    db = sqlite3.connect(path)
    schema = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
    rewrite(db, [(name, sql.replace(' NOT NULL', '').replace(') STRICT, ', ') ').replace(') STRICT', ')')) for name, sql in schema])
    return schema


def rewrite(db, schema):
    db.execute('PRAGMA writable_schema = ON')
    for name, sql in schema:
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", (sql, name))
    db.commit()
    db.close()


class Damage:
    """A store that is being damaged."""

    def __init__(self, path):
        self.path = path
        self.schema = loosen(path)
        self.db = sqlite3.connect(path)
        self.tables = [name for name, sql in self.schema if not name.startswith('sqlite_')]

    def columns(self, table):
        """(name, type, place in the primary key); without those that SQLite works out from others."""
        return [(row[1], row[2], row[5]) for row in self.db.execute('PRAGMA table_xinfo(%s)' % table) if row[6] not in (2, 3)]

    def unique(self, table):
        """Columns of further unique indexes, which copies of a row cannot share."""
        return {column[2] for index in self.db.execute('PRAGMA index_list(%s)' % table).fetchall() if index[2] and index[3] == 'c'
                for column in self.db.execute('PRAGMA index_info(%s)' % index[1])}

    def sample(self, table):
        """Keeps a sound row of the table, its newest one, as the temporary table sample."""
        columns = self.columns(table)
        if not self.db.execute('SELECT count(*) FROM %s' % table).fetchone()[0]:
            values = {'INTEGER': '1', 'TEXT': "'x'", 'BLOB': "x'00'"}
            self.db.execute('INSERT INTO %s VALUES (%s)' % (table, ', '.join(values[kind] for _, kind, _ in columns)))
        self.db.execute('DROP TABLE IF EXISTS sample')
        self.db.execute('CREATE TEMP TABLE sample AS SELECT * FROM %s ORDER BY %s LIMIT 1' % (
            table, ', '.join('%s DESC' % name for name, _, place in columns if place)))

    def copy(self, table, column, value):
        """Puts a copy of the sample into the table, with the value in the column. FALSE: SQLite itself does not take it."""
        columns = self.columns(table)
        key = [name for name, _, place in columns if place]
        terms = []
        for name, kind, place in columns:
            if name == column:
                terms.append(value)
            elif name == key[-1] and kind == 'INTEGER':
                # The ids of messages and the like grow, and those to come must be free; there is room below them.
                terms.append('(SELECT iif(min({0}) > 1000000, min({0}) - 1, max({0}) + 1) FROM {1} WHERE {0} BETWEEN 1 AND 9e18)'.format(name, table))
            elif name == key[-1]:
                terms.append("'copy ' || (SELECT count(*) FROM %s)" % table)
            elif name in self.unique(table) and not place:
                terms.append(name if name == 'conversation' else 'NULL')
            elif name == 'head':
                terms.append('0')  # one a conversation, which the sample may be
            else:
                terms.append(name)
        try:
            self.db.execute('INSERT INTO %s SELECT %s FROM sample' % (table, ', '.join(terms)))
        except (sqlite3.IntegrityError, sqlite3.OperationalError):
            return False
        return True

    def damage_rows(self):
        """Returns what SQLite itself did not take, as (table, column): damaged keys that another row has already, mostly."""
        refused = []
        for table in self.tables:
            if table not in KEYED:
                self.sample(table)
                for column, _, _ in self.columns(table):
                    refused += [(table, column) for value in VALUES if not self.copy(table, column, value)]
        return refused

    def damage_keyed(self, value):
        for table in KEYED:
            self.db.execute("UPDATE %s SET value = %s" % (table, value))

    def end(self):
        self.db.commit()
        self.db.close()
        rewrite(sqlite3.connect(self.path), self.schema)


class ColumnsTest(files.Test):

    def prepare(self):
        """A daemon that is stopped, with something of everything in its store."""
        self.service, self.server, client = self.one(persist=True)
        client.wait_sent(client.send_text(BOB, 'a needle'))
        client.wait_sent(client.send_text(ECHO, 'hay'))
        client.wait_message(lambda one: one.content == 'echo: hay')
        mid = self.service.send('bob', 'alice', 'to be deleted')
        client.wait_message(lambda one: one.id == mid)
        client.call('Conversations', 'DeleteMessage', '(xa{sv})', mid, {})
        client.call('Conversations', 'SetDraft', '(xss)', BOB, 'roster', 'a draft')
        client.call('Groups', 'ListMembers', '(xsu)', 2001, '', 100)
        self.settle(client)
        self.service.stop()
        client.wait_lost(0)
        self.queued = [client.send_text(ECHO, 'queued %d' % i) for i in range(2)]
        self.queued.append(self.send_file(client, 'file', b'abc', 'a.bin')[0])
        self.queued.append(client.call('Conversations', 'Send', '(sxssa{sv})', 'roster', BOB, 'text', 'queued', {'token': GLib.Variant('s', 'a token')}))
        self.server.stop()
        self.service.start()

    def test_a_file_without_a_name(self):
        """A bit that flipped in the name's key: the message is sent all the same, and those behind it."""
        self.prepare()
        with contextlib.closing(sqlite3.connect(self.server.store_path(ALICE))) as store:
            self.assertEqual(store.execute("UPDATE outbox SET file = replace(file, '\"name\"', '\"nbme\"') WHERE file LIKE '%\"name\"%'").rowcount, 1)
            store.commit()
        client = self.server.start()
        harness.wait_for(lambda: client.get('Account', 'Queued') == 0, 'all are sent')
        self.assertEqual({one['client_mid'] for one in self.service.accepted('alice')} & set(self.queued), set(self.queued))

    def look_around(self, client):
        """All that lists; none may fail."""
        self.assertEqual(client.call('Account', 'GetStatus')['UserId'], ALICE)
        cursor, listed = '', []
        while True:
            page, cursor, _ = client.call('Conversations', 'List', '(sua{sv})', cursor, 100, {})
            listed += [one['id'] for one in page]
            if not cursor:
                break
        local = {'local': GLib.Variant('b', True)}
        for conversation in (BOB, ECHO, 2001):
            client.call('Conversations', 'GetMessages', '(xa{sv})', conversation, local)
        for conversation in listed:
            try:
                client.call('Conversations', 'GetMessages', '(xa{sv})', conversation, local)
            except harness.Failure as failure:
                self.assertIn(failure.name, ('NotFound', 'InvalidArguments'), failure.text)
        client.outbox()
        for kind in (False, True):
            client.call('Roster', 'List', '(b)', kind)
        journal, first, last = client.call('Events', 'GetPosition')
        self.assertTrue(client.replay(journal, max(first - 1, 0)))
        found, _ = client.call('Conversations', 'Search', '(sa{sv})', 'needle', {})
        self.assertEqual([one[5] for one in found], ['a needle'])
        return listed

    def change(self, client):
        """What changes many rows at once, and the newest ones of them, which are damaged."""
        page = client.call('Conversations', 'GetMessages', '(xa{sv})', ECHO, {})[0]
        for one in page[-20:]:
            client.call('Conversations', 'GetMessages', '(xa{sv})', ECHO, {'around': GLib.Variant('x', one[0])})
        for conversation in (BOB, ECHO, 2001):
            client.call('Conversations', 'MarkRead', '(xxa{sv})', conversation, 0, {})
            self.assertEqual(client.call('Conversations', 'Get', '(x)', conversation)['unread'], 0)
        for client_id in [one[0] for one in client.outbox()]:
            for method in ('Resend', 'CancelSend'):
                try:
                    client.call('Conversations', method, '(x)', client_id)
                except harness.Failure as failure:
                    self.assertIn(failure.name, ('NotFound', 'InvalidArguments'), failure.text)
        client.call('Conversations', 'Delete', '(xba{sv})', BOB, False, {})
        self.fails('NotFound', client.call, 'Conversations', 'GetMessages', '(xa{sv})', BOB, {'local': GLib.Variant('b', True)})

    def start(self):
        client = self.server.start()
        client.wait_state('online')
        return client

    def test_rows(self):
        self.prepare()
        damage = Damage(self.server.store_path(ALICE))
        refused = damage.damage_rows()
        n = sum(len(damage.columns(table)) for table in damage.tables) * len(VALUES)
        self.assertLess(len(refused), n / 10, '%d: %s' % (n, collections.Counter(refused)))
        damage.end()
        client = self.start()
        damaged = [one for one in client.outbox() if 'damaged' in one[8].get('error', '')]
        self.assertTrue(damaged)  # what is left of them is shown, and not sent
        listed = self.look_around(client)
        self.assertTrue({BOB, ECHO} <= set(listed), listed)
        for client_id in self.queued:
            self.service.wait('accepted', user='alice', count=1)
            harness.wait_for(lambda: client_id in [one['client_mid'] for one in self.service.accepted('alice')], '%d is sent' % client_id)
        client.wait_sent(client.send_text(ECHO, 'afterwards'))
        client.wait_message(lambda one: one.content == 'echo: afterwards')
        self.change(client)
        client.wait_sent(client.send_text(ECHO, 'in the end'))

    def test_values(self):
        self.prepare()
        client = self.start()
        for client_id in self.queued:
            client.wait_sent(client_id)
        for value in VALUES:
            with self.subTest(value=value):
                self.server.stop()
                damage = Damage(self.server.store_path(ALICE))
                damage.damage_keyed(value)
                damage.end()
                client = self.start()
                self.look_around(client)
                client.wait_sent(client.send_text(ECHO, 'with ' + value))


if __name__ == '__main__':
    harness.main()
