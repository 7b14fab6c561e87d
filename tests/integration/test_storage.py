# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is full, and stores that are damaged or newer than the daemon."""

import glob
import os
import shutil
import sqlite3
import subprocess

import harness
from harness import GLib

ECHO = 1099
DISK = 6 << 20  # bytes
OWN_DISK = ['unshare', '--user', '--map-current-user', '--keep-caps', '--mount', 'sh', '-c',
            'mount -t tmpfs -o size=%d,mode=700 none "$0" && exec "$@"' % DISK]


def can_mount():
    """Whether this user may give a program a disk of its own."""
    try:
        return subprocess.run(OWN_DISK + ['/mnt', 'true'], stdin=subprocess.DEVNULL, capture_output=True, timeout=30).returncode == 0
    except OSError:
        return False


class SmallDiskDaemon(harness.Daemon):
    """Its data folder is a disk of its own, which this process sees through /proc."""

    def argv(self, *args):
        os.makedirs(self.data_dir, mode=0o700, exist_ok=True)
        return OWN_DISK + [self.data_dir] + super().argv(*args)

    @property
    def disk(self):
        return '/proc/%d/root%s' % (self.process.pid, self.data_dir)

    def fill(self):
        """Leaves no room at all."""
        with open(os.path.join(self.disk, 'filler'), 'wb', buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while file.write(b'x' * size):
                        pass
                except OSError:
                    pass

    def make_room(self):
        os.unlink(os.path.join(self.disk, 'filler'))


class FullDiskTest(harness.Test):

    def setUp(self):
        super().setUp()
        if not can_mount():
            self.skipTest('this user cannot mount a small disk')

    def test_full_disk(self):
        sandbox = self.sandbox()
        sandbox.control('bot', on=False)
        daemon = SmallDiskDaemon(self, sandbox=sandbox)
        self.daemons.append(daemon)
        client = daemon.start()
        client.login('alice')
        sandbox.wait('delivered', user='alice')
        self.settle(client)
        sent = [client.send_text(ECHO, 'there is room')]
        client.wait_sent(sent[0])
        daemon.fill()
        text = 'x' * 1000
        burst = sandbox.control('burst', from_='bob', to='alice', count=300, content=text)
        harness.wait_for(lambda: client.last_error[0] == 'StorageFull', lambda: 'LastError says it; it is %s' % (client.last_error,))
        refused = 0
        for i in range(50):
            try:
                sent.append(client.send_text(ECHO, 'squeezed in %d' % i + text))
            except harness.Failure as failure:
                self.assertEqual(failure.name, 'StorageFull')
                refused += 1
        self.assertGreater(refused, 0)
        self.assertEqual(client.call('Account', 'GetStatus')['UserId'], 1001)
        self.assertEqual(len(client.call('Roster', 'List', '(b)', False)[0]), 4)
        self.assertTrue(client.call('Conversations', 'GetMessages', '(xa{sv})', 1002, {'local': GLib.Variant('b', True)})[0])
        daemon.make_room()
        client.wait_message(lambda one: one.id == burst['last_mid'], 90 * harness.SLOWNESS)
        harness.wait_for(lambda: client.last_error == ('', ''), lambda: 'no error any more: %s' % (client.last_error,))
        self.assertEqual(client.state, 'online')
        sent.append(client.send_text(ECHO, 'room again'))
        client.wait_sent(sent[-1])
        self.settle(client)
        told = [one.id for one in client.received(1002) if one.id >= burst['first_mid']]
        self.assertEqual(told, list(range(burst['first_mid'], burst['last_mid'] + 1)))
        self.assertEqual([one['client_mid'] for one in sandbox.accepted('alice')], sent)

    def test_no_room_for_a_store(self):
        sandbox = self.sandbox()
        daemon = SmallDiskDaemon(self, sandbox=sandbox)
        self.daemons.append(daemon)
        client = daemon.start()
        daemon.fill()
        self.fails('StorageFull', client.call, 'Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
        daemon.make_room()
        client.wait_state('signed-out')
        client.login('alice')


class DamagedStoreTest(harness.Test):

    def stopped(self):
        sandbox, daemon, client = self.one()
        client.wait_sent(client.send_text(ECHO, 'in the first store'))
        client.wait_message(lambda one: one.content == 'echo: in the first store')
        self.settle(client)
        journal = client.call('Events', 'GetPosition')[0]
        daemon.stop()
        return sandbox, daemon, journal

    def aside(self, daemon):
        return [one for one in glob.glob(daemon.store_path(1001) + '.*') if not one.endswith(('-wal', '-shm'))]

    def test_corrupt(self):
        sandbox, daemon, journal = self.stopped()
        for name in glob.glob(daemon.store_path(1001) + '*'):
            with open(name, 'r+b') as file:
                file.write(os.urandom(20000))
        client = daemon.start()
        client.wait_state('online')
        self.assertEqual(client.last_error[0], 'Storage')
        [kept] = self.aside(daemon)
        self.assertEqual(os.stat(kept).st_mode & 0o777, 0o600)
        self.assertNotEqual(client.call('Events', 'GetPosition')[0], journal)
        self.fails('JournalChanged', client.call, 'Events', 'Replay', '(stu)', journal, 0, 0)
        self.assertEqual(sorted(client.call('Roster', 'List', '(b)', False)[0]), [1002, 1003, 1006, ECHO])
        client.wait_event('RecentListUpdate')
        page = client.call('Conversations', 'GetMessages', '(xa{sv})', ECHO, {})[0]
        self.assertEqual([one[5] for one in page], ['in the first store', 'echo: in the first store'])  # from the history
        second = client.send_text(ECHO, 'in the second store')
        client.wait_sent(second)

    def test_corrupt_with_messages_waiting(self):
        """What was promised is saved from a damaged store, where it can still be read."""
        sandbox, daemon, client = self.one(persist=True)
        sandbox.control('bot', on=False)
        sandbox.stop()
        texts = ['waiting %d' % i for i in range(5)]
        ids = [client.send_text(ECHO, one) for one in texts]
        daemon.stop()
        db = sqlite3.connect(daemon.store_path(1001))
        root, size = (db.execute(sql).fetchone()[0] for sql in ("SELECT rootpage FROM sqlite_schema WHERE name = 'messages'", 'PRAGMA page_size'))
        db.close()
        with open(daemon.store_path(1001), 'r+b') as file:
            file.seek((root - 1) * size)
            file.write(b'\xff' * size)
        sandbox.start()
        sandbox.control('bot', on=False)
        client = daemon.start()
        harness.wait_for(lambda: client.last_error[0] == 'Storage', lambda: 'LastError says it; it is %s' % (client.last_error,))
        if not self.aside(daemon):
            daemon.stop()  # met while it was in use: the next start sets it aside
            client = daemon.start()
        self.assertEqual(len(self.aside(daemon)), 1)
        client.wait_state('online')
        harness.wait_for(lambda: len(sandbox.accepted('alice')) == 5, 'five messages sent')
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], texts)
        self.assertEqual([one['client_mid'] for one in sandbox.accepted('alice')], ids)

    def test_newer_schema(self):
        sandbox, daemon, journal = self.stopped()
        db = sqlite3.connect(daemon.store_path(1001))
        db.execute('PRAGMA user_version = 1000')
        db.close()
        with open(daemon.store_path(1001), 'rb') as file:
            before = file.read()
        client = daemon.start()
        harness.wait_for(lambda: client.state in ('blocked', 'signed-out') and client.last_error[0], lambda: 'it says why: %s' % client.state)
        self.assertEqual(client.last_error[0], 'Storage')
        daemon.stop()
        with open(daemon.store_path(1001), 'rb') as file:
            self.assertEqual(file.read(), before, 'the file is untouched')

    def test_store_is_gone(self):
        sandbox, daemon, journal = self.stopped()
        shutil.rmtree(os.path.dirname(daemon.store_path(1001)))
        client = daemon.start()
        client.wait_state('online')
        self.assertNotEqual(client.call('Events', 'GetPosition')[0], journal)
        second = client.send_text(ECHO, 'anew')
        client.wait_sent(second)


if __name__ == '__main__':
    harness.main()
