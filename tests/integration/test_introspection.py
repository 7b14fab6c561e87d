# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients written against introspection alone: gdbus, busctl, dbus-send and a proxy of Python."""

import glob
import json
import os
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

import harness
from harness import Gio, GLib

ECHO = 1099
XML = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'dbus')


def described():
    """What the XML files say of the one object: interface -> element. (Transfers are objects of their own.)"""
    found = {}
    for path in glob.glob(os.path.join(XML, 'im.floo.Daemon1.*.xml')):
        for interface in ElementTree.parse(path).getroot().iter('interface'):
            found[interface.get('name')] = interface
    del found['im.floo.Daemon1.Transfer']
    return found


def shape(interface):
    """Everything about an interface that a client can see."""
    parts = set()
    for kind in ('method', 'signal'):
        for member in interface.findall(kind):
            args = tuple((arg.get('name'), arg.get('type'), arg.get('direction', 'out' if kind == 'signal' else 'in')) for arg in member.findall('arg'))
            parts.add((kind, member.get('name'), args))
            for annotation in member.findall('annotation'):
                if not annotation.get('name').startswith('org.gtk.GDBus.'):  # those are for the code generator
                    parts.add(('annotation', member.get('name'), annotation.get('name'), annotation.get('value')))
    for member in interface.findall('property'):
        parts.add(('property', member.get('name'), member.get('type'), member.get('access')))
    return parts


