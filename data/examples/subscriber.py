#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""subscriber.py FILE: hands every event to handle(), none left out, whether this program, the daemon or the machine was down in between.

FILE keeps the journal's id and the serial of the last event handled. The rules are those of im.floo.Daemon1.Events:

- At the start, when the daemon comes back and when another account is logged in: subscribe, then Replay from the serial kept.
- On a signal: serial 0 is outside the journal; last + 1 is next; up to last was handled already; anything else is a gap: Replay.
- Where Replay cannot (another journal, or events that are not kept any more) the state is reloaded, and its serial is where to continue.

FILE is written after the event is handled: a crash between the two hands one event out again, none is lost. Who keeps the effect of handle() and the serial in one
transaction of a database handles each exactly once.
"""
import json
import os
import signal
import sys

from gi.repository import Gio, GLib

NAME = 'im.floo.Daemon1'
OBJECT = '/im/floo/Daemon1'
ERROR = 'im.floo.Daemon1.Error.'
LOST = (ERROR + 'JournalChanged', ERROR + 'NotFound')  # Replay cannot


def handle(serial, event, arguments):
    """Your program. arguments are those of the signal, the serial first."""
    print(serial, event, json.dumps(arguments[1:], ensure_ascii=False, default=str), flush=True)


def load_state(conversations):
    """Your program: events are missing, this is how things are now."""
    print('state:', len(conversations), 'conversations', flush=True)


class Subscriber:
    def __init__(self, bus, path):
        self.bus = bus
        self.path = path
        self.journal, self.last = '', 0
        if os.path.exists(path):
            with open(path) as file:
                self.journal, self.last = json.load(file)
        bus.signal_subscribe(NAME, NAME + '.Events', None, OBJECT, None, Gio.DBusSignalFlags.NONE, self.on_event)
        bus.signal_subscribe(NAME, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', OBJECT, NAME + '.Account',
                             Gio.DBusSignalFlags.NONE, self.on_account)
        Gio.bus_watch_name_on_connection(bus, NAME, Gio.BusNameWatcherFlags.AUTO_START, lambda *_: self.catch_up(), None)

    def call(self, interface, method, signature, *values):
        return self.bus.call_sync(NAME, OBJECT, NAME + '.' + interface, method, GLib.Variant(signature, values), None,
                                  Gio.DBusCallFlags.NONE, -1, None).unpack()

    def on_event(self, bus, sender, path, interface, event, values):
        serial, *_ = arguments = values.unpack()
        if serial == 0:
            handle(serial, event, arguments)
        elif serial == self.last + 1:
            self.take(serial, event, arguments)
        elif serial > self.last:
            self.catch_up()

    def on_account(self, bus, sender, path, interface, event, values):
        if 'UserId' in values.unpack()[1]:
            self.catch_up()

    def take(self, serial, event, arguments):
        handle(serial, event, arguments)
        self.keep(self.journal, serial)

    def keep(self, journal, serial):
        self.journal, self.last = journal, serial
        with open(self.path + '.new', 'w') as file:
            json.dump([journal, serial], file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.path + '.new', self.path)

    def catch_up(self):
        for step in (self.replay, self.reload):
            try:
                return step()
            except GLib.Error as error:
                name = Gio.DBusError.get_remote_error(error)
                if name not in LOST:
                    if name != ERROR + 'NotLoggedIn':  # else UserId changes at the login
                        print('subscriber.py:', error.message, file=sys.stderr)
                    return None

    def replay(self):
        end = False
        while not end:
            events, upto, last = self.call('Events', 'Replay', '(stu)', self.journal, self.last, 0)
            for serial, time, event, arguments in events:
                self.take(serial, event, arguments)
            self.keep(self.journal, upto)  # beyond the last event where events of deleted messages were left out
            end = upto >= last

    def reload(self):
        journal, first, last = self.call('Events', 'GetPosition', '()')
        conversations, cursor, serial = self.call('Conversations', 'List', '(sua{sv})', '', 500, {})
        while cursor:
            page, cursor, later = self.call('Conversations', 'List', '(sua{sv})', cursor, 500, {})
            conversations += page
        load_state(conversations)
        self.keep(journal, serial)  # that of the first page: what happened while the others were read is handed out, too


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Subscriber(Gio.bus_get_sync(Gio.BusType.SESSION, None), sys.argv[1])
    GLib.MainLoop().run()
