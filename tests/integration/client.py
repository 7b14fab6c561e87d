# SPDX-License-Identifier: GPL-3.0-or-later
"""A client on the bus for tests: makes calls and records all signals."""

import collections
import time

from gi.repository import Gio, GLib

import record
from waiting import LIMIT, wait_for

BUS_NAME = 'im.floo.Daemon1'
OBJECT = '/im/floo/Daemon1'
ERROR_PREFIX = BUS_NAME + '.Error.'
CALL_LIMIT_MS = 30000

Message = collections.namedtuple('Message', 'id conversation sender to_type type content timestamp status more')


def message(args):
    """A message struct of a signal or reply, with names."""
    return Message(*args)


class Failure(Exception):
    """An error reply; name is without the daemon's prefix."""

    def __init__(self, error):
        name = Gio.DBusError.get_remote_error(error) or error.domain
        self.full_name = name
        self.name = name[len(ERROR_PREFIX):] if name.startswith(ERROR_PREFIX) else name
        record.note_error(name)
        self.text = error.message.removeprefix('GDBus.Error:%s: ' % name)
        super().__init__('%s: %s' % (self.name, self.text))


class Event:
    """One signal of the interface Events."""

    def __init__(self, name, variant):
        self.name = name
        self.variant = variant
        self.serial = variant.get_child_value(0).get_uint64()

    @property
    def args(self):
        """The arguments after the serial."""
        return self.variant.unpack()[1:]

    @property
    def messages(self):
        """The messages of a signal whose argument is one message or several."""
        first = self.args[0]
        return [message(one) for one in (first if isinstance(first, list) else [first])]

    def __repr__(self):
        return '%d %s%s' % (self.serial, self.name, str(self.args)[:200])


class Pending:
    """A call that has not been answered yet."""

    def __init__(self):
        self.started = time.monotonic()
        self.took = None
        self.value = None
        self.failure = None

    @property
    def done(self):
        return self.took is not None

    def result(self, limit=LIMIT):
        wait_for(lambda: self.done, 'a reply', limit)
        if self.failure:
            raise self.failure
        return self.value


