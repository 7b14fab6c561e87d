#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a file, or what comes through a pipe, and tells when the message is out:

    send_file.py roster 1002 image photo.jpg
    tar c folder | send_file.py group 2001 file - folder.tar
"""

import os
import sys

from gi.repository import Gio, GLib

NAME, OBJECT = 'im.floo.Daemon1', '/im/floo/Daemon1'


def main(to_type, to, kind, path, name=None):
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    loop = GLib.MainLoop()
    sent = {}

    def on_status(_bus, _sender, _path, _interface, _signal, args):
        _serial, client_id, status, details = args.unpack()
        sent[client_id] = (status, details.get('error_reason', ''))
        loop.quit()

    bus.signal_subscribe(NAME, NAME + '.Events', 'SendingMessageStatusChanged', OBJECT, None, Gio.DBusSignalFlags.NONE, on_status)
    files = Gio.UnixFDList.new()
    files.append(0 if path == '-' else os.open(path, os.O_RDONLY))
    arguments = GLib.Variant('(sxshsa{sv})', (to_type, int(to), kind, 0, name or os.path.basename(path), {}))
    reply, _ = bus.call_with_unix_fd_list_sync(NAME, OBJECT, NAME + '.Conversations', 'SendFile', arguments, GLib.VariantType('(xo)'),
                                               Gio.DBusCallFlags.NONE, 30000, files, None)
    client_id, transfer = reply.unpack()
    print('message %d, upload %s' % (client_id, transfer))
    while sent.get(client_id, ('queued', ''))[0] not in ('sent', 'failed', 'cancelled'):
        loop.run()
    status, reason = sent[client_id]
    print(status, reason)
    return 0 if status == 'sent' else 1


if __name__ == '__main__':
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
