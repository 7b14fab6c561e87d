# SPDX-License-Identifier: GPL-3.0-or-later
"""Transfers as objects: how they are added and removed, progress, cancelling at every stage, and what they survive."""

import json
import os
import sqlite3
import time

import files
import harness
from files import ECHO

AT_ONCE = 6  # of each way


class TransfersTest(files.Test):

    def test_object_manager(self):
        sandbox, daemon, client = self.one()
        path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(b'abc'), 'x')
        managed = client.connection.call_sync(harness.BUS_NAME, harness.OBJECT, 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects', None,
                                              None, 0, 30000, None).unpack()[0]
        self.assertIn(path, managed)
        self.assertIn('im.floo.Daemon1.Transfer', managed[path])
        self.assertEqual(client.call('Files', 'ListTransfers'), [path])

    def test_coming_and_going(self):
        """Objects come with all their properties, and go with the account."""
        sandbox, daemon, client = self.one()
        seen = []
        client.connection.signal_subscribe(client.name, 'org.freedesktop.DBus.ObjectManager', None, harness.OBJECT, None, files.Gio.DBusSignalFlags.NONE,
                                           lambda connection, sender, path, interface, name, arguments: seen.append((name,) + arguments.unpack()))
        client.owner()
        done = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(b'abc'), 'x')
        self.ended(client, done, 'complete')
        sandbox.control('files', what='upload', stall=1)
        stalled = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(b'abc'), 'y')
        harness.wait_for(lambda: len(seen) == 2, 'both are announced')
        self.assertEqual([(name, path) for name, path, _ in seen], [('InterfacesAdded', done), ('InterfacesAdded', stalled)])
        properties = seen[1][2][files.TRANSFER]
        self.assertEqual({name: properties[name] for name in ('Kind', 'Status', 'Transferred', 'Name', 'Error')},
                         {'Kind': 'upload', 'Status': 'queued', 'Transferred': 0, 'Name': 'y', 'Error': ('', '')})
        client.call('Account', 'Logout', '(a{sv})', {})
        harness.wait_for(lambda: len(seen) == 4, 'both go')
        self.assertEqual({(name, path) for name, path, _ in seen[2:]}, {('InterfacesRemoved', done), ('InterfacesRemoved', stalled)})
        self.assertEqual(seen[2][2], [files.TRANSFER])
        self.assertEqual(client.call('Files', 'ListTransfers'), [])
        self.fails('org.freedesktop.DBus.Error.UnknownMethod', self.on_transfer, client, done, 'Cancel')

    def test_numbers(self):
        """No number twice, not after a restart, not after a kill."""
        sandbox, daemon, client = self.one()
        seen = set()
        for end in (daemon.stop, daemon.kill, daemon.stop):
            for _ in range(3):
                path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(b'abc'), 'x')
                self.assertNotIn(path, seen)
                seen.add(path)
            end()
            client = daemon.start()
            client.wait_state('online')

    def test_caller_goes(self):
        """The client that began it may disconnect."""
        sandbox, daemon, client = self.one()
        sandbox.control('files', what='upload', delay_ms=50)
        other = daemon.client()
        path = self.begin(other, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(os.urandom(1 << 20)), 'x')
        other.close()
        self.ended(client, path, 'complete')

    def test_cancel(self):
        """At every stage: waiting for a pipe, for its turn, for an address, on the way, behind the last byte."""
        sandbox, daemon, client = self.one(config='[files]\nstall_seconds=30\n')
        content = os.urandom(1 << 20)
        read, write = os.pipe()
        path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', read, 'x')
        self.cancel(client, path)
        os.close(write)
        for order in ({'command': 'files', 'what': 'upload', 'delay_ms': 600000}, {'command': 'files', 'what': 'upload', 'stall': 1},
                      {'command': 'rest', 'path': '/file/upload/chat', 'delay_ms': 600000}, {'command': 'rest', 'path': '/upload', 'delay_ms': 600000}):
            with self.subTest(**order):
                sandbox.control(**order)
                path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(content), 'x')
                harness.wait_for(lambda: self.transfer(client, path)['Status'] == 'active', 'it is under way')
                self.cancel(client, path)
                sandbox.control('rest', clear=True)
                sandbox.control('files', clear=True)
        sandbox.control('files', what='download', stall=300000, count=-1)
        mid = self.message_with(sandbox, client, content)
        path = client.call('Files', 'Download', '(xa{sv})', mid, {})
        harness.wait_for(lambda: self.transfer(client, path)['Status'] == 'active', 'it is under way')
        self.cancel(client, path)
        harness.wait_for(lambda: not self.cached(daemon), 'nothing is left')
        self.on_transfer(client, path, 'Cancel')

    def test_cancel_waiting(self):
        """In the queue behind others, between two tries, and while the daemon is not online."""
        sandbox, daemon, client = self.one()
        content = os.urandom(100000)

        def begin():
            return self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(content), 'x')

        sandbox.control('files', what='upload', stall=1, count=AT_ONCE)
        stalled = [begin() for _ in range(AT_ONCE)]
        for path in stalled:
            harness.wait_for(lambda: self.transfer(client, path)['Status'] == 'active', 'it is under way')
        waiting = begin()
        self.settle(client)
        self.assertEqual(self.transfer(client, waiting)['Status'], 'queued')
        self.cancel(client, waiting)
        for path in stalled:
            self.cancel(client, path)
        sandbox.control('files', clear=True)
        sandbox.control('files', what='upload', status=503, count=-1)
        watch = self.watch(client)
        failing = begin()
        harness.wait_for(lambda: [change for _, change in watch[failing] if change.get('Status') == 'queued'], 'a try has failed')
        self.cancel(client, failing)
        sandbox.control('files', clear=True)
        sandbox.control('socket', refuse=-1)
        sandbox.control('disconnect', how='drop')
        self.lost(client)
        offline = begin()
        client_id, sending = self.send_file(client, 'file', content, 'a.bin')
        self.cancel(client, offline)
        self.cancel(client, sending)
        harness.wait_for(lambda: client.outbox() == [], 'nothing is in the outbox')
        harness.wait_for(lambda: not self.outgoing(daemon), 'the copy is gone')
        sandbox.control('socket', refuse=0)
        client.call('Account', 'Reconnect')
        client.wait_state('online')
        self.assertEqual(self.transfer(client, self.upload_and_compare(sandbox, client, content)['path'])['Status'], 'complete')
        self.assertEqual(sandbox.control('files')['uploads'], 1)

    def test_cancel_late(self):
        """While the store takes the uploaded message: it is sent or it is gone, and the transfer says which."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        held = sqlite3.connect(daemon.store_path(files.ALICE), isolation_level=None)
        self.addCleanup(held.close)
        sandbox.control('files', what='upload', delay_ms=300)
        client_id, path = self.send_file(client, 'file', os.urandom(100000), 'a.bin')
        held.execute('BEGIN IMMEDIATE')  # the daemon's writes wait from here on
        harness.wait_for(lambda: sandbox.control('files')['uploads'] == 1, 'all bytes are there')
        self.on_transfer(client, path, 'Cancel')
        held.execute('ROLLBACK')
        transfer = harness.wait_for(lambda: next((one for one in self.transfers(client) if one['Status'] not in ('queued', 'active')), None), 'the end')
        fates = {'complete': 'sent', 'cancelled': 'cancelled'}
        self.assertIn(transfer['Status'], fates)
        client.wait_sent(client_id, fates[transfer['Status']])
        self.assertEqual(len(sandbox.accepted('alice')), transfer['Status'] == 'complete')
        self.assertEqual(client.outbox(), [])
        harness.wait_for(lambda: not self.outgoing(daemon), 'the copy is gone')

    def test_sender_goes(self):
        """Who sends a file through a pipe may go away before it is all there: what came through is sent."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        other = daemon.client()
        read, write = os.pipe()
        descriptors = files.Gio.UnixFDList.new_from_array([read])
        arguments = files.GLib.Variant('(sxshsa{sv})', ('roster', ECHO, 'file', 0, 'p', {}))
        other.connection.call_with_unix_fd_list(other.name, harness.OBJECT, harness.BUS_NAME + '.Conversations', 'SendFile', arguments, None,
                                                files.Gio.DBusCallFlags.NO_AUTO_START, 30000, descriptors, None, None)
        harness.wait_for(lambda: client.outbox(), 'its row is there')
        os.write(write, b'abc')
        other.close()
        os.write(write, b'def')
        os.close(write)
        harness.wait_for(lambda: sandbox.accepted('alice'), 'it is sent')
        self.assertEqual(self.stored(sandbox, client, json.loads(sandbox.accepted('alice')[0]['attachment'])['url']), b'abcdef')

    def test_stop(self):
        """A daemon that ends does not wait for stalled transfers; the message goes on with the next one, and nothing is left of a download."""
        sandbox, daemon, client = self.one(config='[files]\nstall_seconds=3600\n')
        sandbox.control('bot', on=False)
        content = os.urandom(1 << 20)
        mids = [self.message_with(sandbox, client, content) for _ in range(2)]
        sandbox.control('files', what='upload', stall=300000, count=2)
        sandbox.control('files', what='download', stall=300000, count=2)
        client_id, sending = self.send_file(client, 'file', content, 'a.bin')
        paths = [sending, self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(content), 'x')]
        paths += [client.call('Files', 'Download', '(xa{sv})', mid, {}) for mid in mids]
        for path in paths:
            harness.wait_for(lambda: self.transfer(client, path)['Transferred'] > 0, 'it is under way')
        daemon.stop()
        client = daemon.start()
        harness.wait_for(lambda: client.get('Account', 'Queued') == 0 and sandbox.accepted('alice'), 'it is sent')
        self.assertEqual([one['client_mid'] for one in sandbox.accepted('alice')], [client_id])
        harness.wait_for(lambda: not self.cached(daemon), 'nothing is left')
        self.assertEqual(self.read(self.download(client, mids[0])['Path']), content)

    def test_many(self):
        """Fifty at once: messages pass them."""
        sandbox, daemon, client = self.one()
        sandbox.control('files', what='upload', stall=1, count=-1)
        content = os.urandom(256 << 10)
        paths = [self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(content), 'x') for _ in range(50)]
        for i in range(5):
            client.wait_sent(client.send_text(ECHO, 'meanwhile %d' % i))

        def with_status(*wanted):
            return [path for path in paths if self.transfer(client, path)['Status'] in wanted]

        standing = harness.wait_for(lambda: len(with_status('active')) == AT_ONCE and with_status('active'),
                                    'some are on their way')
        self.assertEqual(len(with_status('queued')), 50 - AT_ONCE)
        sandbox.control('files', clear=True)
        for path in standing:
            self.on_transfer(client, path, 'Cancel')
        for path in set(paths) - set(standing):
            self.ended(client, path, 'complete')
        self.assertGreaterEqual(sandbox.control('files')['uploads'], 50 - AT_ONCE)

    def test_order_of_files(self):
        """Several in one go arrive in their order, whichever is uploaded first; each has its progress, texts pass them, and one that fails holds up none."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        watch = self.watch(client)
        sandbox.control('files', what='upload', delay_ms=8, count=1)
        large, small = os.urandom(1 << 20), os.urandom(100)
        sent = [self.send_file(client, 'file', large, 'one')]
        harness.wait_for(lambda: self.transfer(client, sent[0][1])['Transferred'] > 0, 'the first one is on its way')
        sent += [self.send_file(client, 'file', small, name) for name in ('two', 'three')]
        for _, path in sent[1:]:
            self.ended(client, path, 'complete')
        client.wait_sent(client.send_text(ECHO, 'a text'))
        for client_id, path in sent:
            self.ended(client, path, 'complete')
            client.wait_sent(client_id)

        def names():
            return [json.loads(one['attachment'])['dName'] if one.get('attachment') else one['content'] for one in sandbox.accepted('alice')]

        self.assertEqual([one for one in names() if one != 'a text'], ['one', 'two', 'three'])
        for _, path in sent:
            harness.wait_for(lambda: any(change.get('Status') == 'complete' for _, change in watch[path]), 'its signal')
        steps = [change['Transferred'] for _, change in watch[sent[0][1]] if 'Transferred' in change]
        self.assertEqual(steps, sorted(steps))
        self.assertTrue(steps)

        sandbox.control('files', what='upload', status=403, count=1)
        failed = self.send_file(client, 'file', large, 'four')[0]
        client.wait_sent(failed, 'failed')
        sandbox.control('files', what='upload', stall=1, count=1)
        held = self.send_file(client, 'file', large, 'five')
        harness.wait_for(lambda: self.transfer(client, held[1])['Transferred'] > 0, 'the storage has it')
        last = self.send_file(client, 'file', small, 'six')
        self.ended(client, last[1], 'complete')
        soon = {'not_before': files.GLib.Variant('x', int(time.time() * 1000) + 300)}
        client.wait_sent(client.call('Conversations', 'Send', '(sxssa{sv})', '', ECHO, 'text', 'another text', soon))
        self.assertNotIn('six', names())
        self.assertTrue(client.call('Conversations', 'CancelSend', '(x)', held[0]))
        client.wait_sent(last[0])
        self.assertEqual(names()[-1], 'six')

    def test_progress(self):
        """PropertiesChanged at most five times a second, and never backwards."""
        sandbox, daemon, client = self.one()
        watch = self.watch(client)
        sandbox.control('files', what='upload', delay_ms=1)
        began = time.monotonic()
        path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(os.urandom(24 << 20)), 'x')
        self.ended(client, path, 'complete')
        harness.wait_for(lambda: any(change.get('Status') == 'complete' for _, change in watch[path]), 'its signal')
        self.assertGreater(len(watch[path]), 3)
        # Together: how far apart two of them are here says nothing about when they were sent.
        self.assertLessEqual((len(watch[path]) - 1) / 5, watch[path][-1][0] - began)
        steps = [change['Transferred'] for _, change in watch[path] if 'Transferred' in change]
        self.assertEqual(steps, sorted(steps))


if __name__ == '__main__':
    harness.main()
