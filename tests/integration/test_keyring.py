# SPDX-License-Identifier: GPL-3.0-or-later
"""A login that is kept in a real keyring: locked at the start, unlocked later, started later than the daemon, or without it."""
import os
import unittest

import harness
import keyring
from waiting import wait_for

AUTO = '[secrets]\nbackend=auto\n'


@unittest.skipIf(keyring.is_missing(), 'gnome-keyring-daemon is not installed')
class TestKeyring(harness.Test):
    def setUp(self):
        super().setUp()
        self.secrets.append(keyring.PASSWORD.decode())
        sandbox = self.sandbox()
        self.scene = self.daemon(sandbox=sandbox, config=AUTO, env={'ASAN_OPTIONS': 'detect_leaks=0'})  # something is left of a prompt that nobody answers
        self.keyring = keyring.Keyring(self, self.scene)

    def logged_in(self):
        """A daemon that has stopped with a login in the keyring, which is then stopped too."""
        self.keyring.start(unlocked=True)
        client = self.scene.start()
        client.login('alice')
        marker = os.path.join(self.scene.data_dir, 'login.keyring')
        wait_for(lambda: os.path.exists(marker), 'the login in the keyring')
        self.assertTrue(client.call('Account', 'GetStatus')['keyring'])
        self.scene.stop()
        self.assertFalse(os.path.exists(os.path.join(self.scene.data_dir, 'login.json')))
        self.keyring.stop()

    def waits(self, client, text):
        """It says that it waits for the keyring, and why."""
        client.wait_state('waiting')
        wait_for(lambda: text in client.last_error[1], 'LastError with ' + text)
        self.assertEqual(client.last_error[0], 'KeyringUnavailable')
        status = client.call('Account', 'GetStatus')
        self.assertEqual((status['keyring'], status['NextRetry'], status['UserId']), (True, 0, 0))

    def prompts(self):
        """How often a prompt was requested; none can be shown here."""
        return self.scene.process.text().count('was not unlocked when asked')

    def test_locked(self):
        self.logged_in()
        self.keyring.start()
        client = self.scene.start()
        self.waits(client, 'was not unlocked when asked')
        self.assertEqual(self.prompts(), 1)
        client.call('Account', 'Reconnect')
        wait_for(lambda: self.prompts() == 2, 'another prompt, since it was asked for')
        self.keyring.unlock()
        client.wait_online()
        self.assertEqual(client.last_error, ('', ''))
        self.assertEqual(self.prompts(), 2)

    def test_later(self):
        self.logged_in()
        client = self.scene.start()
        self.waits(client, 'no Secret Service is running')
        self.keyring.start()
        self.waits(client, 'was not unlocked when asked')
        self.keyring.stop()
        self.keyring.start(unlocked=True)
        client.wait_online()
        self.assertEqual(self.prompts(), 1)

    def test_gone(self):
        """The keyring is open, and somebody has removed the login from it; who waits can log in anew, and out."""
        self.logged_in()
        self.keyring.start(unlocked=True)
        self.assertEqual(self.keyring.empty(), 1)
        client = self.scene.start()
        self.assertEqual((client.state, client.last_error[0]), ('signed-out', 'NotFound'))
        client.login('alice')
        self.scene.stop()
        self.keyring.stop()
        client = self.scene.start()
        self.waits(client, 'no Secret Service is running')
        client.login('bob')
        client.call('Account', 'Logout', '(a{sv})', {})
        self.assertEqual((client.state, client.last_error), ('signed-out', ('', '')))
        self.scene.stop()
        client = self.scene.start()
        self.assertEqual(client.state, 'signed-out')


if __name__ == '__main__':
    harness.main()
