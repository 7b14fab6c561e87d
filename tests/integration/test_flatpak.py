# SPDX-License-Identifier: GPL-3.0-or-later
"""A client whose bus is filtered as a Flatpak's is: what packaging/flatpak/README.md says works."""

import os
import shutil
import subprocess
import unittest

import files
import harness
from files import Gio, GLib

TALK = '--talk=' + harness.BUS_NAME


class FilteredBus:
    """The daemon's bus behind Flatpak's proxy."""

    connect = harness.Bus.connect

    def __init__(self, test, daemon, *filters):
        if not shutil.which('xdg-dbus-proxy'):
            raise unittest.SkipTest('xdg-dbus-proxy is missing')
        path = os.path.join(test.folder('proxy'), 'socket')
        self.address = 'unix:path=' + path
        read, write = os.pipe()
        self.popen = subprocess.Popen(['xdg-dbus-proxy', '--fd=%d' % write, daemon.bus.address, path, '--filter', *filters], pass_fds=[write])
        os.close(write)
        os.read(read, 1)  # it listens now, and ends when the pipe does
        test.addCleanup(self.popen.wait)
        test.addCleanup(os.close, read)


class FlatpakTest(files.Test):

    def test_talk_is_enough(self):
        sandbox, daemon, outside = self.one()
        inside = harness.Client(FilteredBus(self, daemon, TALK))
        self.addCleanup(inside.close)
        self.assertEqual(inside.get('Account', 'State'), 'online')
        client_id = inside.call('Conversations', 'SendText', '(sxs)', 'roster', files.ECHO, 'from inside')
        inside.wait_sent(client_id)
        inside.wait_event('RosterMessages', lambda event: any(message.content == 'echo: from inside' for message in event.messages))
        journal, first, last = inside.call('Events', 'GetPosition')
        self.assertTrue(inside.replay(journal, last - 1)[0])
        # Files as descriptors, both ways.
        content = os.urandom(20000)
        client_id, transfer = self.send_file(inside, 'file', content, 'inside.bin')
        self.ended(inside, transfer, 'complete')
        inside.wait_sent(client_id)
        transfer = inside.call('Files', 'Download', '(xa{sv})', client_id, {})
        self.ended(inside, transfer, 'complete')
        self.assertEqual(self.read_fd(self.open(inside, transfer)), content)

    def test_nothing_without_it(self):
        sandbox, daemon, outside = self.one(user=None)
        connection = FilteredBus(self, daemon).connect()
        self.addCleanup(connection.close_sync, None)
        with self.assertRaises(GLib.Error) as caught:
            connection.call_sync(harness.BUS_NAME, harness.OBJECT, harness.BUS_NAME + '.Account', 'GetStatus', None, None, Gio.DBusCallFlags.NONE, -1, None)
        self.assertIn(Gio.DBusError.get_remote_error(caught.exception),
                      ('org.freedesktop.DBus.Error.ServiceUnknown', 'org.freedesktop.DBus.Error.AccessDenied'))


if __name__ == '__main__':
    harness.main()
