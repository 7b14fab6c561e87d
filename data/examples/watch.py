#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what happens, one line each, until it is interrupted: JSON, or with --text for the eye.

    watch.py | jq -r 'select(.event == "RosterMessages") | .messages[] | "\\(.from): \\(.content)"'

"event" is the signal's name, the other fields are its arguments. Besides the signals of im.floo.Daemon1.Events there are:

    {"event": "PropertiesChanged", "State": "online", ...}    properties of im.floo.Daemon1.Account
    {"event": "Daemon", "running": true}                      the first line, and whenever the daemon comes or goes

It knows no signal by name: what there is, and what its arguments are called, it reads from the daemon's introspection data. It shows what happens from now on;
subscriber.py misses nothing.
"""
import argparse
import json
import signal
import time

from gi.repository import Gio, GLib

NAME = 'im.floo.Daemon1'
OBJECT = '/im/floo/Daemon1'
EVENTS = 'im.floo.Daemon1.Events'
MESSAGE = '(xxxsssxia{sv})'
FIELDS = ('id', 'conversation', 'from', 'to_type', 'type', 'content', 'timestamp', 'status')


def plain(value):
    """A GVariant as JSON knows it, messages with the names of their fields."""
    kind = value.get_type_string()
    if kind == MESSAGE:
        *fields, more = value.unpack()
        return {**dict(zip(FIELDS, fields)), **more}
    if kind in ('v', 'a' + MESSAGE):
        children = [plain(value.get_child_value(i)) for i in range(value.n_children())]
        return children[0] if kind == 'v' else children
    if kind == 'a{sv}':
        entries = [value.get_child_value(i) for i in range(value.n_children())]
        return {entry.get_child_value(0).get_string(): plain(entry.get_child_value(1)) for entry in entries}
    return value.unpack()


def short(value):
    """A value for the eye; of a message who said what."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and 'from' in value and 'content' in value:
        return '%s: %s' % (value['from'], value['content'] or '(%s)' % value['type'])
    if isinstance(value, dict):
        return '{%s}' % ', '.join('%s: %s' % (key, short(one)) for key, one in value.items())
    return json.dumps(value)


def as_text(fields):
    """'12:00:00    7 RosterMessages 1002: Good morning!'"""
    event, serial = fields.pop('event'), fields.pop('serial', 0)
    messages = fields.pop('messages', [])
    lines = [short(one) for one in messages] or [' '.join('%s=%s' % (name, short(value)) for name, value in fields.items())]
    begin = '%s %5s %s ' % (time.strftime('%H:%M:%S'), serial or '-', event)
    return '\n'.join(begin + line.replace('\n', ' ') for line in lines)


class Watch:
    def __init__(self, bus, name, text):
        self.bus = bus
        self.name = name
        self.text = text
        self.arguments = {}  # signal -> names of its arguments
        for interface, handler in ((EVENTS, self.on_event), ('org.freedesktop.DBus.Properties', self.on_properties)):
            bus.signal_subscribe(name, interface, None, OBJECT, None, Gio.DBusSignalFlags.NONE, handler)
        Gio.bus_watch_name_on_connection(bus, name, Gio.BusNameWatcherFlags.NONE, self.on_appeared, self.on_vanished)

    def on_appeared(self, bus, name, owner):
        try:
            reply = bus.call_sync(owner, OBJECT, 'org.freedesktop.DBus.Introspectable', 'Introspect', None, None, Gio.DBusCallFlags.NONE,
                                  -1, None)
        except GLib.Error:
            return  # gone again; on_vanished follows
        signals = Gio.DBusNodeInfo.new_for_xml(reply.unpack()[0]).lookup_interface(EVENTS).signals
        self.arguments = {one.name: [arg.name for arg in one.args] for one in signals}
        self.tell({'event': 'Daemon', 'running': True})

    def on_vanished(self, bus, name):
        self.tell({'event': 'Daemon', 'running': False})

    def on_event(self, bus, sender, path, interface, event, values):
        names = self.arguments[event]
        self.tell({'event': event, **{name: plain(values.get_child_value(i)) for i, name in enumerate(names)}})

    def on_properties(self, bus, sender, path, interface, event, values):
        self.tell({'event': event, **plain(values.get_child_value(1))})

    def tell(self, fields):
        print(as_text(fields) if self.text else json.dumps(fields, ensure_ascii=False), flush=True)


def main():
    parser = argparse.ArgumentParser(description='Prints what happens in the IM account, one line each.')
    parser.add_argument('--text', action='store_true', help='for the eye instead of JSON')
    parser.add_argument('--instance', metavar='NAME', help='watch this instance of the daemon')
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    Watch(bus, NAME + '.Instance.' + options.instance if options.instance else NAME, options.text)
    GLib.MainLoop().run()


if __name__ == '__main__':
    main()