class IntrospectionTest(harness.Test):

    def run_tool(self, daemon, *argv):
        """Runs a command line tool on the daemon's bus; returns what it printed."""
        if not shutil.which(argv[0]):
            raise unittest.SkipTest(argv[0] + ' is missing')
        done = subprocess.run(argv, env=daemon.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def introspect(self, client):
        reply = client.connection.call_sync(client.name, harness.OBJECT, 'org.freedesktop.DBus.Introspectable', 'Introspect', None, None,
                                            Gio.DBusCallFlags.NONE, -1, None)
        return ElementTree.fromstring(reply.unpack()[0])

    def test_introspection_is_the_description(self):
        sandbox, daemon, client = self.one(user=None)
        told = {one.get('name'): one for one in self.introspect(client).findall('interface')}
        expected = described()
        self.assertEqual({name for name in told if name.startswith(harness.BUS_NAME)}, set(expected))
        for name, interface in expected.items():
            with self.subTest(interface=name):
                self.assertEqual(shape(told[name]), shape(interface))
            self.assertEqual(client.get(name.rpartition('.')[2], 'Version'), 1)

    def test_every_method_answers(self):
        """Each method of the introspection, called with made-up arguments of its types, answers: with a value or one of the documented errors."""
        sandbox, daemon, client = self.one()
        values = {'s': '', 'x': 1, 'u': 1, 't': 0, 'b': False, 'i': 0, 'd': 0.0, 'ax': [], 'a(sx)': [], 'a{sv}': {}}
        for name, interface in described().items():
            for method in interface.findall('method'):
                if method.get('name') in ('Logout', 'DeleteAccount', 'SetOnline'):
                    continue
                types = [arg.get('type') for arg in method.findall('arg') if arg.get('direction') == 'in']
                if 'h' in types:
                    continue
                with self.subTest(interface=name, method=method.get('name')):
                    try:
                        reply = client.call_raw(name.rpartition('.')[2], method.get('name'), '(%s)' % ''.join(types), *[values[one] for one in types])
                        out = ''.join(arg.get('type') for arg in method.findall('arg') if arg.get('direction') == 'out')
                        self.assertEqual(reply.get_type_string(), '(%s)' % out)
                    except harness.Failure as failure:
                        self.assertTrue(failure.full_name.startswith(harness.ERROR_PREFIX), failure)
                        self.assertTrue(failure.text)
        self.assertEqual(client.state, 'online')

    def test_every_text_is_bounded(self):
        """A text of 1 MiB (and a key of that size) at each place for a text of every method: refused by name, not repeated in the error."""
        sandbox, daemon, client = self.one(user=None)
        long = 'x' * (1 << 20)
        values = {'s': 'x', 'x': 1, 'u': 1, 't': 0, 'b': False, 'i': 0, 'd': 0.0, 'ax': [1], 'a(sx)': [('', 1)], 'a{sv}': {}, 'h': 0}
        wrong = {'s': long, 'a(sx)': [(long, 1)], 'a{sv}': {long: GLib.Variant('b', True)}}
        for interface, described_interface in described().items():
            for method in described_interface.findall('method'):
                args = [(arg.get('name'), arg.get('type')) for arg in method.findall('arg') if arg.get('direction') == 'in']
                for at, (name, kind) in enumerate(args):
                    if kind not in wrong:
                        continue
                    given = [wrong[kind] if i == at else values[one[1]] for i, one in enumerate(args)]
                    with self.subTest(interface=interface, method=method.get('name'), argument=name):
                        with self.assertRaises(harness.Failure) as caught:
                            client.call(interface.rpartition('.')[2], method.get('name'), '(%s)' % ''.join(one[1] for one in args), *given)
                        self.assertIn(caught.exception.name, ['InvalidArguments', 'TooLarge'])
                        self.assertIn('option' if name == 'options' else name, caught.exception.text)
                        self.assertLess(len(caught.exception.text), 200)
        self.assertEqual(sandbox.control('requests')['requests'], [])
        self.assertEqual(client.state, 'signed-out')

    def test_gdbus(self):
        sandbox, daemon, client = self.one()
        call = ('gdbus', 'call', '--session', '--dest', harness.BUS_NAME, '--object-path', harness.OBJECT, '--method')
        self.assertIn("'State': <'online'>", self.run_tool(daemon, *call, 'im.floo.Daemon1.Account.GetStatus'))
        answer = self.run_tool(daemon, *call, 'im.floo.Daemon1.Conversations.SendText', 'roster', str(ECHO), 'from a shell: ä 中文')
        client_id = int(answer.strip('(),\n').replace('int64 ', ''))
        client.wait_sent(client_id)
        self.assertIn('Lunch at noon?', self.run_tool(daemon, *call, 'im.floo.Daemon1.Conversations.List', '', '10', '{}'))
        self.assertEqual(sandbox.accepted('alice')[0]['content'], 'from a shell: ä 中文')
        introspection = self.run_tool(daemon, 'gdbus', 'introspect', '--session', '--dest', harness.BUS_NAME, '--object-path', harness.OBJECT)
        for word in ('interface im.floo.Daemon1.Account', 'SendText(in  s to_type', 'RosterMessages(t serial'):
            self.assertIn(word, introspection)

    def test_busctl(self):
        sandbox, daemon, client = self.one()
        tool = ('busctl', '--address', daemon.bus.address)
        status = json.loads(self.run_tool(daemon, *tool, '--json=short', 'call', harness.BUS_NAME, harness.OBJECT, 'im.floo.Daemon1.Account', 'GetStatus'))
        self.assertEqual(status['data'][0]['State'], {'type': 's', 'data': 'online'})
        answer = self.run_tool(daemon, *tool, 'call', harness.BUS_NAME, harness.OBJECT, 'im.floo.Daemon1.Conversations', 'SendText', 'sxs', 'roster',
                               str(ECHO), 'from busctl')
        client.wait_sent(int(answer.split()[1]))
        options = ('Send', 'sxssa{sv}', 'roster', str(ECHO), 'text', 'with options', '1', 'token', 's', 'a-token')
        first = self.run_tool(daemon, *tool, 'call', harness.BUS_NAME, harness.OBJECT, 'im.floo.Daemon1.Conversations', *options)
        self.assertEqual(self.run_tool(daemon, *tool, 'call', harness.BUS_NAME, harness.OBJECT, 'im.floo.Daemon1.Conversations', *options), first)
        listed = json.loads(self.run_tool(daemon, *tool, '--json=short', 'call', harness.BUS_NAME, harness.OBJECT, 'im.floo.Daemon1.Conversations', 'List',
                                          'sua{sv}', '', '10', '0'))
        self.assertEqual(listed['data'][0][0]['id']['data'], ECHO)
        self.assertEqual(self.run_tool(daemon, *tool, 'get-property', harness.BUS_NAME, harness.OBJECT, 'im.floo.Daemon1.Account', 'State'), 's "online"\n')
        self.assertIn('im.floo.Daemon1.Events', self.run_tool(daemon, *tool, 'introspect', harness.BUS_NAME, harness.OBJECT))

    def test_code_generators(self):
        """The descriptions are taken by the generators of Qt 5 and 6, where these are, and of GLib."""
        paths = sorted(glob.glob(os.path.join(XML, '*.xml')))
        tools = [tool for tool in ('/usr/lib/qt5/bin/qdbusxml2cpp', '/usr/lib/qt6/bin/qdbusxml2cpp') if os.path.exists(tool)]
        runs = [['gdbus-codegen', '--c-namespace', 'Floo', '--generate-c-code', 'out', '--generate-docbook', 'out', '--generate-rst', 'out', *paths]]
        runs += [[tool, '-p', 'proxy', '-a', 'adaptor', path] for tool in tools for path in paths]
        folder = self.folder('generated')
        for run in runs:
            with self.subTest(run=run):
                done = subprocess.run(run, cwd=folder, capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ''))
        if not tools:
            self.skipTest('qdbusxml2cpp is missing; gdbus-codegen takes them all')

    def test_dbus_send(self):
        sandbox, daemon, client = self.one()
        self.run_tool(daemon, 'dbus-send', '--session', '--print-reply', '--dest=' + harness.BUS_NAME, harness.OBJECT,
                      'im.floo.Daemon1.Conversations.SendText', 'string:roster', 'int64:%d' % ECHO, 'string:plain')
        client.wait_message(lambda one: one.content == 'plain')

    def test_proxy(self):
        """As an application does it: a proxy by introspection, its signals and its cached properties."""
        sandbox, daemon, client = self.one()
        connection = daemon.bus.connect()

        def proxy(interface):
            return Gio.DBusProxy.new_sync(connection, Gio.DBusProxyFlags.NONE, None, harness.BUS_NAME, harness.OBJECT,
                                          '%s.%s' % (harness.BUS_NAME, interface), None)
        account, conversations, events = proxy('Account'), proxy('Conversations'), proxy('Events')
        heard = []
        events.connect('g-signal', lambda proxy, sender, name, arguments: heard.append((name, arguments.unpack())))
        self.assertEqual(account.get_cached_property('State').unpack(), 'online')
        client_id = conversations.SendText('(sxs)', 'roster', ECHO, 'by proxy')
        self.assertIsInstance(client_id, int)
        harness.wait_for(lambda: any(name == 'RosterMessages' and args[1][0][5] == 'echo: by proxy' for name, args in heard), 'the answer')
        page, more_before, more_after, serial = conversations.GetMessages('(xa{sv})', ECHO, {'limit': GLib.Variant('u', 2)})
        self.assertEqual([one[5] for one in page], ['by proxy', 'echo: by proxy'])
        sandbox.control('disconnect', how='drop')
        harness.wait_for(lambda: account.get_cached_property('State').unpack() != 'online', 'the cached property follows')
        with self.assertRaises(GLib.Error) as caught:
            conversations.Get('(x)', 4711)
        self.assertEqual(Gio.DBusError.get_remote_error(caught.exception), 'im.floo.Daemon1.Error.NotFound')
        connection.close_sync(None)


if __name__ == '__main__':
    harness.main()
