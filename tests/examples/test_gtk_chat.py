# SPDX-License-Identifier: GPL-3.0-or-later
"""The chat window of data/examples/gtk-chat on a screen of its own, driven by its actions, with a count of what it asks the daemon.

Pictures of it are kept in the folder FLOOIM_SCREENSHOTS (by default beside the program).
"""
import collections
import os
import shutil
import signal
import time

from gi.repository import Gio, GLib

import harness
from harness import wait_for
from peer import Peer
from screen import Screen

PROGRAM = os.path.join(harness.BUILD, 'data', 'examples', 'gtk-chat', 'gtk-chat')
SCREENSHOTS = os.environ.get('FLOOIM_SCREENSHOTS', os.path.dirname(PROGRAM))
NAME, OBJECT = 'im.floo.GtkChat', '/im/floo/GtkChat'
ALICE, BOB, CAROL, ZHANG, ECHO, TEAM = 1001, 1002, 1003, 1006, 1099, 2001
MANY = 500


class Window:
    serial = 0

    def __init__(self, test, daemon, client, screen):
        self.test = test
        self.client = client
        self.screen, self.pictured = screen, screen.pixels()
        self.calls_path = os.path.join(test.root, 'calls')
        Window.serial += 1
        monitor = harness.Process('monitor-%d' % Window.serial, ['dbus-monitor', '--address', daemon.bus.address, '--profile', "type='method_call'"],
                                  daemon.environment(), test.root)
        monitor.expected = {-signal.SIGTERM}
        test.processes.append(monitor)
        self.monitor = monitor
        wait_for(lambda: 'NameAcquired' in monitor.text() or '#type' in monitor.text(), 'the monitor')
        self.started = self.barrier()
        env = daemon.environment(DISPLAY=screen.display, GDK_BACKEND='x11', GSK_RENDERER='cairo', GTK_A11Y='none', GSETTINGS_BACKEND='memory',
                                 ASAN_OPTIONS='detect_leaks=0')
        self.process = harness.Process('gtk-chat', [PROGRAM], env, test.root)
        self.process.expected = {-signal.SIGTERM}
        test.processes.insert(0, self.process)

    def call(self, method, signature, *values):
        return self.client.connection.call_sync(NAME, OBJECT, 'org.gtk.Actions', method, GLib.Variant(signature, values), None,
                                                Gio.DBusCallFlags.NO_AUTO_START, 30000, None).unpack()

    def activate(self, action, *parameter):
        self.call('Activate', '(sava{sv})', action, list(parameter), {})

    def open(self, conversation, message=0):
        self.activate('open', GLib.Variant('(xx)', (conversation, message)))

    def view(self):
        try:
            state = self.call('Describe', '(s)', 'view')[0][2]
        except GLib.Error:
            assert self.process.running, 'the window ended with status %s: %s' % (self.process.status, self.process.text())
            return {}
        if not state:
            return {}
        view = state[0]
        current, last = view.get('current', {}), view.get('last', {})
        return {**view, 'conversation': current.get('id', 0), 'unread': current.get('unread', 0), 'last': last.get('content', ''),
                'last_id': last.get('id', 0), 'last_client_id': last.get('client_id', 0), 'last_sender': last.get('sender_name', ''),
                'last_state': last.get('send_state', ''), 'last_status': last.get('status', 0), 'last_error': last.get('error_reason', '')}

    def wait(self, what='', **expected):
        """Until the window shows these values."""
        def find():
            view = self.view()
            return view if all(view.get(key) == value for key, value in expected.items()) else None
        return wait_for(find, lambda: '%s %s; there is %s' % (what, expected, self.view()))

    def barrier(self):
        """Until the monitor has written all calls made so far."""
        Window.serial += 1
        mark = 'Mark%d_' % Window.serial
        try:
            self.client.connection.call_sync('org.freedesktop.DBus', '/', 'im.floo.Test', mark, None, None, Gio.DBusCallFlags.NONE, 30000, None)
        except GLib.Error:
            pass
        wait_for(lambda: mark in self.monitor.text(), 'the monitor')
        return mark

    def calls(self, since):
        """How often the window called which method of the daemon since the mark."""
        end = self.barrier()
        owner = self.client.connection.call_sync('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'GetNameOwner',
                                                 GLib.Variant('(s)', (NAME,)), None, Gio.DBusCallFlags.NONE, 30000, None).unpack()[0]
        text = self.monitor.text().split(since, 1)[1].split(end, 1)[0]
        lines = [line.split('\t') for line in text.splitlines()]
        return collections.Counter(line[7] for line in lines if line[0] == 'mc' and line[3] == owner and line[5].startswith('/im/floo/Daemon1'))

    def screenshot(self, name):
        path = os.path.join(SCREENSHOTS, 'gtk-chat-%s.png' % name)
        wait_for(lambda: self.screen.pixels() != self.pictured, 'something new on the screen')
        self.pictured = self.screen.pixels()
        self.screen.save(path, 960, 680)


