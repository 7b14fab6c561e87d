# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: what is uploaded and downloaded, messages that carry it, avatars, what groups share, and the command that sends one."""

import errno
import hashlib
import json
import os
import shutil
import signal
import struct
import subprocess
import threading
import time
import zlib

import files
import harness
from files import ECHO, TEAM


def png(width, height):
    """The beginning of a PNG; the rest is not checked."""
    head = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + struct.pack('>I', 13) + b'IHDR' + head + struct.pack('>I', zlib.crc32(b'IHDR' + head)) + bytes(100)


class FilesTest(files.Test):

    # ---- uploads ----

    def test_upload(self):
        """Both kinds of storage, at the service itself and elsewhere; sizes around those of buffers."""
        sandbox, daemon, client = self.one()
        for oss in (False, True):
            for elsewhere in (False, True):
                sandbox.control('settings', oss_upload=oss, upload_elsewhere=elsewhere)
                for size in (0, 1, 4096, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, 1 << 20):
                    with self.subTest(oss=oss, elsewhere=elsewhere, size=size):
                        self.upload_and_compare(sandbox, client, os.urandom(size))
        for elsewhere in (False, True):
            sandbox.control('settings', put_upload=True, oss_upload=False, upload_elsewhere=elsewhere)
            for size in (0, 1, (256 << 10) + 1):
                with self.subTest(put=True, elsewhere=elsewhere, size=size):
                    self.upload_and_compare(sandbox, client, os.urandom(size))
        self.assertEqual(len([one for one in sandbox.control('requests')['requests'] if (one['method'], one['path']) == ('PUT', '/upload')]), 6)

    def test_sources(self):
        """A pipe, a socket, a file without a name, and a descriptor whose offset is somewhere else."""
        sandbox, daemon, client = self.one()
        content = os.urandom(700000)

        def pump(write):
            with os.fdopen(write, 'wb') as stream:
                stream.write(content)

        for make in (os.pipe, self.socket_pair):
            read, write = make()
            thread = threading.Thread(target=pump, args=(write,))
            thread.start()
            path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', read, 'p')
            transfer = self.ended(client, path, 'complete')
            thread.join()
            self.assertEqual(self.stored(sandbox, client, transfer['Url']), content)
        descriptor = self.source(content)
        os.lseek(descriptor, 1000, os.SEEK_SET)
        path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', descriptor, 'p')
        self.assertEqual(self.stored(sandbox, client, self.ended(client, path, 'complete')['Url']), content)

    def test_bad_sources(self):
        sandbox, daemon, client = self.one()
        write_only = os.open(os.path.join(self.root, 'w'), os.O_WRONLY | os.O_CREAT)
        for descriptor in (os.open(self.root, os.O_RDONLY), os.open('/dev/zero', os.O_RDONLY), write_only):
            path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', descriptor, 'p')
            self.assertEqual(self.error(self.ended(client, path, 'error')), 'FileError')
        self.fails('InvalidArguments', self.begin, client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'text', self.source(b'x'), 'x')
        self.fails('InvalidArguments', self.begin, client, 'Files', 'Upload', '(sxshs)', 'nobody', ECHO, 'file', self.source(b'x'), 'x')

    def test_upload_failures(self):
        """After temporary errors the upload starts again, permanent ones are reported."""
        sandbox, daemon, client = self.one()
        content = os.urandom(300000)
        for fault in ({'status': 500, 'count': 2}, {'cut': 100000}, {'status': 429}):
            with self.subTest(**fault):
                sandbox.control('files', what='upload', **fault)
                self.upload_and_compare(sandbox, client, content)
        for fault, error in (({'status': 403}, 'PermissionDenied'), ({'status': 413}, 'TooLarge'), ({'body': '{"data":false}'}, 'Rejected'),
                             ({'body': 'hello'}, 'ProtocolError'), ({'body': '{"code":12345,"message":"no"}'}, 'Rejected'),
                             ({'status': 307, 'redirect': 'http://127.0.0.1:1/'}, 'ProtocolError')):
            with self.subTest(**fault):
                sandbox.control('files', what='upload', **fault)
                path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(content), 'x')
                self.assertEqual(self.error(self.ended(client, path, 'error')), error)
        sandbox.control('rest', path='/file/upload/chat', status=500, count=1)
        self.upload_and_compare(sandbox, client, content)

    def test_stalled_upload(self):
        sandbox, daemon, client = self.one(config='[files]\nstall_seconds=1\n')
        sandbox.control('files', what='upload', stall=100000)
        self.upload_and_compare(sandbox, client, os.urandom(1 << 20))

    # ---- downloads ----

    def test_download(self):
        sandbox, daemon, client = self.one()
        content = os.urandom(1 << 20)
        mid = self.message_with(sandbox, client, content, name='../../etc/pass\x7fwd')
        transfer = self.download(client, mid)
        self.assertEqual((transfer['Kind'], transfer['Message'], transfer['Name'], transfer['Total']), ('download', mid, 'pass_wd', len(content)))
        self.assertEqual(os.path.dirname(transfer['Path']), self.cache(daemon))
        self.assertEqual(os.path.basename(transfer['Path']), 'message-%d' % mid)
        self.assertEqual(self.read(transfer['Path']), content)
        self.assertEqual(os.stat(transfer['Path']).st_mode & 0o777, 0o600)
        self.assertEqual(self.read_fd(self.open(client, transfer['path'])), content)
        # again: it is there, also while the service is not
        self.all_fetched(sandbox, daemon, client)
        asked = len(sandbox.control('requests')['requests'])
        again = client.call('Files', 'Download', '(xa{sv})', mid, {})
        self.assertEqual(self.transfer(client, again)['Status'], 'complete')
        self.assertEqual(len(sandbox.control('requests')['requests']), asked)
        # What was cut, written to or deleted is fetched again, by a transfer of its own.
        path, before = transfer['Path'], again
        for damage in (lambda: os.truncate(path, 1000), lambda: self.write(path, os.urandom(len(content))), lambda: os.remove(path),
                       lambda: shutil.rmtree(self.cache(daemon))):
            damage()
            transfer = self.download(client, mid)
            self.assertNotEqual(transfer['path'], before)
            self.assertEqual(self.read(transfer['Path']), content)
            self.assertEqual(self.read_fd(self.open(client, transfer['path'])), content)
            before = transfer['path']
        daemon.stop()
        sandbox.stop()
        client = daemon.start()
        path = client.call('Files', 'Download', '(xa{sv})', mid, {})
        self.assertEqual(self.transfer(client, path)['Status'], 'complete')
        self.assertEqual(self.read_fd(self.open(client, path)), content)

    @staticmethod
    def write(path, content):
        with open(path, 'r+b') as file:
            file.write(content)

    def test_files_of_no_size(self):
        """A file of /proc says that it has 0 bytes, one of /sys that it has a page of them: sent is what can be read."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        for source in ('/proc/version', '/sys/kernel/mm/transparent_hugepage/enabled'):
            with self.subTest(source=source):
                content = self.read(source)
                self.assertNotEqual(os.stat(source).st_size, len(content))
                path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', os.open(source, os.O_RDONLY), 'x')
                self.assertEqual(self.ended(client, path, 'complete')['Total'], len(content))
                path = self.begin(client, 'Groups', 'ShareFile', '(xhsa{sv})', TEAM, os.open(source, os.O_RDONLY), 'x', {})
                self.ended(client, path, 'complete')
                shared = max(client.call('Groups', 'ListFiles', '(x)', TEAM), key=lambda one: one['file_id'])
                self.assertEqual(shared['size'], len(content))
                transfer = self.ended(client, client.call('Groups', 'DownloadFile', '(xx)', TEAM, shared['file_id']), 'complete')
                self.assertEqual(self.read(transfer['Path']), content)
                client_id, path = self.begin(client, 'Conversations', 'SendFile', '(sxshsa{sv})', 'roster', ECHO, 'file',
                                             os.open(source, os.O_RDONLY), 'x', {})
                mid = client.wait_sent(client_id)['server_mid']
                attachment = json.loads(client.call('Conversations', 'GetMessage', '(x)', mid)[8]['attachment'])
                self.assertEqual(attachment['fLen'], len(content))
                self.assertEqual(self.read(self.download(client, mid)['Path']), content)

    def test_files_that_change(self):
        """One that grows or shrinks while it is copied is sent as it was read: what the message says is what the service has."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        block = bytes(range(256)) * 1024
        for grows in (True, False):
            with self.subTest(grows=grows), open(os.path.join(self.root, 'changing'), 'w+b') as file:
                file.write(block * 40)
                file.flush()
                done = threading.Event()

                def change():
                    size = 40 * len(block)
                    while not done.is_set() and len(block) < size < 80 * len(block):
                        size += len(block) // 8 if grows else -len(block) // 8
                        file.truncate(size)
                thread = threading.Thread(target=change)
                thread.start()
                try:
                    client_id, _ = self.begin(client, 'Conversations', 'SendFile', '(sxshsa{sv})', '', ECHO, 'file',
                                              os.open(file.name, os.O_RDONLY), 'changing.bin', {})
                finally:
                    done.set()
                    thread.join()
                mid = client.wait_sent(client_id)['server_mid']
                attachment = json.loads(client.call('Conversations', 'GetMessage', '(x)', mid)[8]['attachment'])
                content = self.stored(sandbox, client, attachment['url'])
                self.assertEqual(attachment['fLen'], len(content))
                self.assertEqual(content.rstrip(b'\0'), (block * 40)[:len(content)].rstrip(b'\0'))

    def test_erased_with_the_account(self):
        """Downloads are removed with the account; any other logout keeps them."""
        sandbox, daemon, client = self.one()
        mid = self.message_with(sandbox, client, b'for nobody else')
        path = self.download(client, mid)['Path']
        client.call('Account', 'Logout', '(a{sv})', {})
        self.assertEqual(self.read(path), b'for nobody else')
        client.call('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
        self.assertEqual(self.download(client, mid)['Path'], path)
        client.call('Account', 'Logout', '(a{sv})', {'erase': files.GLib.Variant('b', True)})
        self.assertFalse(os.path.exists(path))
        client.call('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
        self.assertEqual(self.cached(daemon), [])

    def test_size_of_thumbnail(self):
        sandbox, daemon, client = self.one()
        rows = zlib.compress((b'\0' + bytes(300)) * 50)
        head = struct.pack('>IIBBBBB', 100, 50, 8, 2, 0, 0, 0)
        parts = ((b'IHDR', head), (b'IDAT', rows), (b'IEND', b''))
        picture = b'\x89PNG\r\n\x1a\n' + b''.join(
            struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data)) for kind, data in parts)
        mid = self.message_with(sandbox, client, picture, type='image')

        def size(**options):
            return struct.unpack('>II', self.read(self.download(client, mid, thumbnail=True, **options)['Path'])[16:24])

        # A sandbox without gdk-pixbuf makes one white pixel of everything.
        pixel = size() == (1, 1)
        self.assertEqual(size(width=20), (1, 1) if pixel else (20, 10))
        self.assertEqual(size(width=20, height=5), (1, 1) if pixel else (10, 5))

    def test_variants(self):
        """Thumbnails and voice as mp3 are files of their own."""
        sandbox, daemon, client = self.one()
        mid = self.message_with(sandbox, client, os.urandom(5000), type='image')
        small = self.download(client, mid, thumbnail=True)
        self.assertTrue(self.read(small['Path']).startswith(b'\x89PNG'))
        self.assertTrue(small['Path'].endswith('message-%d-small' % mid))
        sized = self.download(client, mid, thumbnail=True, width=20)
        self.assertTrue(sized['Path'].endswith('message-%d-small-20x0' % mid))
        self.fails('InvalidArguments', client.call, 'Files', 'Download', '(xa{sv})', mid, {'width': files.GLib.Variant('u', 20)})
        voice = self.download(client, mid, format='mp3')
        self.assertTrue(voice['Path'].endswith('message-%d-mp3' % mid))
        self.fails('InvalidArguments', client.call, 'Files', 'Download', '(xa{sv})', mid, {'format': files.GLib.Variant('s', 'exe')})
        self.fails('NotFound', client.call, 'Files', 'Download', '(xa{sv})', 12345, {})
        text = sandbox.send('bob', 'alice', 'no file')
        client.wait_message(lambda one: one.id == text)
        self.fails('NotFound', client.call, 'Files', 'Download', '(xa{sv})', text, {})

    def test_resume(self):
        """A download that breaks goes on where it was, if the server can; else it begins anew. The whole is right either way."""
        sandbox, daemon, client = self.one()
        content = os.urandom(3 << 20)
        for fault, parts in (({'cut': 1 << 20}, 1), ({'cut': 1 << 20, 'ignore_range': True, 'count': 2}, 0), ({'length': str(4 << 20)}, 0)):
            with self.subTest(**fault):
                sandbox.control('files', clear=True)
                before = sandbox.control('files')['partial']
                mid = self.message_with(sandbox, client, content)
                sandbox.control('files', what='download', **fault)
                self.assertEqual(self.read(self.download(client, mid)['Path']), content)
                self.assertGreaterEqual(sandbox.control('files')['partial'] - before, parts)

    def test_wrong_part(self):
        sandbox, daemon, client = self.one()
        content = os.urandom(1 << 20)
        mid = self.message_with(sandbox, client, content)
        sandbox.control('files', what='download', cut=600000)
        sandbox.control('files', what='download', wrong_range=True)
        self.assertEqual(self.read(self.download(client, mid)['Path']), content)

    def test_stalled_download(self):
        sandbox, daemon, client = self.one(config='[files]\nstall_seconds=1\n')
        content = os.urandom(1 << 20)
        mid = self.message_with(sandbox, client, content)
        sandbox.control('files', what='download', stall=500000)
        self.assertEqual(self.read(self.download(client, mid)['Path']), content)

    def test_refused_downloads(self):
        sandbox, daemon, client = self.one()
        for status, error in ((403, 'PermissionDenied'), (404, 'NotFound'), (418, 'Rejected')):
            mid = self.message_with(sandbox, client, b'abc')
            sandbox.control('files', what='download', status=status)
            self.assertEqual(self.error(self.download(client, mid, status='error')), error)

    def test_auto_download(self):
        sandbox, daemon, client = self.one(config='[files]\nauto_download=true\n')
        url = self.put(sandbox, client, png(3, 4))
        mid = sandbox.send('bob', 'alice', '', type='image', attachment=json.dumps({'url': url, 'dName': 'a.png', 'fLen': 133}))
        harness.wait_for(lambda: {'message-%d' % mid, 'message-%d-small' % mid} <= set(self.cached(daemon)), 'both are there')
        file = sandbox.send('bob', 'alice', '', type='file', attachment=json.dumps({'url': url, 'dName': 'a', 'fLen': 133}))
        client.wait_message(lambda one: one.id == file)
        self.assertNotIn('message-%d-small' % file, self.cached(daemon))

    def test_cache_limit(self):
        """The least recently used files are removed; open ones are kept."""
        sandbox, daemon, client = self.one(config='[files]\ncache_size=10\n')
        content = os.urandom(3 << 20)
        mids = [self.message_with(sandbox, client, content) for _ in range(6)]
        daemon.stop()
        client = daemon.start()
        client.wait_state('online')
        held = None
        for mid in mids:
            transfer = self.download(client, mid)
            held = held if held is not None else self.open(client, transfer['path'])
            os.utime(transfer['Path'], (1000 + mid % 1000000, os.stat(transfer['Path']).st_mtime))
        # the transfers themselves hold theirs; a new daemon has none
        daemon.stop()
        client = daemon.start()
        harness.wait_for(lambda: len(self.cached(daemon)) <= 4, lambda: 'the oldest go: %s' % self.cached(daemon))
        self.assertIn('message-%d' % mids[0], self.cached(daemon))
        self.assertNotIn('message-%d' % mids[1], self.cached(daemon))
        self.assertEqual(self.read_fd(held), content)

    def test_cache_days(self):
        """By the service's clock where ours is ahead: a jump of it does not empty the cache."""
        sandbox = self.sandbox()
        day = 24 * 3600
        sandbox.control('settings', clock_skew=-40 * day * 1000)
        sandbox, daemon, client = self.one(sandbox=sandbox)
        for age in (60, 80):
            transfer = self.download(client, self.message_with(sandbox, client, b'of %d days ago' % age))
            os.utime(transfer['Path'], (time.time() - age * day, os.stat(transfer['Path']).st_mtime))
        daemon.stop()
        daemon.start()
        harness.wait_for(lambda: len(self.cached(daemon)) < 2, 'one is cleaned away')
        [left] = self.cached(daemon)
        self.assertEqual(self.read(os.path.join(os.path.dirname(transfer['Path']), left)), b'of 60 days ago')

    # ---- messages ----

    def test_cache_by_conversation(self):
        """The size of each conversation's files, and clearing them; open ones are kept."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)

        def usage():
            found, other, limit = client.call('Files', 'GetCacheUsage')
            self.assertEqual(limit, 1 << 30)
            return [(one['conversation'], one['files'], one['bytes']) for one in found], other

        self.assertEqual(usage(), ([], 0))
        first, second = self.message_with(sandbox, client, b'x' * 1000), self.message_with(sandbox, client, b'y' * 200)
        forwarded = client.call('Conversations', 'Forward', '(xsxa{sv})', second, 'group', TEAM, {})
        client.wait_sent(forwarded)
        conversation = harness.message(client.call('Conversations', 'GetMessage', '(x)', first)).conversation
        for one in (first, second, forwarded):
            self.download(client, one)
        self.assertEqual(usage(), ([(conversation, 2, 1200), (TEAM, 1, 200)], 0))
        self.fails('InvalidArguments', client.call, 'Files', 'ClearCache', '(ax)', [-1])
        self.assertEqual(client.call('Files', 'ClearCache', '(ax)', []), (0, 0))  # the transfers have them open
        daemon.stop()
        client = daemon.start()
        client.wait_state('online')
        self.download(client, first)
        self.assertEqual(client.call('Files', 'ClearCache', '(ax)', [conversation, 4711]), (1, 200))
        self.assertEqual(usage(), ([(conversation, 1, 1000), (TEAM, 1, 200)], 0))
        client.call('Conversations', 'DeleteMessage', '(xa{sv})', forwarded, {'local': files.GLib.Variant('b', True)})
        self.assertEqual(usage(), ([(conversation, 1, 1000)], 200))
        self.assertEqual(client.call('Files', 'ClearCache', '(ax)', []), (1, 200))
        self.assertEqual(usage(), ([(conversation, 1, 1000)], 0))

    def test_send_file(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        content = png(640, 480)
        client_id, path = self.send_file(client, 'image', content, 'dir/photo.png', ext=files.GLib.Variant('s', 'e'))
        client.wait_sent(client_id)
        self.ended(client, path, 'complete')
        [accepted] = sandbox.accepted('alice')
        attachment = json.loads(accepted['attachment'])
        self.assertEqual({key: attachment[key] for key in ('dName', 'fLen', 'width', 'height')},
                         {'dName': 'photo.png', 'fLen': len(content), 'width': 640, 'height': 480})
        self.assertEqual((accepted['type'], accepted.get('ext')), ('image', 'e'))
        self.assertEqual(self.stored(sandbox, client, attachment['url']), content)
        message = harness.message(client.call('Conversations', 'GetMessage', '(x)', client_id))
        self.assertEqual(message.more['send_state'], 'sent')
        self.assertEqual(self.read(self.download(client, client_id)['Path']), content)
        harness.wait_for(lambda: not self.outgoing(daemon), 'the copy is gone')
        self.assertEqual(client.outbox(), [])

    def test_send_offline(self):
        """It is in the outbox at once, with what is known; the caller's file is gone; later it is sent, behind nobody."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('socket', refuse=-1)
        sandbox.control('disconnect', how='drop')
        self.lost(client)
        content = os.urandom(100000)
        client_id, path = self.send_file(client, 'file', content, 'a.bin')
        [waiting] = [harness.message(one) for one in client.outbox()]
        self.assertEqual((waiting.id, waiting.more['send_state'], json.loads(waiting.more['attachment'])), (client_id, 'queued', {'dName': 'a.bin', 'fLen': 100000}))
        self.assertEqual(self.transfer(client, path)['Status'], 'queued')
        self.assertEqual(client.get('Account', 'Queued'), 1)
        # Until it is uploaded its sender's own windows show the copy, which stays where they have it when it is not needed for that any more.
        own = self.download(client, client_id)
        self.assertEqual((self.read(own['Path']), own['Name'], own['Message']), (content, 'a.bin', client_id))
        self.assertEqual(self.download(client, client_id, thumbnail=True)['Path'], own['Path'])
        sandbox.control('socket', refuse=0)
        client.call('Account', 'Reconnect')
        client.wait_sent(client_id)
        harness.wait_for(lambda: not self.outgoing(daemon), 'the copy is gone')
        self.assertEqual(self.read(own['Path']), content)
        self.assertEqual(self.read(self.download(client, client_id)['Path']), content)
        self.assertEqual(self.stored(sandbox, client, json.loads(sandbox.accepted('alice')[0]['attachment'])['url']), content)

    def test_void_token_while_a_file_waits(self):
        """A login that fails ends the uploads that it has taken up, and leaves them to the next one."""
        sandbox, daemon, client = self.one(persist=True)
        sandbox.control('bot', on=False)
        sandbox.stop()
        self.lost(client)
        client_id = self.send_file(client, 'file', b'abc', 'a.bin')[0]
        client.call('Account', 'Logout', '(a{sv})', {})
        sandbox.start()
        sandbox.control('bot', on=False)
        self.fails('LoginFailed', client.call, 'Account', 'LoginWithToken', '(xsa{sv})', files.ALICE, 'f' * 32, {})
        harness.wait_for(lambda: self.transfers(client) == [], lambda: 'no transfer is left: %s' % self.transfers(client))
        client.login('alice')
        client.wait_sent(client_id)
        self.assertEqual([one['client_mid'] for one in sandbox.accepted('alice')], [client_id])

    def test_texts_pass(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('files', what='upload', stall=1)
        client_id, path = self.send_file(client, 'file', os.urandom(100000), 'a.bin')
        client.wait_sent(client.send_text(ECHO, 'first'))
        harness.wait_for(lambda: self.transfer(client, path)['Status'] == 'active', 'it is under way')
        self.cancel(client, path)
        client.wait_event('SendingMessageStatusChanged', lambda event: event.args[:2] == (client_id, 'cancelled'))
        self.assertEqual(client.outbox(), [])
        harness.wait_for(lambda: not self.outgoing(daemon), 'the copy is gone')

    def test_cancel_send(self):
        sandbox, daemon, client = self.one()
        sandbox.control('files', what='upload', stall=1)
        client_id, path = self.send_file(client, 'file', os.urandom(100000), 'a.bin')
        harness.wait_for(lambda: self.transfer(client, path)['Status'] == 'active', 'it is under way')
        self.assertTrue(client.call('Conversations', 'CancelSend', '(x)', client_id))
        self.ended(client, path, 'cancelled')
        harness.wait_for(lambda: not self.outgoing(daemon), 'the copy is gone')
        self.settle(client)
        self.assertEqual([event.args[1] for event in client.named('SendingMessageStatusChanged') if event.args[0] == client_id], ['queued', 'cancelled'])

    def test_failed_send(self):
        """A refusal is reported; Resend uses the daemon's copy."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        content = os.urandom(100000)
        sandbox.control('files', what='upload', status=403)
        client_id, path = self.send_file(client, 'file', content, 'a.bin')
        self.ended(client, path, 'error')
        client.wait_event('SendingMessageStatusChanged', lambda event: event.args[:2] == (client_id, 'failed'))
        [failed] = [harness.message(one) for one in client.outbox()]
        self.assertIn('HTTP 403', failed.more['error'])
        client.call('Conversations', 'Resend', '(x)', client_id)
        client.wait_sent(client_id)
        self.assertEqual(self.stored(sandbox, client, json.loads(sandbox.accepted('alice')[0]['attachment'])['url']), content)
        sandbox.control('files', what='upload', status=403)
        client_id, path = self.send_file(client, 'file', content, 'a.bin')
        self.ended(client, path, 'error')
        self.assertTrue(client.call('Conversations', 'CancelSend', '(x)', client_id))
        harness.wait_for(lambda: not self.outgoing(daemon), 'the copy is gone')

    def test_send_retries(self):
        sandbox, daemon, client = self.one()
        sandbox.control('files', what='upload', status=500)
        client_id, path = self.send_file(client, 'file', b'abc', 'a.bin')
        harness.wait_for(lambda: [one for one in client.outbox() if 'HTTP 500' in one[8].get('error', '')]
                         or not client.get('Account', 'Queued'), 'the failure shows, or is over')
        client.wait_sent(client_id)

    def test_token(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        token = files.GLib.Variant('s', 'mine')
        client_id, path = self.send_file(client, 'file', b'abc', 'a.bin', token=token)
        self.assertEqual(self.send_file(client, 'file', b'abc', 'a.bin', token=token)[0], client_id)
        self.fails('InvalidArguments', self.send_file, client, 'file', b'abc', 'b.bin', token=token)
        client.wait_sent(client_id)
        daemon.stop()
        client = daemon.start()
        client.wait_state('online')
        self.assertEqual(self.send_file(client, 'file', b'abc', 'a.bin', token=token), (client_id, '/'))
        self.assertEqual(len(sandbox.accepted('alice')), 1)

    def test_too_large(self):
        sandbox, daemon, client = self.one(config='[files]\nmax_size=1\n')
        large = os.urandom((1 << 20) + 1)
        path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(large), 'x')
        self.assertEqual(self.error(self.ended(client, path, 'error')), 'TooLarge')
        self.fails('TooLarge', self.send_file, client, 'file', large, 'x')
        harness.wait_for(lambda: client.outbox() == [], 'nothing is in the outbox')
        self.assertEqual(self.outgoing(daemon), [])

    def test_forward(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        content = os.urandom(1000)
        mid = self.message_with(sandbox, client, content)
        token = {'token': files.GLib.Variant('s', 'f')}
        client_id = client.call('Conversations', 'Forward', '(xsxa{sv})', mid, '', TEAM, token)
        self.assertEqual(client.call('Conversations', 'Forward', '(xsxa{sv})', mid, '', TEAM, token), client_id)
        client.wait_sent(client_id)
        [accepted] = sandbox.accepted('alice')
        self.assertEqual(harness.message(client.call('Conversations', 'GetMessage', '(x)', client_id)).to_type, 'group')
        old = json.loads(harness.message(client.call('Conversations', 'GetMessage', '(x)', mid)).more['attachment'])
        new = json.loads(accepted['attachment'])
        self.assertNotEqual(old['url'], new['url'])
        self.assertEqual(self.stored(sandbox, client, new['url']), content)
        self.fails('NotFound', client.call, 'Conversations', 'Forward', '(xsxa{sv})', 12345, 'group', TEAM, {})

    def test_forward_again(self):
        """A token stands for what was forwarded, also where that could not be done any more: offline, or recalled."""
        sandbox, daemon, client = self.one()
        mid = self.message_with(sandbox, client, b'a file')
        token = {'token': files.GLib.Variant('s', 'f')}
        client_id = client.call('Conversations', 'Forward', '(xsxa{sv})', mid, 'roster', 1003, token)
        client.wait_sent(client_id)
        sandbox.control('socket', refuse=-1)
        sandbox.control('disconnect', how='drop', user='alice')
        client.wait_state('waiting')
        self.assertEqual(client.call('Conversations', 'Forward', '(xsxa{sv})', mid, 'roster', 1003, token), client_id)
        self.fails('InvalidArguments', client.call, 'Conversations', 'Forward', '(xsxa{sv})', mid, 'roster', 1002, token)
        sandbox.control('socket', refuse=0)
        sender = harness.message(client.call('Conversations', 'GetMessage', '(x)', mid)).sender
        sandbox.control('send', from_=sender, to='alice', operation='RECALL', mid=mid, conversation=1001)
        client.call('Account', 'Reconnect')
        client.wait_event('MessageRecalled')
        self.assertEqual(client.call('Conversations', 'Forward', '(xsxa{sv})', mid, 'roster', 1003, token), client_id)
        self.assertEqual(len(sandbox.accepted('alice', conversation=1003)), 1)

    # ---- avatars and shared files ----

    def test_avatars(self):
        sandbox, daemon, client = self.one()
        self.fails('NotFound', client.call, 'Files', 'GetAvatar', '(sxb)', 'group', TEAM, False)
        # An answer of the login's own fetches that was asked for before would bring the old details.
        missing = "SELECT count(*) FROM contacts WHERE kind = 1 AND listed = 1 AND json_extract(details, '$.owner_id') IS NULL"
        harness.wait_for(lambda: daemon.query(1001, missing)[0][0] == 0, 'the details of all groups')
        for interface, arguments, who in (('Account', (), ('roster', 1001)), ('Groups', (TEAM,), ('group', TEAM))):
            with self.subTest(interface=interface):
                content = png(8, 8) + interface.encode()
                path = self.begin(client, interface, 'SetAvatar', '(xhs)' if arguments else '(hs)', *arguments, self.source(content), 'me.png')
                self.ended(client, path, 'complete')
                path = client.call('Files', 'GetAvatar', '(sxb)', *who, False)
                transfer = self.ended(client, path, 'complete')
                self.assertEqual(self.read(transfer['Path']), content)
                small = self.ended(client, client.call('Files', 'GetAvatar', '(sxb)', '', who[1], True), 'complete')
                self.assertNotEqual(self.read(small['Path']), content)

    def test_shared_files(self):
        sandbox, daemon, client = self.one()
        content = os.urandom(50000)
        path = self.begin(client, 'Groups', 'ShareFile', '(xhsa{sv})', TEAM, self.source(content), 'report.pdf', {})
        self.ended(client, path, 'complete')
        [shared] = client.call('Groups', 'ListFiles', '(x)', TEAM)
        self.assertEqual((shared['name'], shared['size'], shared['type']), ('report.pdf', len(content), 'file'))
        transfer = self.ended(client, client.call('Groups', 'DownloadFile', '(xx)', TEAM, shared['file_id']), 'complete')
        self.assertEqual(self.read(transfer['Path']), content)
        path = client.call('Groups', 'DownloadFile', '(xx)', TEAM, 999)
        self.ended(client, path, 'error')

    # ---- the command ----

    def test_command(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        photo = os.path.join(self.root, 'photo.png')
        with open(photo, 'wb') as file:
            file.write(png(2, 3))
        run = dict(env=daemon.environment(), capture_output=True, timeout=harness.LIMIT, start_new_session=True)
        ended = subprocess.run([daemon.argv()[0], 'send-file', str(ECHO), photo], **run)
        self.assertEqual((ended.returncode, ended.stderr), (0, b''))
        self.assertEqual(sandbox.accepted('alice')[0]['server_mid'], int(ended.stdout))
        without = dict(run, env=dict(daemon.environment(), XDG_DATA_DIRS='/nonexistent'))
        ended = subprocess.run([daemon.argv()[0], 'send-file', str(ECHO), photo], **without)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        ended = subprocess.run([daemon.argv()[0], 'send-file', '--name', 'notes.txt', str(TEAM), '-'], input=b'through a pipe', **run)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual([(one['type'], json.loads(one['attachment'])['dName']) for one in sandbox.accepted('alice')],
                         [('image', 'photo.png'), ('image', 'photo.png'), ('file', 'notes.txt')])
        for arguments in (['send-file'], ['send-file', 'bob'], ['send-file', str(ECHO), photo, photo, '--name', 'one']):
            self.assertEqual(subprocess.run([daemon.argv()[0]] + arguments, **run).returncode, 64)
        for path, code in (('/nowhere', errno.ENOENT), (self.root, errno.EISDIR)):
            ended = subprocess.run([daemon.argv()[0], 'send-file', str(ECHO), path], **run)
            self.assertEqual((ended.returncode, ended.stderr.decode()), (1, 'flooimd: %s: %s\n' % (path, os.strerror(code))))

    def test_command_terminal(self):
        """A progress bar on a terminal; after an interrupt the daemon still sends the message."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        source = os.path.join(self.root, 'source')
        with open(source, 'wb') as file:
            file.write(os.urandom(4 << 20))
        sandbox.control('files', what='upload', delay_ms=4)
        terminal, theirs = os.openpty()
        shown = bytearray()

        def on_shown(*_):
            try:
                shown.extend(os.read(terminal, 4096))
            except OSError:
                return False  # nobody writes any more
            return True

        files.GLib.unix_fd_add_full(files.GLib.PRIORITY_DEFAULT, terminal, files.GLib.IOCondition.IN, on_shown)
        command = subprocess.Popen([daemon.argv()[0], 'send-file', str(ECHO), source], env=daemon.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=theirs, start_new_session=True)
        os.close(theirs)
        harness.wait_for(lambda: b'#' in shown, lambda: 'a bar that grows: %s' % shown)
        command.send_signal(signal.SIGINT)
        harness.wait_for(lambda: b'continues' in shown, lambda: 'what becomes of it: %s' % shown)
        self.assertEqual((command.communicate()[0], command.returncode), (b'', 130))
        self.assertIn(b'the daemon continues', shown)
        harness.wait_for(lambda: sandbox.accepted('alice'), 'it is sent')
        os.close(terminal)

    # ---- size ----

    def test_large(self):
        """64 MiB up and down: memory stays flat, and every byte is right."""
        sandbox, daemon, client = self.one()
        piece = os.urandom(1 << 20)
        source = os.path.join(self.root, 'large')
        sum_up = hashlib.sha256()
        with open(source, 'wb') as file:
            for i in range(64):
                part = piece[i:] + piece[:i]
                sum_up.update(part)
                file.write(part)
        self.upload_and_compare(sandbox, client, b'warm up')
        before = self.peak(daemon)
        client_id, path = self.begin(client, 'Conversations', 'SendFile', '(sxshsa{sv})', 'roster', ECHO, 'file', os.open(source, os.O_RDONLY), 'large', {})
        client.wait_sent(client_id)
        transfer = self.download(client, client_id)
        sum_down = hashlib.sha256()
        with open(transfer['Path'], 'rb') as file:
            while part := file.read(1 << 20):
                sum_down.update(part)
        self.assertEqual(sum_up.hexdigest(), sum_down.hexdigest())
        if harness.SLOWNESS == 1:  # a sanitizer keeps what was freed
            self.assertLess(self.peak(daemon) - before, 8 << 20)

    @staticmethod
    def peak(daemon):
        """The largest resident memory so far, bytes."""
        with open('/proc/%d/status' % daemon.process.pid) as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith('VmHWM'))


if __name__ == '__main__':
    harness.main()
