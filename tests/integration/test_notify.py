# SPDX-License-Identifier: GPL-3.0-or-later
"""flooim-notify: what it shows on the desktop, by a double of the desktop's server."""

import contextlib
import os
import shutil
import signal
import sqlite3
import time

import harness
from harness import Gio, GLib
from screen import Screen

ALICE, BOB, CAROL, ZHANG, ECHO, TEAM, PROJECT = 1001, 1002, 1003, 1006, 1099, 2001, 2002
SERVER, SERVER_PATH = 'org.freedesktop.Notifications', '/org/freedesktop/Notifications'
PORTAL, PORTAL_PATH = 'org.freedesktop.portal.Desktop', '/org/freedesktop/portal/desktop'
PORTAL_INTERFACE = 'org.freedesktop.portal.Notification'
XML = '''<node>
  <interface name="org.freedesktop.Notifications">
    <method name="GetCapabilities"><arg type="as" direction="out"/></method>
    <method name="Notify">
      <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
      <arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{sv}" direction="in"/><arg type="i" direction="in"/>
      <arg type="u" direction="out"/>
    </method>
    <method name="CloseNotification"><arg type="u" direction="in"/></method>
  </interface>
  <interface name="org.freedesktop.portal.Notification">
    <method name="AddNotification"><arg type="s" direction="in"/><arg type="a{sv}" direction="in"/></method>
    <method name="RemoveNotification"><arg type="s" direction="in"/></method>
  </interface>
</node>'''


class Shown:
    """A notification as a user sees it."""

    def __init__(self, title, body, actions, hints):
        self.title, self.body, self.actions, self.hints = title, body, actions, hints

    def __repr__(self):
        return repr((self.title, self.body))


