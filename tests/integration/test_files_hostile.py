# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile messages, servers and callers: an error each time, no token for other hosts, and nothing written outside the cache."""

import http.server
import json
import os
import threading

import files
import harness
from files import ECHO


class Stranger(http.server.BaseHTTPRequestHandler):
    """A server that does not belong to the service; it records its requests."""

    requests = []
    redirect = None
    content = b'abc'

    def do_GET(self):
        self.requests.append((self.path, dict(self.headers)))
        if self.redirect:
            self.send_response(302)
            self.send_header('Location', self.redirect)
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        self.send_response(200)
        self.send_header('Content-Length', str(len(self.content)))
        self.end_headers()
        try:
            self.wfile.write(self.content)
        except OSError:
            pass  # nobody wants more

    def log_message(self, *arguments):
        pass


class FilesHostileTest(files.Test):

    def setUp(self):
        super().setUp()
        Stranger.requests, Stranger.redirect, Stranger.content = [], None, b'abc'
        self.stranger = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Stranger)
        threading.Thread(target=self.stranger.serve_forever, daemon=True).start()
        self.addCleanup(self.stranger.server_close)
        self.addCleanup(self.stranger.shutdown)

    @property
    def strange_url(self):
        return 'http://127.0.0.1:%d/x' % self.stranger.server_port

    def tree(self):
        """Every file of the test except those that a running daemon and sandbox write."""
        found = set()
        for folder, _, names in os.walk(self.root):
            found.update(os.path.join(folder, name) for name in names)
        return {path for path in found if not path.endswith(('.log', 'store.db', 'search.db', '-journal', '-wal', '-shm', 'transfer-ids', '.client-id'))}

    def test_addresses(self):
        """No address but http and https, none without a host or with a user in it."""
        self.allowed_violations = True  # attachments that are no JSON
        sandbox, daemon, client = self.one()
        before = self.tree()
        for url in ('file:///etc/passwd', 'file://localhost/etc/passwd', 'ftp://127.0.0.1/x', 'gopher://127.0.0.1:1/x', 'javascript:alert(1)', 'data:,abc',
                    'http://', 'http:///x', '//127.0.0.1/x', '/etc/passwd', '../x', 'x', 'http://user:pw@127.0.0.1/', 'http://127.0.0.1\\@example.com/',
                    'http://127.0.0.1/\r\nX: y', 'http://[::1', 'http://127.0.0.1:99999/', 'http://0.0.0.0/', 'http://169.254.169.254/latest/',
                    'http://[fe80::1]/', 'http://224.0.0.1/', 'http://127.0.0.2/', 'http://localhost/', 'http://10.0.0.1/', 'http://172.16.0.1/',
                    'http://192.168.0.1/', 'http://100.100.100.200/', 'http://[::1]/', 'http://[fd00::1]/', 'http://[::ffff:10.0.0.1]/',
                    'https://' + 'a' * 9000):
            with self.subTest(url=url[:60]):
                mid = self.message_at(sandbox, client, url)
                self.assertEqual(self.error(self.download(client, mid, status='error')), 'ProtocolError')
        for attachment in ('{"url":5}', '{"url":null}', '[]', '"x"', 'no json', '{"url":""}', '{"dName":"x"}'):
            with self.subTest(attachment=attachment):
                mid = sandbox.send('bob', 'alice', '', type='file', attachment=attachment)
                client.wait_message(lambda one: one.id == mid)
                self.fails('NotFound', client.call, 'Files', 'Download', '(xa{sv})', mid, {})
        self.assertEqual(self.tree(), before)
        self.assertEqual(self.cached(daemon), [])

    def test_private_hosts(self):
        """A host of a private network is asked where the configuration names it, and only then; a redirect there changes nothing."""
        neighbour = http.server.ThreadingHTTPServer(('127.0.0.2', 0), Stranger)
        threading.Thread(target=neighbour.serve_forever, daemon=True).start()
        self.addCleanup(neighbour.server_close)
        self.addCleanup(neighbour.shutdown)
        url = 'http://127.0.0.2:%d/n' % neighbour.server_port
        sandbox, daemon, client = self.one()
        direct = self.message_at(sandbox, client, url)
        self.assertEqual(self.error(self.download(client, direct, status='error')), 'ProtocolError')
        redirected = self.message_with(sandbox, client, b'xyz')
        sandbox.control('files', what='download', redirect=url)
        self.assertEqual(self.error(self.download(client, redirected, status='error')), 'ProtocolError')
        self.assertEqual(Stranger.requests, [])
        daemon.stop()
        with open(os.path.join(daemon.root, 'config', 'flooim', 'flooimd.conf'), 'a') as file:
            file.write('[files]\nprivate_hosts=nas.example 127.0.0.2\n')
        client = daemon.start()
        client.wait_state('online')
        self.assertEqual(self.read(self.download(client, direct)['Path']), b'abc')
        self.assertEqual([path for path, _ in Stranger.requests], ['/n'])

    def test_names(self):
        """Names are shown, never used."""
        sandbox, daemon, client = self.one()
        url = self.put(sandbox, client, b'abc')
        before = self.tree()
        for name in ('../../../../tmp/evil', '/etc/passwd', '..', '.', '', 'a\0b', 'a\nb\r\t', 'x' * 5000, '\u202egnp.exe', 'a/../../b', '-rf', '~/.bashrc'):
            with self.subTest(name=name[:30]):
                attachment = json.dumps({'url': url, 'dName': name, 'fLen': 3})
                mid = sandbox.send('bob', 'alice', '', type='file', attachment=attachment)
                client.wait_message(lambda one: one.id == mid)
                transfer = self.download(client, mid)
                self.assertNotIn('/', transfer['Name'])
                self.assertNotIn('\n', transfer['Name'])
                self.assertTrue(0 < len(transfer['Name'].encode()) <= 255)
                self.assertEqual(transfer['Path'], os.path.join(self.cache(daemon), 'message-%d' % mid))
        self.assertTrue(all(path.startswith(self.cache(daemon)) for path in self.tree() - before))

    def test_tokens(self):
        """Another host gets the request without token or app id; a redirect there, too."""
        sandbox, daemon, client = self.one()
        self.assertEqual(self.read(self.download(client, self.message_at(sandbox, client, self.strange_url))['Path']), b'abc')
        mid = self.message_with(sandbox, client, b'abc')
        sandbox.control('files', what='download', redirect=self.strange_url + '?a=b')
        self.assertEqual(self.read(self.download(client, mid)['Path']), b'abc')
        mid = self.message_with(sandbox, client, b'abcd')
        sandbox.control('files', what='download', redirect='elsewhere')
        self.assertEqual(self.read(self.download(client, mid)['Path']), b'abcd')
        self.assertEqual([path for path, _ in Stranger.requests], ['/x', '/x?a=b'])
        for path, headers in Stranger.requests:
            for name in ('access-token', 'app_id', 'Cookie', 'Authorization', 'Referer'):
                self.assertNotIn(name.lower(), [header.lower() for header in headers])

    def test_redirects(self):
        """Redirects to a file or in a circle fail, and after one back the token is sent to the service only."""
        sandbox, daemon, client = self.one()
        for target in ('file:///etc/passwd', 'http://user@127.0.0.1/', 'ftp://127.0.0.1/', 'http://169.254.169.254/'):
            with self.subTest(target=target):
                mid = self.message_with(sandbox, client, b'abc')
                sandbox.control('files', what='download', redirect=target)
                self.download(client, mid, status='error')
        Stranger.redirect = self.strange_url
        transfer = self.download(client, self.message_at(sandbox, client, self.strange_url), status='error')
        self.assertEqual(self.error(transfer), 'ProtocolError')
        self.assertLess(len(Stranger.requests), 10)
        Stranger.redirect = self.put(sandbox, client, b'home')
        self.assertEqual(self.read(self.download(client, self.message_at(sandbox, client, self.strange_url))['Path']), b'home')
        self.assertEqual(self.cached(daemon)[:0], [])

    def test_small_pictures(self):
        """Who is asked for a small picture and is not the service sends what it likes: not more than a megabyte of it is taken."""
        sandbox, daemon, client = self.one()
        mid = self.message_at(sandbox, client, self.strange_url, type='image')
        self.assertEqual(self.read(self.download(client, mid, thumbnail=True)['Path']), b'abc')
        for size in (1 << 20, (1 << 20) + 1):
            Stranger.content = bytes(size)
            mid = self.message_at(sandbox, client, self.strange_url, type='image')
            small = self.download(client, mid, thumbnail=True, status='complete' if size == 1 << 20 else 'error')
            self.assertEqual(small['Error'][0].rpartition('.')[2], '' if size == 1 << 20 else 'TooLarge')
            self.assertEqual(len(self.read(self.download(client, mid)['Path'])), size)

    def test_auto_download(self):
        """No other host learns that a message has come, and no more is taken than was said."""
        sandbox, daemon, client = self.one(config='[files]\nauto_download=true\n')
        self.message_at(sandbox, client, self.strange_url, type='image')
        large = sandbox.send('bob', 'alice', '', type='image', attachment=json.dumps({'url': self.put(sandbox, client, bytes(300000)), 'fLen': 3}))
        small = sandbox.send('bob', 'alice', '', type='image', attachment=json.dumps({'url': self.put(sandbox, client, bytes(3)), 'fLen': 3}))
        harness.wait_for(lambda: {'message-%d' % small, 'message-%d-small' % small, 'message-%d-small' % large} <= set(self.cached(daemon)), 'all that is small')
        ends = harness.wait_for(lambda: [one for one in self.transfers(client) if one['Status'] == 'error'], 'the end of what is not')
        self.assertEqual([(one['Message'], self.error(one)) for one in ends], [(large, 'TooLarge')])
        self.assertEqual(len(self.read(self.download(client, large)['Path'])), 300000)
        self.assertEqual(Stranger.requests, [])

    def test_avatar(self):
        """The size of an avatar is limited."""
        sandbox, daemon, client = self.one()
        client.call('Groups', 'GetInfo', '(xb)', files.TEAM, True)
        path = self.begin(client, 'Groups', 'SetAvatar', '(xhs)', files.TEAM, self.source(b'abc'), 'me.png')
        self.ended(client, path, 'complete')
        sandbox.control('files', what='download', length=str((16 << 20) + 1))
        self.assertEqual(self.error(self.ended(client, client.call('Files', 'GetAvatar', '(sxb)', 'group', files.TEAM, False), 'error')), 'TooLarge')

    def test_lengths(self):
        """Sizes of 2^63 bytes, more, negative ones, and a body without an end."""
        sandbox, daemon, client = self.one(config='[files]\nmax_size=2\n')
        for fault in ({'length': '9223372036854775808'}, {'length': '9223372036854775807'}, {'length': '99999999999999999999999'}, {'length': '2097153'},
                      {'endless': True}, {'endless': True, 'chunked': True}):
            with self.subTest(**fault):
                mid = self.message_with(sandbox, client, b'abc')
                sandbox.control('files', what='download', **fault)
                self.assertEqual(self.error(self.download(client, mid, status='error')), 'TooLarge')
        for fault in ({'length': '-1'}, {'length': '3x'}, {'length': '0x3'}):
            with self.subTest(**fault):
                mid = self.message_with(sandbox, client, b'abc')
                sandbox.control('files', what='download', **fault)
                self.download(client, mid, status='error')
        harness.wait_for(lambda: self.cached(daemon) == [], 'nothing is left')

    def test_compressed(self):
        """Compressed answers are refused, so that none can expand beyond the limit."""
        sandbox, daemon, client = self.one()
        for encoding in ('gzip', 'br', 'deflate, gzip'):
            mid = self.message_with(sandbox, client, b'abc')
            sandbox.control('files', what='download', encoding=encoding)
            self.assertEqual(self.error(self.download(client, mid, status='error')), 'ProtocolError')

    def test_upload_addresses(self):
        """The service may name a bad address for an upload: file: URLs are refused, and no token is sent to a cloud storage."""
        sandbox, daemon, client = self.one()
        for url in ('file:///tmp/x', 'ftp://127.0.0.1/', 'http://169.254.169.254/', ''):
            body = json.dumps({'code': 200, 'data': {'upload_url': url, 'download_url': 'http://127.0.0.1/x'}})
            sandbox.control('rest', path='/file/upload/chat', body=body)
            path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(b'abc'), 'x')
            self.assertEqual(self.error(self.ended(client, path, 'error')), 'ProtocolError')
        for data in ('5', '[]', '{}', '{"upload_url":5}', 'null', '{"upload_url":"http://127.0.0.1/","download_url":""}'):
            with self.subTest(data=data):
                sandbox.control('rest', path='/file/upload/chat', body='{"code":200,"data":%s}' % data, count=-1)
                path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(b'abc'), 'x')
                self.assertEqual(self.error(self.ended(client, path, 'error')), 'ProtocolError')
                sandbox.control('rest', clear=True)


if __name__ == '__main__':
    harness.main()
