# SPDX-License-Identifier: GPL-3.0-or-later
"""Trouble of a running daemon: its folders disappear, system limits, floods of calls from other programs."""

import os
import shutil
import sqlite3

import harness
from harness import GLib, Gio
from peer import Peer

ECHO = 1099
EX_IOERR = 74


class LimitedDaemon(harness.Daemon):
    """A daemon that a shell starts with a ulimit."""

    limit = ''

    def argv(self, *args):
        return ['sh', '-c', 'ulimit %s && exec "$0" "$@"' % self.limit] + super().argv(*args)


class MishapsTest(harness.Test):

    def limited(self, limit, **arguments):
        daemon = LimitedDaemon(self, **arguments)
        daemon.limit = limit
        self.daemons.append(daemon)
        return daemon

    def wait_error(self, client, name):
        harness.wait_for(lambda: client.last_error[0] == name, lambda: 'LastError %s; it is %s' % (name, client.last_error), 90 * harness.SLOWNESS)

    # -- the data folder --

    def test_folder_is_moved_away_and_back(self):
        sandbox, daemon, client = self.one()
        away = daemon.data_dir + '-away'
        os.rename(daemon.data_dir, away)
        missed = sandbox.send('bob', 'alice', 'while the folder was away')
        self.wait_error(client, 'Storage')
        self.assertIn(daemon.store_path(1001), client.last_error[1])
        self.fails('Storage', client.send_text, ECHO, 'nowhere')
        os.rename(away, daemon.data_dir)
        since = len(client.changes)
        sandbox.control('disconnect', how='close')
        client.wait_lost(since)
        client.call('Account', 'Reconnect')
        client.wait_message(lambda one: one.id == missed)
        client.wait_sent(client.send_text(ECHO, 'somewhere'))
        self.wait_error(client, '')
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], ['somewhere'])

    def test_folder_is_removed(self):
        sandbox, daemon, client = self.one()
        shutil.rmtree(daemon.data_dir)
        missed = sandbox.send('bob', 'alice', 'while there was no folder')
        self.wait_error(client, 'Storage')
        daemon.stop()
        client = daemon.start()
        client.login('alice')
        client.wait_message(lambda one: one.id == missed)  # the service was not told that it is here

    def test_shared_memory_is_cut(self):
        """Another program truncates the file that SQLite has mapped: the daemon reports it and exits, and the next one has everything."""
        sandbox, daemon, client = self.one()
        sent = client.send_text(ECHO, 'before')
        client.wait_sent(sent)
        client.wait_message(lambda one: one.content == 'echo: before')
        os.truncate(daemon.store_path(1001) + '-shm', 0)
        daemon.process.expected = {EX_IOERR}
        with self.assertRaises(harness.Failure):
            client.call('Conversations', 'GetMessages', '(xa{sv})', ECHO, {})
        self.assertEqual(daemon.process.wait(), EX_IOERR)
        self.assertIn('cut short', daemon.process.text())
        client = daemon.start()
        client.wait_state('online')
        page = client.call('Conversations', 'GetMessages', '(xa{sv})', ECHO, {})[0]
        self.assertEqual([one[5] for one in page], ['before', 'echo: before'])

    # -- what the service may not take for received --

    def missing(self):
        """A service that takes its last page for received at the next request without a key, and keeps nothing older to be asked for."""
        sandbox, daemon, client = self.one()
        sandbox.control('settings', last_page='zero', history_limit=1)
        return sandbox, daemon, client

    def send_meanwhile(self, sandbox, client):
        """Messages that the store cannot take, each of which makes the daemon ask for what is new."""
        sent = [sandbox.send('bob', 'alice', 'meanwhile 0')]
        self.wait_error(client, 'Storage')
        for i in range(1, 5):
            sent.append(sandbox.send('bob', 'alice', 'meanwhile %d' % i))
            sandbox.send('carol', 'alice', 'from carol %d' % i)
        client.call('Groups', 'ListPublic')
        return sent

    def wait_all(self, client, sent):
        for one in sent:
            client.wait_message(lambda message: message.id == one)

    def test_nothing_is_lost_while_the_folder_is_away(self):
        sandbox, daemon, client = self.missing()
        away = daemon.data_dir + '-away'
        os.rename(daemon.data_dir, away)
        sent = self.send_meanwhile(sandbox, client)
        os.rename(away, daemon.data_dir)
        self.wait_all(client, sent)  # without anybody's doing
        self.wait_error(client, '')
        os.rename(daemon.data_dir, away)
        sent = self.send_meanwhile(sandbox, client)
        daemon.stop()
        os.rename(away, daemon.data_dir)
        client = daemon.start()
        client.wait_state('online')
        self.wait_all(client, sent)
        self.assertEqual(client.call('Conversations', 'Get', '(x)', 1002)['unread'], 12)

    def test_nothing_is_lost_while_the_store_is_locked(self):
        sandbox, daemon, client = self.missing()
        db = sqlite3.connect(daemon.store_path(1001), isolation_level=None)
        db.execute('BEGIN IMMEDIATE')
        sent = self.send_meanwhile(sandbox, client)
        db.execute('ROLLBACK')
        db.close()
        self.wait_all(client, sent)
        self.wait_error(client, '')

    def test_what_the_store_refuses_keeps_nothing_else_out(self):
        sandbox, daemon, client = self.one()
        daemon.stop()
        db = sqlite3.connect(daemon.store_path(1001))
        db.execute("CREATE TRIGGER refuse BEFORE INSERT ON messages WHEN new.content = 'poison' BEGIN SELECT RAISE (ABORT, 'no'); END")
        db.commit()
        db.close()
        sandbox.control('settings', last_page='zero')
        sandbox.send('carol', 'alice', 'poison')
        other = sandbox.send('bob', 'alice', 'medicine')
        client = daemon.start()
        client.wait_message(lambda one: one.id == other)
        self.assertIn('A statement of the store, or the row that it changes, is invalid', daemon.process.text())
        later = sandbox.send('carol', 'alice', 'later')
        client.wait_message(lambda one: one.id == later)
        self.assertEqual(client.state, 'online')

    # -- a service that falters --

    def test_details_come_later(self):
        """Details that could not be fetched are requested again, without a call."""
        sandbox, daemon, client = self.one()
        sandbox.control('rest', path='/group/info/batch', status=500, count=2)
        Peer(sandbox, 'dave').post('/group/leave', {'group_id': 2001})
        harness.wait_for(lambda: client.call('Groups', 'GetBrief', '(ax)', [2001])[0]['count'] == 5, 'the number of members')

    # -- limits of the system --

    def test_files_may_not_grow(self):
        """A limit to the size of files is handled like a full disk."""
        sandbox = self.sandbox()
        daemon = self.limited('-f 800', sandbox=sandbox, verbose=False)  # of 512 or 1024 bytes, as the shell likes
        client = daemon.start()
        client.login('alice')
        sandbox.control('burst', from_='bob', to='alice', count=2000, content='x' * 1000)
        self.wait_error(client, 'StorageFull')
        self.assertEqual(len(client.call('Roster', 'List', '(b)', False)[0]), 4)
        daemon.stop()

    def test_descriptors(self):
        """Hundreds of descriptors in calls do not end the daemon."""
        sandbox = self.sandbox()
        daemon = self.limited('-S -n 64', sandbox=sandbox)
        client = daemon.start()
        client.login('alice')
        files = [daemon.client() for i in range(10)]
        zero = os.open('/dev/null', os.O_RDONLY)
        self.addCleanup(os.close, zero)
        ended = []

        def on_reply(connection, result):
            try:
                connection.call_with_unix_fd_list_finish(result)
            except GLib.Error as error:
                self.assertEqual(Gio.DBusError.get_remote_error(error), harness.ERROR_PREFIX + 'FileError')
            ended.append(True)

        for one in files:
            for i in range(10):
                descriptors = Gio.UnixFDList.new_from_array([os.dup(zero) for i in range(16)])
                one.connection.call_with_unix_fd_list(one.name, harness.OBJECT, harness.BUS_NAME + '.Files', 'Upload',
                                                      GLib.Variant('(sxshs)', ('roster', ECHO, 'file', 15, 'nothing')), None,
                                                      Gio.DBusCallFlags.NONE, -1, descriptors, None, on_reply)
        harness.wait_for(lambda: len(ended) == 100, 'replies')
        client.wait_sent(client.send_text(ECHO, 'here still'))


if __name__ == '__main__':
    harness.main()
