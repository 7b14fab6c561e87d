# SPDX-License-Identifier: GPL-3.0-or-later
"""The real gnome-keyring-daemon on a test's bus, without anybody to answer its prompts."""
import os
import shutil
import subprocess

from gi.repository import GLib

from waiting import wait_for

NAME = 'org.freedesktop.secrets'
SERVICE_PATH = '/org/freedesktop/secrets'
LOGIN_PATH = SERVICE_PATH + '/collection/login'
PASSWORD = b'keyring-word'


def is_missing():
    return shutil.which('gnome-keyring-daemon') is None


class Keyring:
    """Its keyrings outlive a restart."""

    def __init__(self, test, daemon):
        self.test = test
        self.bus = daemon.bus.connect()
        root = test.folder('keyring')
        self.log = os.path.join(root, 'keyring.log')
        self.env = daemon.environment(HOME=root, XDG_DATA_HOME=test.folder('keyring/data'), XDG_RUNTIME_DIR=test.folder('keyring/runtime'))
        for name in ('DISPLAY', 'WAYLAND_DISPLAY', 'GNOME_KEYRING_CONTROL', 'G_DEBUG'):
            self.env.pop(name, None)
        self.popen = None
        test.addCleanup(self._end)

    def start(self, unlocked=False):
        with open(self.log, 'ab') as output:
            self.popen = subprocess.Popen(['gnome-keyring-daemon', '--foreground', '--components=secrets'] + ['--unlock'] * unlocked,
                                          env=self.env, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True)
        with self.popen.stdin as pipe:
            pipe.write(PASSWORD if unlocked else b'')
        wait_for(self.is_owned, 'the Secret Service')

    def stop(self):
        self.popen.terminate()
        self.popen.wait()
        self.popen = None
        wait_for(lambda: not self.is_owned(), 'the end of the Secret Service')

    def is_owned(self):
        return self._call('org.freedesktop.DBus', '/', 'org.freedesktop.DBus.NameHasOwner', '(s)', NAME)[0]

    def unlock(self):
        """As PAM does when the user logs in to the desktop."""
        session = self._call(NAME, SERVICE_PATH, 'org.freedesktop.Secret.Service.OpenSession', '(sv)', 'plain', GLib.Variant('s', ''))[1]
        self._call(NAME, SERVICE_PATH, 'org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.UnlockWithMasterPassword', '(o(oayays))',
                   LOGIN_PATH, (session, b'', PASSWORD, 'text/plain'))

    def empty(self):
        """Takes all items out of the unlocked keyring."""
        items = self._call(NAME, LOGIN_PATH, 'org.freedesktop.DBus.Properties.Get', '(ss)', 'org.freedesktop.Secret.Collection', 'Items')[0]
        for item in items:
            self._call(NAME, item, 'org.freedesktop.Secret.Item.Delete', '()')
        return len(items)

    def _call(self, name, path, method, signature, *args):
        interface, member = method.rsplit('.', 1)
        return self.bus.call_sync(name, path, interface, member, GLib.Variant(signature, args), None, 0, 20000, None).unpack()

    def _end(self):
        if self.popen is not None:
            self.popen.terminate()
            self.popen.wait()
        self.bus.close_sync(None)
