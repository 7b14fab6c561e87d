# SPDX-License-Identifier: GPL-3.0-or-later
"""The chat window of data/examples/gtk-chat on a screen of its own, used as a user does (probe/probe.c), with a count of what it asks the daemon.

Pictures of it are kept in the folder FLOOIM_SCREENSHOTS (by default beside the program).
"""
import collections
import glob
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
PROBE = os.path.join(harness.BUILD, 'tests', 'examples', 'probe')
SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'data', 'examples', 'gtk-chat', '*.[ch]')
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
                                 GIO_EXTRA_MODULES=PROBE,
                                 ASAN_OPTIONS='detect_leaks=0')
        self.process = harness.Process('gtk-chat', [PROGRAM], env, test.root)
        self.process.expected = {-signal.SIGTERM}
        test.processes.insert(0, self.process)

    def call(self, method, signature, *values):
        return self.client.connection.call_sync(NAME, OBJECT, 'org.gtk.Actions', method, GLib.Variant(signature, values), None,
                                                Gio.DBusCallFlags.NO_AUTO_START, 30000, None).unpack()

    def activate(self, action, parameter):
        self.call('Activate', '(sava{sv})', action, [parameter], {})

    def press(self, label):
        self.activate('press', GLib.Variant('s', label))

    def type(self, field, text):
        self.activate('type', GLib.Variant('(ss)', (field, text)))

    def scroll(self, position, which='box'):
        self.activate('scroll', GLib.Variant('(sd)', (which, position)))

    def send(self, text):
        self.type('entry', text)
        self.press('Send')

    def view(self):
        """What can be read in the window, with its place (text, x, y); [] where there is none yet."""
        try:
            return self.call('Describe', '(s)', 'view')[0][2][0]
        except GLib.Error:
            assert self.process.running, 'the window ended with status %s: %s' % (self.process.status, self.process.text())
            return []

    def wait(self, *texts, gone=()):
        """Until all of these can be read, and none of those that are gone."""
        def find():
            shown = {text for text, x, y in self.view()}
            return shown >= set(texts) and not shown & set(gone)
        wait_for(find, lambda: '%s, without %s; there is %s' % (texts, gone, self.view()))

    def place(self, text):
        """Where a text is that is shown once: x, y. Of "box", the list of messages: its scroll bar's value, and how far that is from its end."""
        places = [(x, y) for shown, x, y in self.view() if shown == text]
        return places[0] if len(places) == 1 else None

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

    def start(self, daemon, client, *texts):
        window = Window(self, daemon, client, self.screen)
        began = time.monotonic()
        window.wait('online', 'heading', *texts, gone=['problem'])
        took = time.monotonic() - began
        calls = window.calls(window.started)
        print('# %s: painted after %.2f s, calls: %s' % (texts[-1], took, dict(calls)), flush=True)
        self.assertEqual(calls, {'GetAll': 1, 'GetPosition': 1, 'List': 1, 'GetMessages': 1})
        return window

    def wait_at_end(self, window):
        wait_for(lambda: window.place('box')[1] == 0, lambda: 'the end: %s' % window.view())

    def test_size(self):
        """It is to be read: the manual says how long it is."""
        lines = 0
        for path in glob.glob(SOURCES):
            with open(path, encoding='utf-8') as file:
                lines += len(file.readlines())
        self.assertGreater(lines, 500)
        self.assertLess(lines, 1200)

    def test_start_with_few_and_many(self):
        sandbox, daemon, client = self.scene()
        client.call('Conversations', 'GetMessages', '(xa{sv})', TEAM, {})  # a stranger is in its history, whose name is fetched once
        self.all_fetched(sandbox, daemon, client)
        few = len(client.call('Conversations', 'List', '(sua{sv})', '', 500, {})[0])
        window = self.start(daemon, client, 'Bob', 'Team', '老张', '项目组', 'Carol', 'Who takes the notes today?')
        window.process.end()
        for i in range(MANY - few):
            client.call('Conversations', 'SetDraft', '(xss)', 50000 + i, 'roster', 'draft %d' % i)
        newest = 50000 + i
        window = self.start(daemon, client, 'Draft: draft %d' % i)
        window.scroll(1e9, 'list')
        window.wait('Draft: draft 0', 'Bob', 'Carol')

        # The newest is shown without having been opened; who goes to another one leaves its draft alone.
        mark = window.barrier()
        window.press('Bob')
        window.wait('Good morning!')
        calls = window.calls(mark)
        self.assertEqual((calls['SetDraft'], calls['MarkRead']), (0, 1), calls)
        self.assertEqual(client.call('Conversations', 'Get', '(x)', newest)['draft'], 'draft %d' % i)

        # What goes elsewhere, and is not loaded, changes nothing here.
        other = client.call('Conversations', 'GetMessages', '(xa{sv})', TEAM, {})[0][-1]
        client.call('Conversations', 'DeleteMessage', '(xa{sv})', other[0], {})
        window.scroll(1e9, 'list')
        window.wait('Good morning!', gone=['Carol: ' + other[5]])

        # A draft of one's own is kept where it was begun.
        window.type('entry', 'not yet')
        window.press('Carol')
        window.scroll(0.0, 'list')
        window.wait('Draft: not yet')
        self.assertEqual(client.call('Conversations', 'Get', '(x)', BOB)['draft'], 'not yet')

        # The conversation that is shown goes.
        client.call('Conversations', 'Delete', '(xba{sv})', CAROL, False, {'local': GLib.Variant('b', True)})
        window.wait('Draft: not yet', gone=['heading', 'Carol', 'problem'])

    def test_chat(self):
        sandbox, daemon, client = self.scene()
        self.all_fetched(sandbox, daemon, client)
        for i in range(120):
            last = sandbox.send('bob', 'alice', 'line %d %s' % (i, 'of some length ' * (i % 7)))
        client.wait_message(lambda one: one.id == last)
        window = self.start(daemon, client, 'Team', 'line %d %s' % (i, 'of some length ' * (i % 7)))
        self.wait_at_end(window)

        # A message that comes: no call. Who opens the conversation has read it.
        mark = window.barrier()
        sandbox.send('bob', 'alice', 'A message that comes')
        window.wait('A message that comes')
        sandbox.send('carol', TEAM, 'look, @alice', config='{"mentionList":[1001]}')
        window.wait('Carol: look, @alice', '@')
        self.wait_at_end(window)
        self.assertEqual(window.calls(mark), {})
        unread = client.call('Conversations', 'Get', '(x)', BOB)['unread']
        window.wait(str(unread))
        window.press('Bob')
        window.wait(gone=[str(unread)])
        self.assertEqual(window.calls(mark), {'MarkRead': 1})
        self.type_to(sandbox, window)
        self.change(sandbox, window)
        self.send_two(sandbox, client, window)
        self.refuse(client, window)
        self.go_back(window)
        self.go_away(sandbox, daemon, window)

    def type_to(self, sandbox, window):
        """The list shows that the other one types, and what came before when that is over."""
        bob = self.daemon('bob', sandbox=sandbox).start()
        bob.login('bob')
        for typing in True, False:
            bob.call('Conversations', 'SetTyping', '(xb)', ALICE, typing)
            window.wait(*['typing…'] if typing else ['A message that comes'], gone=[] if typing else ['typing…'])

    def change(self, sandbox, window):
        """A message grows, is replaced, and recalled."""
        mark = window.barrier()
        mid = sandbox.send('bob', 'alice', 'It')
        window.wait('It')
        for operation, content, shown in (('APPEND', ' grows', 'It grows'), ('APPEND', ' äöü', 'It grows äöü'), ('APPEND', '.', 'It grows äöü.'),
                                          ('REPLACE', 'It is another', 'It is another')):
            sandbox.send('bob', 'alice', content, operation=operation, mid=mid)
            window.wait(shown)
        sandbox.send('bob', 'alice', '', operation='RECALL', mid=mid, conversation=ALICE)
        window.wait('A message that comes', gone=['It is another'])
        calls = window.calls(mark)
        calls.pop('MarkRead', None)  # where the screen has the window in front
        self.assertEqual(calls, {})

    def send_two(self, sandbox, client, window):
        """Two messages are sent; the other one acknowledges the later one, and has read both."""
        mark = window.barrier()
        window.send('How are you?')
        window.send('And where?')
        wait_for(lambda: [text for text, x, y in window.view()].count('✓ sent') == 2, window.view)
        self.wait_at_end(window)
        mid = client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, {})[0][-1][0]
        sandbox.send('bob', 'alice', '', operation='READ_ACK', mid=mid)
        wait_for(lambda: [text for text, x, y in window.view()].count('✓✓ read') == 2, window.view)
        self.assertEqual(window.calls(mark), {'SendText': 2})

    def refuse(self, client, window):
        """One is refused, and sent again."""
        mark = window.barrier()
        window.send('forbidden-word')
        window.wait('forbidden-word', '✗ not sent:', 'antispam', 'Send again')
        self.wait_at_end(window)
        window.screenshot('messages')
        since = len(client.events)
        window.press('Send again')
        failed = client.wait_event('SendingMessageStatusChanged', lambda event: event.args[1] == 'failed', since=since)
        window.wait('✗ not sent:')
        self.assertEqual(window.calls(mark), {'SendText': 1, 'Resend': 1})
        client.call('Conversations', 'CancelSend', '(x)', failed.args[0])
        window.wait('And where?', gone=['forbidden-word'])

    def go_back(self, window):
        """The next page comes above what is read, which stays where it is."""
        window.scroll(330.0)
        wait_for(lambda: window.place('box')[0] == 330, lambda: 'scrolled: %s' % window.view())
        mark = window.barrier()
        text, x, y = next(one for one in window.view() if one[0].startswith('line ') and 200 < one[2] < 400 and one[1] > 280)
        window.scroll(290.0)
        wait_for(lambda: window.place('box')[0] > 1000, lambda: 'a page: %s' % window.view())
        wait_for(lambda: window.place(text) == (x, y + 40), lambda: '%s at %d, %d: %s' % (text, x, y + 40, window.view()))
        self.assertEqual(window.calls(mark), {'GetMessages': 1})

    def go_away(self, sandbox, daemon, window):
        """The daemon goes away and comes back: what happened meanwhile comes by Replay."""
        window.press('Bob')
        self.wait_at_end(window)
        daemon.stop()
        window.wait('no-daemon', gone=['online'])
        sandbox.send('bob', 'alice', 'while you were away')
        mark = window.barrier()
        daemon.start()
        window.wait('while you were away', 'online', gone=['problem'])
        calls = window.calls(mark)
        self.assertGreater(calls.pop('Replay'), 0)
        calls.pop('GetAll')
        calls.pop('MarkRead', None)  # where the screen has the window in front
        self.assertEqual(calls, {})

    def test_search_group_picture_and_login(self):
        sandbox, daemon, client = self.scene()
        self.all_fetched(sandbox, daemon, client)
        for i in range(120):
            last = sandbox.send('bob', 'alice', 'needle' if i == 5 else 'line %d' % i)
        client.wait_message(lambda one: one.id == last)
        window = self.start(daemon, client, 'line 119')

        window.type('search', 'needle')
        window.wait('needle')
        window.press('needle')
        window.wait('line 4', 'line 6')
        wait_for(lambda: window.place('box')[1] > 300, window.view)
        window.screenshot('search')
        window.type('search', '')
        window.wait('Team', '老张')

        # Chinese, as the manual's picture has it.
        for text in ('你好，周五下午的会议改到三点了。', '地点还是二楼会议室，请提前十分钟到。'):
            sandbox.send('zhang-wei', 'alice', text)
        window.press('老张')
        window.send('好的，收到，谢谢！')
        window.wait('好的，收到，谢谢！', '✓ sent')
        window.screenshot('chinese')

        window.press('Team')
        window.wait('Who takes the notes today?')
        stranger = Peer(sandbox, 'bob').post('/user/register/v2', username='newcomer', password='of the test')['user_id']
        Peer(sandbox, 'alice').post('/group/invite', group_id=TEAM, user_list=[stranger])
        sandbox.send('newcomer', TEAM, 'Hello everybody, I am new here')
        window.wait('Hello everybody, I am new here', 'newcomer')
        window.press('Group')
        window.wait('Announcements', 'Members', 'Alice', 'Echo')
        wait_for(lambda: [text for text, x, y in window.view()].count('newcomer') == 2, window.view)
        client.call('Groups', 'PostAnnouncement', '(xss)', TEAM, 'Friday', 'Pizza <at> noon')
        window.wait('Friday', 'Pizza <at> noon')

        sandbox.hold('/file/upload/chat')
        window.activate('drop', GLib.Variant('s', os.path.join(SCREENSHOTS, 'gtk-chat-search.png')))
        window.wait('[image] gtk-chat-search.png', '(progress)', gone=['(picture)'])
        sandbox.release()
        window.wait('[image] gtk-chat-search.png', '(picture)', gone=['(progress)'])
        self.wait_at_end(window)
        window.screenshot('group')

        client.call('Account', 'Logout', '(a{sv})', {})
        window.wait('Log in', 'signed-out')
        window.screenshot('login')
        for password in 'wrong', 'alice-secret':
            window.type('name', 'alice')
            window.type('password', password)
            window.press('Log in')
            window.wait(*['problem'] if password == 'wrong' else ['online'], gone=[] if password == 'wrong' else ['Log in'])

        # Somebody else logs in: another journal.
        client.call('Account', 'Logout', '(a{sv})', {})
        client.login('bob')
        window.wait('online', 'You: line 119', gone=['problem'])
        sandbox.stop()
        wait_for(lambda: '(tooltip) ' + client.last_error[1] in {text for text, x, y in window.view()}, window.view)


if __name__ == '__main__':
    harness.main()