class Client:
    """A client on the bus: makes calls and records every signal and change of properties since its start."""

    def __init__(self, bus, name=BUS_NAME):
        self.name = name
        self.connection = bus.connect()
        self.events = []
        self.changes = []
        self.states = []
        subscribe = self.connection.signal_subscribe
        subscribe(name, BUS_NAME + '.Events', None, OBJECT, None, Gio.DBusSignalFlags.NONE, self._on_event)
        subscribe(name, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', OBJECT, None, Gio.DBusSignalFlags.NONE, self._on_changed)
        self.owner()  # from now on the subscriptions are active

    def _on_event(self, connection, sender, path, interface, name, arguments):
        record.note('signal', interface, name)
        self.events.append(Event(name, arguments))

    def _on_changed(self, connection, sender, path, interface, name, arguments):
        interface, changed, invalidated = arguments.unpack()
        for property_name in changed:
            record.note('property', interface, property_name)
        self.changes.append((interface.rpartition('.')[2], changed))
        if 'State' in changed:
            self.states.append(changed['State'])

    def close(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def owner(self):
        """The unique name of the owner of the daemon's name; None: it has no owner."""
        try:
            return self.bus_call('GetNameOwner', '(s)', self.name)[0]
        except GLib.Error:
            return None

    def bus_call(self, method, signature, *args):
        reply = self.connection.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', method,
                                          GLib.Variant(signature, args), None, Gio.DBusCallFlags.NONE, -1, None)
        return reply.unpack()

    def call(self, interface, method, signature='()', *args, timeout=CALL_LIMIT_MS):
        """Calls and waits; returns the out arguments: None, the only one, or a tuple. Raises Failure."""
        return self._value(self.call_raw(interface, method, signature, *args, timeout=timeout))

    def call_raw(self, interface, method, signature='()', *args, timeout=CALL_LIMIT_MS):
        try:
            reply = self.connection.call_sync(self.name, OBJECT, BUS_NAME + '.' + interface, method, GLib.Variant(signature, args), None,
                                              Gio.DBusCallFlags.NO_AUTO_START, timeout, None)
        except GLib.Error as error:
            raise Failure(error) from None
        record.note('call', interface, method)
        return reply

    def start(self, interface, method, signature='()', *args, timeout=CALL_LIMIT_MS):
        """Calls without waiting; returns a Pending."""
        pending = Pending()

        def on_reply(connection, result):
            try:
                pending.value = self._value(connection.call_finish(result))
                record.note('call', interface, method)
            except GLib.Error as error:
                pending.failure = Failure(error)
            pending.took = time.monotonic() - pending.started

        self.connection.call(self.name, OBJECT, BUS_NAME + '.' + interface, method, GLib.Variant(signature, args), None,
                             Gio.DBusCallFlags.NO_AUTO_START, timeout, None, on_reply)
        return pending

    @staticmethod
    def _value(reply):
        values = reply.unpack()
        return values if len(values) > 1 else values[0] if values else None

    def get(self, interface, name):
        """A property; None if the daemon is not running."""
        try:
            reply = self.connection.call_sync(self.name, OBJECT, 'org.freedesktop.DBus.Properties', 'Get',
                                              GLib.Variant('(ss)', (BUS_NAME + '.' + interface, name)), None,
                                              Gio.DBusCallFlags.NO_AUTO_START, CALL_LIMIT_MS, None)
        except GLib.Error:
            return None
        record.note('property', interface, name)
        return reply.unpack()[0]

    @property
    def state(self):
        return self.get('Account', 'State')

    @property
    def last_error(self):
        """Name (without prefix) and text of LastError."""
        name, text = self.get('Account', 'LastError') or ('', '')
        record.note_error(name)
        return name[len(ERROR_PREFIX):] if name.startswith(ERROR_PREFIX) else name, text

    # -- helpers --

    def login(self, user, wait=True, **options):
        since = len(self.events)
        user_id = self.call('Account', 'Login', '(ssa{sv})', user, user + '-secret', options)
        if wait:
            self.wait_online(since)
        return user_id

    def send_text(self, to, text, to_type='roster'):
        return self.call('Conversations', 'SendText', '(sxs)', to_type, to, text)

    def outbox(self, limit=500):
        """All of ListOutbox, page by page."""
        found, cursor = [], ''
        while True:
            page, cursor = self.call('Conversations', 'ListOutbox', '(su)', cursor, limit)
            found += page
            if not cursor:
                return found

    def wait_state(self, state, limit=LIMIT):
        wait_for(lambda: self.state == state, lambda: 'state %s; it is %s, %s' % (state, self.state, self.last_error), limit)

    def wait_online(self, since=0):
        """Waits for a login that succeeded since then, including its event, so that this is not mistaken for the next login's."""
        self.wait_event('LoginSuccess', since=since)
        self.wait_state('online')

    def told(self, name, since=0, interface='Account'):
        """The values of a property in the signals of changes, from index since on."""
        return [changed[name] for where, changed in self.changes[since:] if where == interface and name in changed]

    def wait_lost(self, since):
        """Waits until the changes from index since on show that the connection was lost; it may be back already."""
        wait_for(lambda: self.state != 'online' or any(state != 'online' for state in self.told('State', since)), 'the loss is noticed')

    def named(self, *names):
        return [event for event in self.events if event.name in names]

    def wait_event(self, name, where=lambda event: True, limit=LIMIT, since=0):
        """The first such event from index since on."""
        def find():
            return next((event for event in self.events[since:] if event.name == name and where(event)), None)
        return wait_for(find, lambda: '%s; there were: %s' % (name, self.events[since:][-20:]), limit)

    def received(self, conversation=None):
        """The messages of all message signals, in the order of arrival."""
        return [one for event in self.named('RosterMessages', 'GroupMessages') for one in event.messages
                if conversation is None or one.conversation == conversation]

    def wait_message(self, where, limit=LIMIT):
        def find():
            return next((one for one in self.received() if where(one)), None)
        return wait_for(find, lambda: 'a message; there were: %s' % [one.content[:60] for one in self.received()[-20:]], limit)

    def wait_sent(self, client_id, status='sent', limit=LIMIT):
        """Waits until a message was sent or has failed; returns the details."""
        event = self.wait_event('SendingMessageStatusChanged', lambda one: one.args[0] == client_id and one.args[1] == status, limit)
        record.note_error(event.args[2].get('error', ''))
        return event.args[2]

    def replay(self, journal, since, limit=0):
        """All events after since: a list of (Event, time)."""
        found, last = [], None
        while last is None or since < last:
            reply = self.call_raw('Events', 'Replay', '(stu)', journal, since, limit)
            rows, upto, last = (reply.get_child_value(i) for i in range(3))
            for i in range(rows.n_children()):
                serial, when, name, arguments = (rows.get_child_value(i).get_child_value(k) for k in range(4))
                event = Event(name.get_string(), arguments.get_variant())
                assert event.serial == serial.get_uint64(), 'the two serials of a replayed event differ'
                found.append((event, when.get_int64()))
            last = last.get_uint64()
            assert upto.get_uint64() > since or upto.get_uint64() == last, 'Replay does not come on'
            since = upto.get_uint64()
        return found