class GtkChatTest(harness.Test):
    def setUp(self):
        if not os.path.exists(PROGRAM):
            self.skipTest('gtk-chat was not built')
        for program in ('Xvfb', 'dbus-monitor'):
            if shutil.which(program) is None:
                self.skipTest(program + ' is missing')
        super().setUp()

    def scene(self, **arguments):
        self.screen = Screen(self)
        return self.one(**arguments)

    def start(self, daemon, client, conversations):
        window = Window(self, daemon, client, self.screen)
        began = time.monotonic()
        view = window.wait('the start', conversations=conversations, loading=False, page='chat')
        wait_for(lambda: window.view().get('painted_ms'), 'the first paint')
        took = time.monotonic() - began
        calls = window.calls(window.started)
        print('# %d conversations: %d ms to the first paint, %.1f s in all, calls: %s' % (
            conversations, window.view()['painted_ms'], took, dict(calls)), flush=True)
        self.assertEqual(calls, {'GetAll': 1, 'GetPosition': 1, 'List': 1, 'GetMessages': 1})
        self.assertEqual((view['state'], view['problem']), ('online', ''))
        return window

    def test_start_with_few_and_many(self):
        sandbox, daemon, client = self.scene()
        client.call('Conversations', 'GetMessages', '(xa{sv})', TEAM, {})  # a stranger is in its history, whose name is fetched once
        self.all_fetched(sandbox, daemon, client)
        few = len(client.call('Conversations', 'List', '(sua{sv})', '', 500, {})[0])
        window = self.start(daemon, client, few)
        window.process.end()
        for i in range(MANY - few):
            client.call('Conversations', 'SetDraft', '(xss)', 50000 + i, 'roster', 'draft %d' % i)
        window = self.start(daemon, client, MANY)

        # The newest is shown without having been opened; who goes to another one leaves its draft alone.
        newest = window.view()['conversation']
        mark = window.barrier()
        window.open(BOB)
        window.wait('another one', conversation=BOB, loading=False)
        calls = window.calls(mark)
        self.assertEqual((calls['SetDraft'], calls['MarkRead']), (0, 1), calls)
        self.assertNotEqual(client.call('Conversations', 'Get', '(x)', newest)['draft'], '')

    def test_chat(self):
        sandbox, daemon, client = self.scene()
        self.all_fetched(sandbox, daemon, client)
        for i in range(120):
            last = sandbox.send('bob', 'alice', 'line %d %s' % (i, 'of some length ' * (i % 7)))
        client.wait_message(lambda one: one.id == last)
        few = len(client.call('Conversations', 'List', '(sua{sv})', '', 500, {})[0])
        window = self.start(daemon, client, few)

        # A message that comes: no call. Who opens the conversation has read it.
        window.wait('the newest', conversation=BOB, loading=False, last_id=last, at_end=True)
        mark = window.barrier()
        mid = sandbox.send('bob', 'alice', 'A message that comes')
        window.wait('a message', last_id=mid, last='A message that comes')
        elsewhere = sandbox.send('carol', TEAM, 'look, @alice', config='{"mentionList":[1001]}')
        client.wait_message(lambda one: one.id == elsewhere)
        window.wait('still there', last_id=mid, at_end=True)
        self.assertEqual(window.calls(mark), {})
        window.open(BOB)
        window.wait('read', unread=0)
        self.assertEqual(window.calls(mark), {'MarkRead': 1})

        # One is sent, and read; one is refused, and sent again.
        mark = window.barrier()
        window.activate('send', GLib.Variant('s', 'How are you?'))
        sent = window.wait('sent', last='How are you?', last_state='sent', last_status=0)
        sandbox.send('bob', 'alice', '', operation='READ_ACK', mid=sent['last_id'])
        window.wait('read', last='How are you?', last_status=2)
        self.assertEqual(window.calls(mark), {'SendText': 1})
        window.activate('send', GLib.Variant('s', 'forbidden-word'))
        failed = window.wait('refused', last_state='failed', last_error='antispam', at_end=True)
        window.screenshot('messages')
        window.activate('resend', GLib.Variant('x', failed['last_client_id']))
        window.wait('refused again', last_state='failed')
        client.call('Conversations', 'CancelSend', '(x)', failed['last_client_id'])
        window.wait('cancelled', last='How are you?')

        # Going back: the next page comes above what is read, which stays where it is.
        before = wait_for(lambda: self.placed(window), 'a place')
        self.assertTrue(before['more_before'])
        window.activate('scroll', GLib.Variant('d', 250.0))
        at = wait_for(lambda: self.moved(window, before), lambda: 'scrolled from %s: %s' % (before, window.view()))
        window.wait('a page', messages=before['messages'] + 50, loading=False)
        after = wait_for(lambda: window.view().get('top', (0,))[0] == at['top'][0] and window.view(), lambda: 'the same place: %s, %s' % (at, window.view()))
        self.assertEqual(after['top'], at['top'])

        # The daemon goes away and comes back: what happened meanwhile comes by Replay.
        window.open(BOB)
        daemon.stop()
        window.wait('no daemon', state='no-daemon')
        mid = sandbox.send('bob', 'alice', 'while you were away')
        mark = window.barrier()
        daemon.start()
        view = window.wait('what happened meanwhile', last_id=mid, state='online', loading=False)
        calls = window.calls(mark)
        self.assertGreater(calls.pop('Replay'), 0)
        calls.pop('GetAll')
        calls.pop('MarkRead', None)  # where the screen has the window in front
        self.assertEqual(calls, {})
        self.assertEqual(view['problem'], '')

    def test_search_group_picture_and_login(self):
        sandbox, daemon, client = self.scene()
        self.all_fetched(sandbox, daemon, client)
        for i in range(120):
            last = sandbox.send('bob', 'alice', 'needle' if i == 5 else 'line %d' % i)
            needle = last if i == 5 else needle if i > 5 else 0
        client.wait_message(lambda one: one.id == last)
        window = self.start(daemon, client, len(client.call('Conversations', 'List', '(sua{sv})', '', 500, {})[0]))

        window.activate('search', GLib.Variant('s', 'needle'))
        window.wait('found', results=1)
        window.open(BOB, needle)
        window.wait('around it', loading=False, at_end=False)
        wait_for(lambda: needle - 20 < window.view().get('top', (0,))[0] <= needle, lambda: 'shown: %s' % window.view())
        window.screenshot('search')
        window.activate('search', GLib.Variant('s', ''))

        # Chinese, as the manual's picture has it.
        for text in ('你好，周五下午的会议改到三点了。', '地点还是二楼会议室，请提前十分钟到。'):
            sandbox.send('zhang-wei', 'alice', text)
        window.open(ZHANG)
        window.activate('send', GLib.Variant('s', '好的，收到，谢谢！'))
        window.wait('sent', conversation=ZHANG, last='好的，收到，谢谢！', last_state='sent')
        window.screenshot('chinese')

        window.open(TEAM)
        window.wait('the group', conversation=TEAM, loading=False)
        stranger = Peer(sandbox, 'bob').post('/user/register/v2', username='newcomer', password='of the test')['user_id']
        Peer(sandbox, 'alice').post('/group/invite', group_id=TEAM, user_list=[stranger])
        sandbox.send('newcomer', TEAM, 'Hello everybody, I am new here')
        window.wait('the name of somebody new', last='Hello everybody, I am new here', last_sender='newcomer')
        window.activate('details')
        wait_for(lambda: '%d\n' % ALICE in window.view()['members'], window.view)
        client.call('Groups', 'PostAnnouncement', '(xss)', TEAM, 'Friday', 'Pizza <at> noon')
        wait_for(lambda: 'Friday: Pizza <at> noon\n' in window.view()['announcements'], window.view)

        picture = os.path.join(SCREENSHOTS, 'gtk-chat-search.png')
        window.activate('send-file', GLib.Variant('s', picture))
        window.wait('the picture', last_state='sent', picture=True)
        window.screenshot('group')

        client.call('Account', 'Logout', '(a{sv})', {})
        window.wait('signed out', page='login')
        window.screenshot('login')
        window.activate('login', GLib.Variant('(ss)', ('alice', 'wrong')))
        wait_for(lambda: window.view()['login_problem'], 'the reason on the page')
        window.activate('login', GLib.Variant('(ss)', ('alice', 'alice-secret')))
        window.wait('logged in', page='chat', state='online')

    @staticmethod
    def placed(window):
        view = window.view()
        return view if 'top' in view else None

    @staticmethod
    def moved(window, before):
        view = window.view()
        return view if 'top' in view and view['top'][0] != before['top'][0] else None


if __name__ == '__main__':
    harness.main()
