#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""client.py USER-ID: a chat with one user: shows the last messages, sends what is typed, shows what comes. Ctrl-D ends it."""
import sys
from gi.repository import Gio, GLib

if len(sys.argv) != 2:
    sys.exit(__doc__)
NAME, OBJECT = 'im.floo.Daemon1', '/im/floo/Daemon1'
peer = int(sys.argv[1])
terminal = open(0, 'rb', buffering=0)
loop = GLib.MainLoop()

def proxy(interface):
    return Gio.DBusProxy.new_for_bus_sync(Gio.BusType.SESSION, 0, None, NAME, OBJECT, NAME + '.' + interface, None)

def show(messages):
    for id, conversation, sender, to_type, type, content, timestamp, status, more in messages:
        if conversation == peer:
            print('%s: %s' % (sender, content or '(%s)' % type), flush=True)

def on_signal(events, sender, signal, arguments):
    if signal == 'RosterMessages':
        show(arguments[1])
    elif signal == 'SendingMessageStatusChanged' and arguments[2] == 'failed':
        print('not sent:', arguments[3].get('error_reason', ''), flush=True)

def on_input(terminal, condition):
    line = terminal.readline().decode()
    if line.strip():
        conversations.SendText('(sxs)', 'roster', peer, line.rstrip('\n'))
    return True if line else loop.quit()

events, conversations = proxy('Events'), proxy('Conversations')
events.connect('g-signal', on_signal)
try:
    show(conversations.GetMessages('(xa{sv})', peer, {'limit': GLib.Variant('u', 10)})[0])
except GLib.Error as error:  # there is no conversation yet, say
    print(error.message, flush=True)
GLib.io_add_watch(terminal, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, on_input)
loop.run()