class Desk:
    """The desktop's server: what is shown now, by number or (portal) by name, and all calls."""

    def __init__(self, test, bus, capabilities=('body', 'actions', 'inline-reply', 'body-markup'), portal=False):
        self.connection = bus.connect()
        self.capabilities = list(capabilities)
        self.shown, self.calls, self.count = {}, [], 0
        self.hangs = False
        info = Gio.DBusNodeInfo.new_for_xml(XML).interfaces[1 if portal else 0]
        self.interface, self.path = info.name, PORTAL_PATH if portal else SERVER_PATH
        self.connection.register_object(self.path, info, self._on_call, None, None)
        reply = self.connection.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'RequestName',
                                          GLib.Variant('(su)', (PORTAL if portal else SERVER, 4)), None, Gio.DBusCallFlags.NONE, -1, None)
        assert reply.unpack() == (1,)
        test.addCleanup(self.close)

    def close(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def _on_call(self, connection, sender, path, interface, method, arguments, invocation):
        values = arguments.unpack()
        self.calls.append((method, values))
        if self.hangs:
            return
        invocation.return_value(getattr(self, method)(*values))

    def GetCapabilities(self):
        return GLib.Variant('(as)', (self.capabilities,))

    def Notify(self, app, replaces, icon, title, body, actions, hints, timeout):
        if replaces not in self.shown:
            self.count += 1
            replaces = self.count
        self.shown[replaces] = Shown(title, body, actions[::2], hints)
        return GLib.Variant('(u)', (replaces,))

    def CloseNotification(self, number):
        if self.shown.pop(number, None):
            self.emit('NotificationClosed', '(uu)', number, 3)

    def AddNotification(self, name, details):
        self.shown[name] = Shown(details['title'], details['body'], [one['action'] for one in details['buttons']], {})

    def RemoveNotification(self, name):
        self.shown.pop(name, None)

    def emit(self, signal, signature, *args):
        self.connection.emit_signal(None, self.path, self.interface, signal, GLib.Variant(signature, args))

    @property
    def titles(self):
        return sorted(one.title for one in self.shown.values())

    def bodies(self, title):
        """All texts that were shown under a title that begins so, in the order of the calls."""
        return [values[4] for method, values in self.calls if method == 'Notify' and values[3].startswith(title)]

    def wait(self, where, what):
        """The number of the notification that is so."""
        def find():
            return next(((number, one) for number, one in self.shown.items() if where(one)), None)
        return harness.wait_for(find, lambda: '%s; shown are %s' % (what, self.shown))

    def wait_body(self, text):
        return self.wait(lambda one: text in one.body, 'a notification with %r' % text)

    def wait_gone(self, number):
        harness.wait_for(lambda: number not in self.shown, 'notification %s is withdrawn' % number)


class NotifyTest(harness.Test):

    def all_read(self):
        sandbox, daemon, client = self.one()
        self.all_fetched(sandbox, daemon, client)
        for one in client.call('Conversations', 'List', '(sua{sv})', '', 100, {})[0]:
            if one['unread']:
                client.call('Conversations', 'MarkRead', '(xxa{sv})', one['id'], 0, {})
        return sandbox, daemon, client

    def scene(self, *args, **desk):
        """Everything read, nothing shown, flooim-notify running."""
        sandbox, daemon, client = self.all_read()
        return sandbox, daemon, client, Desk(self, daemon.bus, **desk), self.notify(daemon, *args)

    def notify(self, daemon, *args):
        """Starts it; at the first start waits until it has its state."""
        path = os.path.join(daemon.root, 'state', 'flooim', 'notify')
        process = harness.Process('flooim-notify', [os.path.join(harness.BUILD, 'daemon', 'notify', 'flooim-notify'), '--verbose', *args],
                                  daemon.environment(XDG_STATE_HOME=os.path.join(daemon.root, 'state')), daemon.root)
        self.processes.append(process)
        harness.wait_for(lambda: os.path.exists(path) or not process.running, 'the state of flooim-notify')
        return process

    def name_of(self, client, conversation):
        return client.call('Conversations', 'Get', '(x)', conversation)['name']

    def stop(self, process):
        self.assertEqual(process.end(), 0)

    def test_dunst(self):
        """A real server, on a screen: it shows what comes and loses what is read. The picture is kept in the folder FLOOIM_SCREENSHOTS."""
        for program in ('Xvfb', 'dunst'):
            if not shutil.which(program):
                self.skipTest(program + ' is missing')
        sandbox, daemon, client = self.all_read()
        screen = Screen(self)
        nothing = screen.pixels()
        config = os.path.join(self.root, 'dunstrc')
        with open(config, 'w'):
            pass
        dunst = harness.Process('dunst', ['dunst', '-config', config], daemon.environment(DISPLAY=screen.display), self.root)
        dunst.expected = {0, -signal.SIGTERM}
        self.processes.insert(0, dunst)

        def displayed():
            try:
                return client.connection.call_sync(SERVER, SERVER_PATH, 'org.freedesktop.DBus.Properties', 'Get', GLib.Variant('(ss)', (
                    'org.dunstproject.cmd0', 'displayedLength')), None, Gio.DBusCallFlags.NO_AUTO_START, 30000, None).unpack()[0]
            except GLib.Error:
                return None
        harness.wait_for(lambda: displayed() == 0, 'dunst')
        self.notify(daemon)
        sandbox.send('bob', 'alice', 'Lunch at noon? 你好')
        harness.wait_for(lambda: displayed() == 1, 'the notification')
        harness.wait_for(lambda: screen.pixels() != nothing, 'its picture')
        screen.save(os.path.join(os.environ.get('FLOOIM_SCREENSHOTS', os.path.join(harness.BUILD, 'daemon', 'notify')), 'notification.png'))
        client.call('Conversations', 'MarkRead', '(xxa{sv})', BOB, 0, {})
        harness.wait_for(lambda: displayed() == 0, 'the notification is withdrawn')
        harness.wait_for(lambda: screen.pixels() == nothing, 'the picture is gone')

    def test_what_is_shown(self):
        sandbox, daemon, client, desk, process = self.scene()
        bob, team = self.name_of(client, BOB), self.name_of(client, TEAM)
        sandbox.send('bob', 'alice', 'Hello <b>')
        number, one = desk.wait_body('Hello &lt;b&gt;')
        self.assertEqual((one.title, one.body), (bob, 'Hello &lt;b&gt;'))
        self.assertEqual(one.actions, ['inline-reply', 'mark-as-read'])
        self.assertEqual(one.hints['desktop-entry'], 'flooim-notify')
        with self.subTest('a second one replaces it'):
            sandbox.send('bob', 'alice', 'are you there?')
            again, one = desk.wait_body('are you there?')
            self.assertEqual((again, one.title, one.body), (number, bob + ' (2)', 'Hello &lt;b&gt;\nare you there?'))
            self.assertEqual(len(desk.shown), 1)
        with self.subTest('a group has one of its own, with the sender'):
            mid = sandbox.send('carol', TEAM, 'meeting at ten')
            other, one = desk.wait_body('meeting at ten')
            self.assertEqual(one.title, team)
            self.assertRegex(one.body, '^.+: meeting at ten$')
            self.assertEqual(len(desk.shown), 2)
        with self.subTest('what is recalled goes'):
            sandbox.send('carol', TEAM, '', operation='RECALL', mid=mid, conversation=TEAM)
            desk.wait_gone(other)
        with self.subTest('read elsewhere'):
            client.call('Conversations', 'MarkRead', '(xxa{sv})', BOB, 0, {})
            desk.wait_gone(number)
        with self.subTest('own messages and commands are not told'):
            client.wait_sent(client.send_text(BOB, 'my own'))
            sandbox.send('bob', 'alice', 'do', type='command')
            sandbox.send('bob', 'alice', '', type='image', attachment='{"url":"http://127.0.0.1/x"}')
            number, one = desk.wait_body('[image]')
            self.assertEqual(one.body, '[image]')
        self.assertEqual(desk.bodies('Nobody'), [])

    def test_muted(self):
        sandbox, daemon, client, desk, process = self.scene()
        team = self.name_of(client, TEAM)
        client.call('Groups', 'SetMuteMode', '(xi)', TEAM, 1)
        client.call('Roster', 'SetMuted', '(xb)', BOB, True)
        sandbox.send('carol', TEAM, 'noise')
        sandbox.send('bob', 'alice', 'noise')
        sandbox.send('zhang-wei', 'alice', 'no noise')
        desk.wait_body('no noise')
        self.assertEqual(desk.titles, [self.name_of(client, ZHANG)])
        sandbox.send('carol', TEAM, 'look, @alice', config='{"mentionList":[1001]}')
        number, one = desk.wait_body('look, @alice')
        self.assertEqual(one.title, team)
        self.assertNotIn('noise', one.body)
        sandbox.send('carol', TEAM, 'more noise')
        sandbox.send('zhang-wei', 'alice', 'after it')
        desk.wait_body('after it')
        self.assertEqual(len(desk.bodies(team)), 1)
        client.call('Conversations', 'MarkRead', '(xxa{sv})', TEAM, 0, {})
        desk.wait_gone(number)
        with self.subTest('much noise behind a mention, while it was not running'):
            self.stop(process)
            mid = sandbox.send('carol', TEAM, 'where is @alice?', config='{"mentionList":[1001]}')
            sandbox.control('burst', from_='carol', to=TEAM, count=60, content='noise')
            harness.wait_for(lambda: client.call('Conversations', 'Get', '(x)', TEAM)['unread'] == 61, 'all of it')
            self.notify(daemon)
            number, one = desk.wait_body('where is @alice?')
            self.assertNotIn('noise', one.body)
        with self.subTest('as the daemon tells it'):
            self.assertTrue(client.call('Conversations', 'GetMessage', '(x)', mid)[8]['mentions_me'])
            unread = client.call('Conversations', 'List', '(sua{sv})', '', 100, {'unread': GLib.Variant('b', True)})[0]
            every = client.call('Conversations', 'List', '(sua{sv})', '', 100, {})[0]
            self.assertEqual(unread, [one for one in every if one['unread']])
            self.assertEqual({one['id'] for one in unread}, {BOB, ZHANG, TEAM})

    def test_actions(self):
        sandbox, daemon, client, desk, process = self.scene()
        sandbox.send('bob', 'alice', 'a question')
        number, one = desk.wait_body('a question')
        desk.emit('ActionInvoked', '(us)', number, 'mark-as-read')
        desk.wait_gone(number)
        self.assertEqual(client.call('Conversations', 'Get', '(x)', BOB)['unread'], 0)
        sandbox.send('carol', TEAM, 'who comes?')
        number, one = desk.wait_body('who comes?')
        desk.emit('NotificationReplied', '(us)', number, 'I do')
        desk.wait_gone(number)
        harness.wait_for(lambda: [entry['content'] for entry in sandbox.accepted('alice') if entry['to'] == TEAM] == ['I do'],
                         lambda: 'the reply; accepted: %s' % sandbox.accepted('alice'))
        self.assertEqual(client.call('Conversations', 'Get', '(x)', TEAM)['unread'], 0)
        with self.subTest('numbers of others are not ours'):
            desk.emit('NotificationReplied', '(us)', 4711, 'not ours')
            sandbox.send('bob', 'alice', 'the next')
            number, one = desk.wait_body('the next')
            self.assertEqual(len(sandbox.accepted('alice')), 1)
        with self.subTest('a reply that cannot be sent is given back'):
            client.call('Account', 'Logout', '(a{sv})', {})
            desk.emit('NotificationReplied', '(us)', number, 'too late')
            failure, one = desk.wait(lambda one: one.title == 'Your reply was not sent', 'the failure')
            self.assertEqual(one.body, 'too late')
            self.assertNotIn('List failed', process.text())

    def test_restart(self):
        """Nothing twice, nothing forgotten, and what is shown can still be withdrawn."""
        sandbox, daemon, client, desk, process = self.scene()
        sandbox.send('bob', 'alice', 'before')
        number, one = desk.wait_body('before')
        self.stop(process)
        mid = sandbox.send('carol', TEAM, 'meanwhile')
        client.wait_message(lambda one: one.id == mid)
        mid = sandbox.send('zhang-wei', 'alice', 'meanwhile read')
        client.wait_message(lambda one: one.id == mid)
        client.call('Conversations', 'MarkRead', '(xxa{sv})', ZHANG, 0, {})
        self.settle(client)
        process = self.notify(daemon)
        desk.wait_body('meanwhile')
        with self.subTest('what was shown before is withdrawn'):
            client.call('Conversations', 'MarkRead', '(xxa{sv})', BOB, 0, {})
            desk.wait_gone(number)
        with self.subTest('killed'):
            process.expected = {-9}
            process.send_signal(9)
            process.wait()
            mid = sandbox.send('carol', TEAM, 'while killed')
            client.wait_message(lambda one: one.id == mid)
            process = self.notify(daemon)
            desk.wait_body('while killed')
        with self.subTest('the daemon restarts'):
            daemon.stop()
            sandbox.send('carol', TEAM, 'while the daemon was down')
            client = daemon.start()
            client.wait_state('online')
            desk.wait_body('while the daemon was down')
        with self.subTest('a server that does not answer'):
            desk.hangs = True
            sandbox.send('carol', TEAM, 'unanswered')
            harness.wait_for(lambda: any('unanswered' in body for body in desk.bodies('')), 'the call')
            began = time.monotonic()
            self.stop(process)
            self.assertLess(time.monotonic() - began, 4, 'it waited for the server')
            desk.hangs = False
            self.notify(daemon)
            desk.wait_body('unanswered')
        self.assertEqual(sum('before' in body for body in desk.bodies('')), 1)
        self.assertEqual(sum('meanwhile read' in body for body in desk.bodies('')), 0)
        self.assertEqual(len(desk.shown), 1)

    def test_long_absence(self):
        sandbox, daemon, client, desk, process = self.scene()
        self.stop(process)
        for sender in ('bob', 'zhang-wei', 'echo'):  # carol is muted
            sandbox.control('burst', from_=sender, to='alice', count=50, content='n')
        sandbox.send('bob', TEAM, 'n')
        mid = sandbox.send('bob', PROJECT, 'n')
        client.wait_message(lambda one: one.id == mid)
        harness.wait_for(lambda: client.get('Account', 'UnreadTotal') == 152, lambda: 'unread %s' % client.get('Account', 'UnreadTotal'))
        self.settle(client)
        self.notify(daemon)
        number, one = desk.wait(lambda one: one.title == '152 new messages in 5 conversations', 'the summary')
        self.assertEqual(len(desk.shown), 1)
        self.assertIn(self.name_of(client, TEAM).split()[0], one.body + ' …' + self.name_of(client, TEAM))
        with self.subTest('one is read'):
            client.call('Conversations', 'MarkRead', '(xxa{sv})', BOB, 0, {})
            desk.wait(lambda one: one.title == '102 new messages in 4 conversations', 'the summary without it')
            self.assertEqual(list(desk.shown), [number])
        with self.subTest('all are read'):
            desk.emit('ActionInvoked', '(us)', number, 'mark-as-read')
            desk.wait_gone(number)
            harness.wait_for(lambda: client.get('Account', 'UnreadTotal') == 0, 'all read')
        self.assertLessEqual(len(desk.bodies('')), 8)

    def test_lost_events(self):
        """What the journal does not have any more is taken from the list; with another journal it starts over."""
        sandbox, daemon, client, desk, process = self.scene()
        self.stop(process)
        for sender, to in (('bob', 'alice'), ('zhang-wei', 'alice'), ('carol', TEAM)):
            mid = sandbox.send(sender, to, 'meanwhile')
            client.wait_message(lambda one: one.id == mid)
        client.call('Conversations', 'MarkRead', '(xxa{sv})', ZHANG, 0, {})
        self.settle(client)
        daemon.stop()
        with contextlib.closing(sqlite3.connect(daemon.store_path(ALICE))) as db:
            db.execute('DELETE FROM journal WHERE serial < (SELECT max(serial) FROM journal)')
            db.commit()
        client = daemon.start()
        client.wait_state('online')
        process = self.notify(daemon)
        bob, team = self.name_of(client, BOB), self.name_of(client, TEAM)
        harness.wait_for(lambda: desk.titles == sorted((bob, team)), lambda: 'two notifications; shown are %s' % desk.shown)
        self.assertEqual([one.body for one in desk.shown.values() if one.title == bob], ['meanwhile'])
        with self.subTest('another journal'):
            client.call('Account', 'Logout', '(a{sv})', {'erase': GLib.Variant('b', True)})
            client.login('alice')
            journal = client.call('Events', 'GetPosition')[0]
            harness.wait_for(lambda: journal in self.state(daemon), 'it follows the new journal')
            sandbox.send('bob', 'alice', 'the first in it')
            desk.wait_body('the first in it')

    @staticmethod
    def state(daemon):
        with open(os.path.join(daemon.root, 'state', 'flooim', 'notify'), encoding='utf-8') as file:
            return file.read()

    def test_settings(self):
        """Previews off, sounds off, and quiet hours, after which what is still unread is told."""
        sandbox, daemon, client, desk, process = self.scene('--no-previews', capabilities=['body'])
        bob = self.name_of(client, BOB)
        sandbox.send('bob', 'alice', 'confidential')
        number, one = desk.wait(lambda one: one.title == bob, 'a notification without the text')
        self.assertEqual((one.body, one.actions), ('New message', ['mark-as-read']))
        self.stop(process)
        hour = time.localtime().tm_hour
        client.call('Account', 'UpdateSettings', '(a{sv})', {'no_push_start_hour': GLib.Variant('i', (hour + 23) % 24),
                                                             'no_push_end_hour': GLib.Variant('i', (hour + 2) % 24),
                                                             'no_sounds': GLib.Variant('b', True)})
        process = self.notify(daemon)
        sandbox.send('zhang-wei', 'alice', 'in the night')
        client.wait_message(lambda one: one.content == 'in the night')
        harness.wait_for(lambda: 'Nothing is shown in the quiet hours' in process.text(), 'it is quiet')
        self.assertEqual(len(desk.bodies('')), 1)
        self.stop(process)
        client.call('Account', 'UpdateSettings', '(a{sv})', {'no_push_end_hour': GLib.Variant('i', (hour + 23) % 24)})
        self.notify(daemon)
        number, one = desk.wait_body('in the night')
        self.assertTrue(one.hints['suppress-sound'])
        self.assertEqual(sum('in the night' in body for body in desk.bodies('')), 1)

    def test_portal(self):
        sandbox, daemon, client, desk, process = self.scene('--portal', portal=True)
        sandbox.send('bob', 'alice', 'Hello <b>')
        name, one = desk.wait_body('Hello <b>')
        self.assertEqual(one.title, self.name_of(client, BOB))
        sandbox.send('bob', 'alice', 'again')
        self.assertEqual(desk.wait_body('again')[0], name)
        desk.emit('ActionInvoked', '(ssav)', name, 'mark-as-read', [])
        desk.wait_gone(name)
        self.assertEqual(client.call('Conversations', 'Get', '(x)', BOB)['unread'], 0)

    def test_without_a_server(self):
        """Two of one account, what is unread at the first start, and a server of notifications that comes later."""
        sandbox, daemon, client = self.all_read()
        mid = sandbox.send('bob', 'alice', 'early')
        client.wait_message(lambda one: one.id == mid)
        process = self.notify(daemon)
        second = self.notify(daemon)
        second.expected = {75}
        self.assertEqual(second.wait(), 75)
        self.assertIn('another flooim-notify runs', second.text())
        harness.wait_for(lambda: 'Notify failed' in process.text(), 'it has tried')
        desk = Desk(self, daemon.bus)
        number, one = desk.wait_body('early')
        with self.subTest('another server, where the number is that of another program'):
            desk.close()
            desk = Desk(self, daemon.bus)
            self.assertEqual(desk.Notify('other', 0, '', 'of another program', '', [], {}, -1).unpack(), (number,))
            sandbox.send('bob', 'alice', 'late')
            again, one = desk.wait_body('late')
            self.assertNotEqual(again, number)
            client.call('Conversations', 'MarkRead', '(xxa{sv})', BOB, 0, {})
            desk.wait_gone(again)
            self.assertEqual(desk.titles, ['of another program'])


if __name__ == '__main__':
    harness.main()
