# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of files share: descriptors in calls, transfers, the folders of the cache and of unsent files."""

import collections
import json
import os
import socket
import tempfile
import time
import urllib.request

from gi.repository import Gio, GLib

import harness
import record

ECHO, TEAM, ALICE = 1099, 2001, 1001
TRANSFER = harness.BUS_NAME + '.Transfer'


class Test(harness.Test):

    # ---- a client's side ----

    def source(self, content):
        """A descriptor of an unlinked regular file with that content."""
        with tempfile.TemporaryFile(dir=self.root) as file:
            file.write(content)
            file.flush()
            return os.open('/proc/self/fd/%d' % file.fileno(), os.O_RDONLY)

    @staticmethod
    def socket_pair():
        """Returns a pair of descriptors: (to pass in a call, to write to)."""
        one, other = socket.socketpair()
        return one.detach(), other.detach()

    @staticmethod
    def begin(client, interface, method, signature, *arguments):
        """A call with a descriptor among its arguments, which is closed here; returns the out arguments, as Client.call()."""
        inner, in_array = signature[1:-1], 0
        at = -1
        for character in inner:  # finds the index of the argument of type h; a{sv} is one argument
            at += in_array == 0
            in_array += (character == 'a') - (character == '}' and in_array > 0)
            if character == 'h':
                break
        values = list(arguments)
        descriptors = Gio.UnixFDList.new_from_array([values[at]])
        values[at] = 0
        try:
            reply, _ = client.connection.call_with_unix_fd_list_sync(
                client.name, harness.OBJECT, harness.BUS_NAME + '.' + interface, method, GLib.Variant(signature, tuple(values)), None,
                Gio.DBusCallFlags.NO_AUTO_START, 30000, descriptors, None)
        except GLib.Error as error:
            raise harness.Failure(error) from None
        record.note('call', interface, method)
        values = reply.unpack()
        return values if len(values) > 1 else values[0] if values else None

    def send_file(self, client, kind, content, name, to_type='', to=ECHO, **options):
        """(client_id, path of the transfer)"""
        return self.begin(client, 'Conversations', 'SendFile', '(sxshsa{sv})', to_type, to, kind, self.source(content), name, options)

    @staticmethod
    def on_transfer(client, path, method, reply_type=None):
        try:
            reply = client.connection.call_with_unix_fd_list_sync(client.name, path, TRANSFER, method, None, reply_type,
                                                                  Gio.DBusCallFlags.NO_AUTO_START, 30000, None, None)
        except GLib.Error as error:
            raise harness.Failure(error) from None
        record.note('call', TRANSFER, method)
        return reply

    def cancel(self, client, path):
        self.on_transfer(client, path, 'Cancel')
        self.ended(client, path, 'cancelled')

    def open(self, client, path):
        """The descriptor that Open() gives."""
        return self.on_transfer(client, path, 'Open')[1].steal_fds()[0]

    @staticmethod
    def transfer(client, path):
        """Its properties, and path."""
        reply = client.connection.call_sync(client.name, path, 'org.freedesktop.DBus.Properties', 'GetAll', GLib.Variant('(s)', (TRANSFER,)), None,
                                            Gio.DBusCallFlags.NO_AUTO_START, 30000, None)
        properties = reply.unpack()[0]
        for name in properties:
            record.note('property', TRANSFER, name)
        return dict(properties, path=path)

    @staticmethod
    def transfers(client):
        """All transfers of the daemon's object manager, each as transfer() returns it."""
        reply = client.connection.call_sync(client.name, harness.OBJECT, 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects', None, None,
                                            Gio.DBusCallFlags.NO_AUTO_START, 30000, None)
        return [dict(interfaces[TRANSFER], path=path) for path, interfaces in reply.unpack()[0].items() if TRANSFER in interfaces]

    def ended(self, client, path, status):
        """Its properties at its end, which must be as given."""
        def look():
            transfer = self.transfer(client, path)
            return transfer if transfer['Status'] not in ('queued', 'active') else None
        transfer = harness.wait_for(look, lambda: 'the end of %s' % self.transfer(client, path), limit=2 * harness.LIMIT)
        self.assertEqual(transfer['Status'], status, transfer)
        return transfer

    @staticmethod
    def error(transfer):
        record.note_error(transfer['Error'][0])
        return transfer['Error'][0].removeprefix(harness.ERROR_PREFIX)

    def download(self, client, message, status='complete', **options):
        """Downloads the file of a message; returns the transfer's properties at the end."""
        kinds = {'thumbnail': 'b', 'width': 'u', 'height': 'u', 'format': 's'}
        given = {key: GLib.Variant(kinds[key], value) for key, value in options.items()}
        return self.ended(client, client.call('Files', 'Download', '(xa{sv})', message, given), status)

    @staticmethod
    def watch(client):
        """Path of a transfer -> [(time in s, what changed)], from now on."""
        seen = collections.defaultdict(list)

        def on_changed(connection, sender, path, interface, name, arguments):
            seen[path].append((time.monotonic(), arguments.unpack()[1]))

        client.connection.signal_subscribe(client.name, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', None, TRANSFER,
                                           Gio.DBusSignalFlags.NONE, on_changed)
        client.owner()
        return seen

    def lost(self, client):
        harness.wait_for(lambda: client.state != 'online', 'the loss is noticed')

    # ---- files ----

    @staticmethod
    def read(path):
        with open(path, 'rb') as file:
            return file.read()

    @staticmethod
    def read_fd(descriptor):
        with os.fdopen(descriptor, 'rb') as file:
            return file.read()

    @staticmethod
    def cache(daemon, user=ALICE):
        return os.path.join(daemon.root, 'cache', 'flooim', 'files', 'sandbox', str(user))

    def cached(self, daemon):
        """File names in the cache, including those of incomplete downloads."""
        return self._names(self.cache(daemon))

    def outgoing(self, daemon):
        """File names of the copies of unsent files."""
        return self._names(os.path.join(os.path.dirname(daemon.store_path(ALICE)), 'outgoing'))

    @staticmethod
    def _names(folder):
        try:
            return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []

    # ---- the service's side ----

    def token(self, sandbox):
        """A token of bob's, from a login of our own."""
        body = json.dumps({'name': 'bob', 'password': 'bob-secret'}).encode()
        request = urllib.request.Request(sandbox.origin + '/token/user', body, {'app_id': 'sandbox', 'Content-Type': 'application/json'})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)['data']['token']

    def stored(self, sandbox, client, url):
        """The file that the service has at an address."""
        with urllib.request.urlopen('%s&access-token=%s&app_id=sandbox' % (url, self.token(sandbox))) as answer:
            return answer.read()

    def upload_and_compare(self, sandbox, client, content, **arguments):
        path = self.begin(client, 'Files', 'Upload', '(sxshs)', '', ECHO, 'file', self.source(content), 'x.bin', **arguments)
        transfer = self.ended(client, path, 'complete')
        self.assertEqual((transfer['Kind'], transfer['Name'], transfer['Transferred'], transfer['Total']), ('upload', 'x.bin', len(content), len(content)))
        self.assertEqual(self.stored(sandbox, client, transfer['Url']), content)
        return transfer

    def put(self, sandbox, client, content):
        """Stores a file for alice; returns its address."""
        headers = {'app_id': 'sandbox', 'access-token': self.token(sandbox)}
        request = urllib.request.Request(sandbox.origin + '/file/upload/chat?file_type=100&to_id=%d&to_type=1' % ALICE, None, headers)
        with urllib.request.urlopen(request) as answer:
            addresses = json.load(answer)['data']
        boundary = 'test-boundary-0123456789'
        fields = ''.join('--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary, name, addresses['oss_body_param'][name])
                         for name in ('OSSAccessKeyId', 'policy', 'signature', 'callback', 'key') if 'oss_body_param' in addresses)
        body = (fields + '--%s\r\nContent-Disposition: form-data; name="file"; filename="x"\r\nContent-Type: application/octet-stream\r\n\r\n' % boundary
                ).encode() + content + ('\r\n--%s--\r\n' % boundary).encode()
        request = urllib.request.Request(addresses['upload_url'], body, {'Content-Type': 'multipart/form-data; boundary=' + boundary})
        with urllib.request.urlopen(request) as answer:
            answer.read()
        return addresses['download_url']

    def message_with(self, sandbox, client, content, name='x.bin', type='file'):
        """Sends a message with a file from bob and waits for it; returns its id."""
        return self.message_at(sandbox, client, self.put(sandbox, client, content), name=name, type=type, size=len(content))

    def message_at(self, sandbox, client, url, name='x.bin', type='file', size=3):
        """Sends a message from bob that contains the address of its file and waits for it; returns its id."""
        attachment = json.dumps({'url': url, 'dName': name, 'fLen': size})
        mid = sandbox.send('bob', 'alice', '', type=type, attachment=attachment)
        client.wait_message(lambda one: one.id == mid)
        return mid
