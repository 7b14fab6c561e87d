#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service with TLS, as it is in the world: whom the daemon trusts, and that everything works over it."""

import os
import shutil
import subprocess
import unittest

import files
import harness
import programs

BOB = 1002


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

    def scene(self, name='IP:127.0.0.1', trusted=True):
        ca = self.authority()
        sandbox = self.sandbox(certificate=self.certificate(name))
        self.assertTrue(sandbox.origin.startswith('https:'))
        config = '[service]\napp_id=sandbox\ndns_server=%s\n' % sandbox.dns_server + ('ca_file=%s\n' % ca if trusted else '')
        daemon = self.daemon(sandbox=sandbox, config=config, env=programs.NO_LEAKS)
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

    def test_unknown_authority(self):
        sandbox, daemon, client = self.scene(trusted=False)
        self.refused(sandbox, client, 'authority')

    def test_another_host(self):
        sandbox, daemon, client = self.scene(name='DNS:im.example.org')
        self.refused(sandbox, client, 'host')


if __name__ == '__main__':
    harness.main()
