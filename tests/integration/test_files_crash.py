# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL while files are under way: the message is sent once or its failure is reported, the download starts again, no files are left over; and full disks."""

import json
import os
import signal
import sqlite3
import subprocess

import files
import harness
from files import ECHO, Gio, GLib


class FilesCrashTest(files.Test):

    def scene(self, **arguments):
        sandbox, daemon, client = self.one(**arguments)
        sandbox.control('bot', on=False)
        return sandbox, daemon, client

    def crash_at(self, daemon, point, act):
        """A daemon that is killed at the point; act(client) brings it there."""
        daemon.stop()
        daemon.program = 'flooimd-crash'
        client = daemon.start(FLOOIM_CRASH_AT=point)
        daemon.process.expected = {-signal.SIGKILL}
        client.wait_state('online')
        result = act(client)
        harness.wait_for(lambda: not daemon.process.running, 'the crash at ' + point)
        self.assertEqual(daemon.process.status, -signal.SIGKILL)
        daemon.program = 'flooimd'
        return result

    def send(self, daemon, point, content, **options):
        """SendFile with a crash somewhere; returns the client_id, None where the crash came before the reply."""
        def act(client):
            try:
                return self.send_file(client, 'file', content, 'a.bin', **options)[0]
            except harness.Failure:
                return None
        return self.crash_at(daemon, point, act)

    def test_send_file(self):
        """A confirmed message is sent, once."""
        for point in ('send-file-uploaded', 'before-frame'):
            with self.subTest(point=point):
                sandbox, daemon, client = self.scene(sandbox=self.sandbox('sandbox-' + point), name='flooimd-' + point)
                content = os.urandom(300000)
                client_id = self.send(daemon, point, content)
                self.assertIsNotNone(client_id)
                client = daemon.start()
                harness.wait_for(lambda: client.get('Account', 'Queued') == 0 and sandbox.accepted('alice'), 'it is sent')
                [accepted] = sandbox.accepted('alice')
                self.assertEqual(accepted['client_mid'], client_id)
                self.assertEqual(self.stored(sandbox, client, json.loads(accepted['attachment'])['url']), content)
                harness.wait_for(lambda: self.outgoing(daemon) == [], 'the copy is gone')

    def test_before_the_reply(self):
        """Killed while the bytes came: nobody was promised anything. The row says so, and the same call with its token sends it, once."""
        for point in ('send-file-row', 'send-file-copied'):
            with self.subTest(point=point):
                sandbox, daemon, client = self.scene(sandbox=self.sandbox('sandbox-' + point), name='flooimd-' + point)
                content = os.urandom(300000)
                token = GLib.Variant('s', 'once')
                self.assertIsNone(self.send(daemon, point, content, token=token))
                client = daemon.start()
                client.wait_state('online')
                failed = harness.wait_for(lambda: [one for one in client.outbox() if one[8]['send_state'] == 'failed'],
                                          'the loss is told')
                self.assertIn('send it again', failed[0][8]['error'])
                harness.wait_for(lambda: self.outgoing(daemon) == [], 'no stray copy')
                client_id = self.send_file(client, 'file', content, 'a.bin', token=token)[0]
                client.wait_sent(client_id)
                self.assertEqual(client.outbox(), [])
                [accepted] = sandbox.accepted('alice')
                self.assertEqual(self.stored(sandbox, client, json.loads(accepted['attachment'])['url']), content)

    def test_killed_while_uploading(self):
        sandbox, daemon, client = self.scene()
        content = os.urandom(1 << 20)
        sandbox.control('files', what='upload', stall=300000)
        client_id, path = self.send_file(client, 'file', content, 'a.bin')
        harness.wait_for(lambda: self.transfer(client, path)['Transferred'] > 0, 'it is under way')
        daemon.kill()
        client = daemon.start()
        harness.wait_for(lambda: client.get('Account', 'Queued') == 0 and sandbox.accepted('alice'), 'it is sent')
        [accepted] = sandbox.accepted('alice')
        self.assertEqual((accepted['client_mid'], self.stored(sandbox, client, json.loads(accepted['attachment'])['url'])), (client_id, content))

    def test_stray_copies(self):
        """A copy without a row is removed."""
        sandbox, daemon, client = self.scene()
        client_id = self.send_file(client, 'file', b'abc', 'a.bin')[0]
        client.wait_sent(client_id)
        daemon.stop()
        folder = os.path.join(os.path.dirname(daemon.store_path(files.ALICE)), 'outgoing')
        with open(os.path.join(folder, '1234567'), 'w'):
            pass
        daemon.start()
        harness.wait_for(lambda: self.outgoing(daemon) == [], 'it is gone')

    def test_download(self):
        for point in ('download-part', 'download-publish'):
            with self.subTest(point=point):
                sandbox, daemon, client = self.scene(sandbox=self.sandbox('sandbox-' + point), name='flooimd-' + point)
                content = os.urandom(1 << 20)
                mid = self.message_with(sandbox, client, content)
                self.crash_at(daemon, point, lambda client: client.start('Files', 'Download', '(xa{sv})', mid, {}))
                self.assertEqual(len(self.cached(daemon)), 1)
                client = daemon.start()
                client.wait_state('online')
                harness.wait_for(lambda: self.cached(daemon) == [], 'no stray file')
                self.assertEqual(self.read(self.download(client, mid)['Path']), content)
                self.assertEqual(self.cached(daemon), ['message-%d' % mid])

    # ---- full disks ----

    def small_disk(self, name, size):
        """A folder of a file system of its own; the test is skipped where that cannot be made."""
        folder = self.folder(name)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=%d' % size, 'tmpfs', folder], capture_output=True).returncode:
            self.skipTest('no file systems can be mounted here')
        self.addCleanup(subprocess.run, ['umount', '--lazy', folder], check=True)
        return folder

    def test_full_cache(self):
        disk = self.small_disk('small', 2 << 20)
        sandbox, daemon, client = self.scene(env={'XDG_CACHE_HOME': disk})
        mid = self.message_with(sandbox, client, os.urandom(5 << 20))
        small = self.message_with(sandbox, client, b'abc')
        transfer = self.download(client, mid, status='error')
        self.assertEqual(self.error(transfer), 'StorageFull')
        folder = os.path.join(disk, 'flooim', 'files', 'sandbox', str(files.ALICE))
        harness.wait_for(lambda: os.listdir(folder) == [], 'nothing is left of it')
        self.assertEqual(self.read(self.download(client, small)['Path']), b'abc')

    def test_full_pipe(self):
        """What comes through a pipe is kept in the cache's folder until it is uploaded, if it fits."""
        disk = self.small_disk('small', 2 << 20)
        sandbox, daemon, client = self.scene(env={'XDG_CACHE_HOME': disk})
        for size, status in ((5 << 20, 'error'), (1 << 20, 'complete')):
            source = os.path.join(self.root, 'source')
            with open(source, 'wb') as file:
                file.write(os.urandom(size))
            pump = subprocess.Popen(['cat', source], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', os.dup(pump.stdout.fileno()), 'p')
            pump.stdout.close()
            transfer = self.ended(client, path, status)
            pump.wait()
            self.assertEqual(self.error(transfer) if status == 'error' else '', 'StorageFull' if status == 'error' else '')
            harness.wait_for(lambda: os.statvfs(disk).f_bfree * 4096 > 1800000, 'the room is free again')

    def test_full_data(self):
        """A SendFile that does not fit is refused, and nothing remains; what fits goes."""
        disk = self.small_disk('small', 6 << 20)
        sandbox, daemon, client = self.scene(env={'XDG_DATA_HOME': disk})
        self.fails('StorageFull', self.send_file, client, 'file', os.urandom(8 << 20), 'a.bin')
        harness.wait_for(lambda: client.outbox() == [], 'nothing is in the outbox')
        self.assertEqual(os.listdir(os.path.join(disk, 'flooim', 'sandbox', str(files.ALICE), 'outgoing')), [])
        client_id = self.send_file(client, 'file', b'abc', 'a.bin')[0]
        client.wait_sent(client_id)

    def fill(self, disk):
        """Fills the disk completely."""
        with open(os.path.join(disk, 'filler'), 'ab', buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while file.write(b'x' * size):
                        pass
                except OSError:
                    pass

    def send_pipe(self, client, **options):
        """SendFile of a pipe: (its other end, a function that is true when it has failed with StorageFull)."""
        inner, outer = os.pipe()
        descriptors = Gio.UnixFDList.new_from_array([inner])
        failures = []

        def on_reply(connection, result):
            try:
                connection.call_with_unix_fd_list_finish(result)
            except GLib.Error as error:
                failures.append(harness.Failure(error).name)

        client.connection.call_with_unix_fd_list(
            client.name, harness.OBJECT, harness.BUS_NAME + '.Conversations', 'SendFile',
            GLib.Variant('(sxshsa{sv})', ('', ECHO, 'file', 0, 'a.bin', options)), None, Gio.DBusCallFlags.NO_AUTO_START, 30000,
            descriptors, None, on_reply)
        return os.fdopen(outer, 'wb', buffering=0), lambda: failures == ['StorageFull']

    def test_no_room_to_take_it_back(self):
        """The row is written, the file does not fit, and that it cannot be sent does not fit, either: nothing is forgotten, or promised."""
        disk = self.small_disk('small', 6 << 20)
        sandbox, daemon, client = self.scene(env={'XDG_DATA_HOME': disk})
        path = os.path.join(disk, 'flooim', 'sandbox', str(files.ALICE), 'store.db')
        reader = sqlite3.connect('file:%s?mode=ro' % path, uri=True, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute('BEGIN')
        reader.execute('SELECT count(*) FROM outbox').fetchone()  # as long as this goes on, every transaction needs more room
        token = GLib.Variant('s', 'once')
        calls = [self.send_pipe(client, token=token), self.send_pipe(client)]
        harness.wait_for(lambda: len(client.outbox()) == 2, 'two rows')
        self.fill(disk)
        for pipe, failed in calls:
            pipe.write(b'x' * 60000)
            pipe.close()
        harness.wait_for(lambda: all(failed() for _, failed in calls), 'no room for the files')
        self.assertEqual(len(client.outbox()), 2)
        self.fails('StorageFull', self.send_file, client, 'file', b'x' * 60000, 'a.bin', token=token)
        os.unlink(os.path.join(disk, 'filler'))
        reader.execute('COMMIT')
        client_id = self.send_file(client, 'file', b'x' * 60000, 'a.bin', token=token)[0]
        client.wait_sent(client_id)
        harness.wait_for(lambda: client.outbox() == [], lambda: 'the other row is gone: %s' % client.outbox())
        [accepted] = sandbox.accepted('alice')
        self.assertEqual(self.stored(sandbox, client, json.loads(accepted['attachment'])['url']), b'x' * 60000)
        self.assertEqual(self.send_file(client, 'file', b'x' * 60000, 'a.bin', token=token)[0], client_id)

    def test_lookup_fails(self):
        """A store that cannot be read for a moment does not make a known token new."""
        sandbox, daemon, client = self.scene()
        token = GLib.Variant('s', 'once')
        client_id = self.send_file(client, 'file', b'abc', 'a.bin', token=token)[0]
        client.wait_sent(client_id)
        store = sqlite3.connect(daemon.store_path(files.ALICE), isolation_level=None)
        store.execute('ALTER TABLE messages RENAME COLUMN edit_timestamp TO out_of_reach')
        try:
            self.fails('Storage', self.send_file, client, 'file', b'abc', 'a.bin', token=token)
        finally:
            store.execute('ALTER TABLE messages RENAME COLUMN out_of_reach TO edit_timestamp')
            store.close()
        self.assertEqual(self.send_file(client, 'file', b'abc', 'a.bin', token=token)[0], client_id)
        self.assertEqual(len(sandbox.accepted('alice')), 1)


if __name__ == '__main__':
    harness.main()
