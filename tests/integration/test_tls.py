#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service with TLS, as it is in the world: whom the daemon trusts, and that everything works over it."""

import http.server
import json
import os
import shutil
import ssl
import subprocess
import threading
import unittest

from gi.repository import GLib

import files
import front
import harness
import programs

BOB = 1002


class Discovery(http.server.BaseHTTPRequestHandler):
    """Says where the service is."""

    answer = None

    def do_GET(self):
        body = json.dumps(self.answer).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@unittest.skipUnless(shutil.which('openssl'), 'openssl is missing')
class TlsTest(files.Test):
    def openssl(self, *args):
        subprocess.run(['openssl', *args], check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder('authority'))

    def authority(self):
        """Makes an authority; returns the file of its certificate."""
        self.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=The tests', '-days', '2',
                     '-keyout', 'ca.key', '-out', 'ca.pem')
        return os.path.join(self.folder('authority'), 'ca.pem')

    def certificate(self, name):
        """A certificate of the authority for subjectAltName @name; returns the file with it and its key."""
        folder = self.folder('authority')
        with open(os.path.join(folder, 'names'), 'w') as file:
            file.write('subjectAltName=' + name)
        self.openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=sandbox', '-keyout', 'key.pem',
                     '-out', 'request.pem')
        self.openssl('x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', '7', '-days', '1',
                     '-extfile', 'names', '-out', 'certificate.pem')
        both = os.path.join(folder, 'both.pem')
        with open(both, 'w') as output:
            for part in ('certificate.pem', 'key.pem'):
                with open(os.path.join(folder, part)) as file:
                    output.write(file.read())
        return both

    def scene(self, name='IP:127.0.0.1', trusted=True, further='', env=None):
        ca = self.authority()
        sandbox = self.sandbox(certificate=self.certificate(name))
        self.assertTrue(sandbox.origin.startswith('https:'))
        config = '[service]\napp_id=sandbox\ndns_server=%s\n' % sandbox.dns_server + ('ca_file=%s\n' % ca if trusted else '') + further
        daemon = self.daemon(sandbox=sandbox, config=config, env=dict(programs.NO_LEAKS, **(env or {})))
        return sandbox, daemon, daemon.start()

    def refused(self, sandbox, client, reason):
        """No login, and the reason is told; the password went nowhere."""
        pending = client.start('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
        harness.wait_for(lambda: client.last_error[0] == 'Offline', lambda: 'the refusal; it is %s, %s' % (client.state, client.last_error))
        self.assertIn('certificate', client.last_error[1])
        self.assertIn(reason, client.last_error[1])
        self.assertEqual(sandbox.control('requests')['requests'], [])
        client.call('Account', 'Logout', '(a{sv})', {})
        self.fails('Cancelled', pending.result)

    def test_everything(self):
        sandbox, daemon, client = self.scene()
        client.login('alice')
        sandbox.wait('delivered', user='alice')
        sent = client.send_text(BOB, 'under cover')
        client.wait_sent(sent)
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], ['under cover'])
        mid = sandbox.send('bob', 'alice', 'yes')
        client.wait_message(lambda one: one.id == mid)
        sent, transfer = self.send_file(client, 'file', b'some bytes', 'a.txt', to=BOB)
        self.ended(client, transfer, 'complete')
        client.wait_sent(sent)
        daemon.stop()
        again = daemon.start()
        again.wait_state('online')

    def test_socket_of_another_host(self):
        """The socket's address is not the certificate's, the service's is."""
        sandbox, daemon, client = self.scene()
        cluster = {'ratel': [{'protocol': 'https', 'host': '127.0.0.1:%d' % sandbox.service_port}],
                   'webim': [{'protocol': 'https', 'host': 'localhost:%d' % sandbox.service_port}]}
        Discovery.answer = {'code': 200, 'message': '', 'data': {'dns_list': [{'group_level': 0, 'clusters': [cluster]}]}}
        server = http.server.HTTPServer(('127.0.0.1', 0), Discovery)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        dns_server = GLib.Variant('s', 'http://127.0.0.1:%d/dns' % server.server_port)
        client.start('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {'dns_server': dns_server})
        harness.wait_for(lambda: client.last_error[1].startswith('the socket: '), lambda: 'the refusal; it is %s, %s' % (client.state, client.last_error))
        self.assertIn('it is for another host', client.last_error[1])

    def test_file_of_another_host(self):
        """Transfers report it, too."""
        sandbox, daemon, client = self.scene(further='[files]\nprivate_hosts=localhost\n')
        client.login('alice')
        sandbox.wait('delivered', user='alice')
        url = 'https://localhost:%d/elsewhere/x' % sandbox.service_port
        transfer = self.download(client, self.message_at(sandbox, client, url), status='error')
        self.assertIn('it is for another host', transfer['Error'][1])

    def test_transfers_keep_to_http_1(self):
        """Whatever else the server offers: a stream of HTTP/2 that is reset in the middle of a file would not be noticed."""
        sandbox, daemon, client = self.scene(further='[files]\nprivate_hosts=127.0.0.1\n')
        client.login('alice')
        sandbox.wait('delivered', user='alice')
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(self.folder('authority'), 'both.pem'))
        context.set_alpn_protocols(['h2', 'http/1.1'])
        Discovery.answer = 'a file'
        server = http.server.HTTPServer(('127.0.0.1', 0), Discovery)
        chosen = []
        plain = server.get_request

        def get_request():
            connection, address = plain()
            connection = context.wrap_socket(connection, server_side=True)
            chosen.append(connection.selected_alpn_protocol())
            return connection, address
        server.get_request = get_request
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        self.download(client, self.message_at(sandbox, client, 'https://127.0.0.1:%d/x' % server.server_port))
        self.assertEqual(chosen, ['http/1.1'])

    def test_through_a_proxy(self):
        """A tunnel through a proxy that wants a name and a password, which the service never gets to see."""
        self.secrets.append('proxy-word')
        proxy = front.Proxy(self, 'me', 'proxy-word')
        sandbox, daemon, client = self.scene(env={'https_proxy': 'http://me:proxy-word@127.0.0.1:%d' % proxy.port})
        client.login('alice')
        client.wait_sent(client.send_text(BOB, 'through a tunnel'))
        sent, transfer = self.send_file(client, 'file', b'some bytes', 'a.txt', to=BOB)
        self.ended(client, transfer, 'complete')
        self.assertEqual(set(proxy.passed), {'CONNECT 127.0.0.1:%d' % sandbox.service_port})
        self.assertEqual(proxy.leaked, 0)

    def test_unknown_authority(self):
        sandbox, daemon, client = self.scene(trusted=False)
        self.refused(sandbox, client, 'authority')

    def test_another_host(self):
        sandbox, daemon, client = self.scene(name='DNS:im.example.org')
        self.refused(sandbox, client, 'host')


if __name__ == '__main__':
    harness.main()
