# SPDX-License-Identifier: GPL-3.0-or-later
"""A system bus of a test's own, on which it says what NetworkManager and logind would say."""

import threading

from gi.repository import Gio, GLib

NETWORK = 'org.freedesktop.NetworkManager'
NETWORK_PATH = '/org/freedesktop/NetworkManager'
LOGIN = 'org.freedesktop.login1'
LOGIN_PATH = '/org/freedesktop/login1'
STATES = {False: 20, True: 70}  # NM_STATE_DISCONNECTED, NM_STATE_CONNECTED_GLOBAL
CONNECTIVITY = {False: 1, True: 4}  # NM_CONNECTIVITY_NONE, NM_CONNECTIVITY_FULL

INTERFACE = '''<node><interface name="org.freedesktop.NetworkManager">
  <property name="Version" type="s" access="read"/>
  <property name="State" type="u" access="read"/>
  <property name="Connectivity" type="u" access="read"/>
  <property name="Metered" type="u" access="read"/>
</interface></node>'''


class SystemBus:
    """A program that is given address as DBUS_SYSTEM_BUS_ADDRESS hears of the network and of sleep from here."""

    def __init__(self, test, available=True):
        self.bus = test.bus('system-bus')
        self.address = self.bus.address
        self.available = available
        self.asked = threading.Event()  # somebody has read the properties
        self.loop = GLib.MainLoop(GLib.MainContext())
        ready = threading.Event()
        # Programs wait for answers from here while the test waits for them: on a loop of its own.
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()
        test.addCleanup(self.loop.quit)

    def _run(self, ready):
        context = self.loop.get_context()
        context.push_thread_default()
        self.connection = self.bus.connect()
        interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
        self.connection.register_object(NETWORK_PATH, interface, None, self._get, None)
        for name in (NETWORK, LOGIN):
            Gio.bus_own_name_on_connection(self.connection, name, Gio.BusNameOwnerFlags.NONE, None, None)
        self.connection.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'GetId', None, None,
                                  Gio.DBusCallFlags.NONE, -1, None)  # the names are ours from here on
        ready.set()
        self.loop.run()
        context.pop_thread_default()

    def _properties(self):
        return {'Version': GLib.Variant('s', '1.42.4'), 'State': GLib.Variant('u', STATES[self.available]),
                'Connectivity': GLib.Variant('u', CONNECTIVITY[self.available]), 'Metered': GLib.Variant('u', 2)}

    def _get(self, connection, sender, path, interface, name):
        self.asked.set()
        return self._properties()[name]

    def network(self, available):
        """The network goes or comes."""
        self.available = available
        self.connection.emit_signal(None, NETWORK_PATH, 'org.freedesktop.DBus.Properties', 'PropertiesChanged',
                                    GLib.Variant('(sa{sv}as)', (NETWORK, self._properties(), [])))

    def sleep(self, begins):
        """The machine is suspended, or has resumed."""
        self.connection.emit_signal(None, LOGIN_PATH, LOGIN + '.Manager', 'PrepareForSleep', GLib.Variant('(b)', (begins,)))
