# SPDX-License-Identifier: GPL-3.0-or-later
"""The example clients do what they are said to do, over restarts as well."""
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess

import harness
from harness import wait_for

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
EXAMPLES = os.path.join(SOURCE, 'data', 'examples')
README = os.path.join(SOURCE, 'README.md')
MANUAL = os.path.join(SOURCE, 'data', 'manual')
CHAT = os.path.join(harness.BUILD, 'tests', 'examples', 'chat')
ECHO = 1099


class ExamplesTest(harness.Test):
    def example(self, daemon, name, *args, stdin=subprocess.DEVNULL):
        """Starts one; its output is in the file that read_lines() reads."""
        count = len(os.listdir(self.folder('examples')))
        path = os.path.join(self.folder('examples'), '%s-%d.log' % (name, count))
        with open(path, 'wb') as log:
            process = subprocess.Popen(['/usr/bin/python3', os.path.join(EXAMPLES, name), *args], env=daemon.environment(),
                                       stdin=stdin, stdout=log, stderr=log)
        process.path = path
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def read_lines(process):
        with open(process.path, encoding='utf-8') as log:
            return [line for line in log.read().split('\n')[:-1] if line]

    def wait_line(self, process, where, what):
        def find():
            return next((line for line in self.read_lines(process) if where(line)), None)
        return wait_for(find, lambda: '%s; there were: %s' % (what, self.read_lines(process)[-20:]))

    def read_events(self, process):
        return [json.loads(line) for line in self.read_lines(process)]

    def wait_json(self, process, where, what):
        return json.loads(self.wait_line(process, lambda line: where(json.loads(line)), what))

    def end(self, process):
        process.send_signal(signal.SIGINT)
        process.wait()

    def test_watch_prints_json_lines(self):
        sandbox, daemon, client = self.one()
        watch = self.example(daemon, 'watch.py')
        self.wait_json(watch, lambda line: line == {'event': 'Daemon', 'running': True}, 'the daemon runs')
        text = 'Grüße, 你好 👋\n"second" line'
        client_id = client.send_text(ECHO, text)
        sent = self.wait_json(watch, lambda line: line.get('mid') == client_id and line['status'] == 'sent', 'the message is sent')
        self.assertEqual(sent['details']['message']['id'], sent['details']['server_mid'])
        self.assertGreater(sent['details']['server_mid'], 2 ** 53)
        said = self.wait_json(watch, lambda line: line['event'] == 'RosterMessages' and line['messages'][0]['from'] == ECHO, 'the answer')
        self.assertEqual(said['messages'][0]['content'], 'echo: ' + text)
        self.assertEqual(said['messages'][0]['to'], 1001)
        sandbox.send('bob', 'alice', 'And a draft?')
        self.wait_json(watch, lambda line: line['event'] == 'PropertiesChanged' and 'UnreadTotal' in line, 'the count of the unread')
        daemon.stop()
        self.wait_json(watch, lambda line: line == {'event': 'Daemon', 'running': False}, 'the daemon is gone')
        serials = [line['serial'] for line in self.read_events(watch) if line.get('serial')]
        self.assertEqual(serials, list(range(serials[0], serials[0] + len(serials))))
        self.end(watch)

    def test_watch_prints_text(self):
        sandbox, daemon, client = self.one()
        watch = self.example(daemon, 'watch.py', '--text')
        self.wait_line(watch, lambda line: line.endswith('Daemon running=true'), 'the daemon runs')
        client.send_text(ECHO, 'two\nlines')
        self.wait_line(watch, lambda line: line.endswith(' RosterMessages 1099: echo: two lines'), 'the answer')
        self.end(watch)

    def test_client_chats(self):
        sandbox, daemon, client = self.one()
        chat = self.example(daemon, 'client.py', str(ECHO), stdin=subprocess.PIPE)
        chat.stdin.write('one\ntwo, 再见\n'.encode())
        chat.stdin.flush()
        self.wait_line(chat, lambda line: line == '1099: echo: two, 再见', 'the answer')
        chat.stdin.write(b'forbidden-word\n')
        chat.stdin.flush()
        self.wait_line(chat, lambda line: line.startswith('not sent: '), 'the refusal')
        self.assertEqual([line for line in self.read_lines(chat) if line.startswith('1001: ')], ['1001: one', '1001: two, 再见'])
        chat.stdin.close()
        self.assertEqual(chat.wait(harness.LIMIT), 0)
        again = self.example(daemon, 'client.py', str(ECHO))
        self.assertEqual(again.wait(harness.LIMIT), 0)
        self.assertIn('1099: echo: one', self.read_lines(again))

    @staticmethod
    def read_page(name):
        with open(os.path.join(MANUAL, name), encoding='utf-8') as page:
            return page.read()

    def test_manual_has_the_client(self):
        with open(os.path.join(EXAMPLES, 'client.py'), encoding='utf-8') as client:
            self.assertIn('```python\n%s```' % client.read(), self.read_page('chat-window.md'))

    def test_recipes_work(self):
        sandbox, daemon, client = self.one()
        with open(README, encoding='utf-8') as readme:
            lines = [line.strip() for line in (self.read_page('shell.md') + readme.read()).split('\n') if line.startswith('    ')]
        setting = next(line for line in lines if line.startswith('floo='))
        beginnings = ('$floo.', 'busctl ', 'gdbus introspect', 'gdbus call')
        recipes = [line for line in lines if line.startswith(beginnings) and ' monitor ' not in line]
        self.assertGreater(len(recipes), 7)
        folder = self.folder('recipes')
        os.mkdir(os.path.join(folder, 'folder'))
        with open(os.path.join(folder, 'report.pdf'), 'w') as report:
            report.write('%PDF')
        env = daemon.environment(PATH=os.path.join(harness.BUILD, 'daemon') + ':' + os.environ['PATH'])
        for recipe in recipes:
            done = subprocess.run(['bash', '-c', setting + '\n' + recipe], cwd=folder, env=env, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ''), recipe)
            self.assertTrue(done.stdout, recipe)
        client.wait_message(lambda one: one.content == 'echo: Backup done')

        with open(os.path.join(folder, 'photo.jpg'), 'wb') as photo:
            photo.write(b'\xff\xd8\xff\xe0\x00\x10JFIF\x00' + bytes(100))
        program = re.search(r'```python\n(.*?)```', self.read_page('files.md'), re.DOTALL).group(1)
        done = subprocess.run(['/usr/bin/python3', '-c', program], cwd=folder, env=env, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, '', ''))
        client.wait_message(lambda one: one.type == 'image' and 'photo.jpg' in one.more['attachment'])

    def test_examples_of_the_reference(self):
        sandbox, daemon, client = self.one()
        folder = self.folder('reference')
        env = daemon.environment(PATH=os.path.join(harness.BUILD, 'daemon', 'cli') + ':' + os.environ['PATH'])
        with open(os.path.join(SOURCE, 'dbus', 'examples.md'), encoding='utf-8') as file:
            begin, *sections = re.split(r'(?m)^## (\S+)$', file.read())

        def block(language, text):
            return re.search(r'```%s\n(.*?)```' % language, text, re.DOTALL).group(1)

        def run(*command):
            done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ''), command)
            return done.stdout

        functions = ''
        for name, text in zip(sections[::2], sections[1::2]):
            self.assertTrue(run('bash', '-c', 'set -o pipefail\n' + block('sh', text)), name)
            run('/usr/bin/python3', '-c', block('python', begin) + block('python', text))
            functions += '  {\n%s\n  }\n  if (*error != NULL)\n    g_error ("%s: %%s", (*error)->message);\n' % (block('c', text), name)
        with open(os.path.join(folder, 'examples.c'), 'w') as file:
            file.write(block('c', begin) + 'int\nmain (void)\n{\n  GError *fault = NULL, **error = &fault;\n'
                       '  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, error);\n' + functions + '  return 0;\n}\n')
        flags = run('pkg-config', '--cflags', '--libs', 'gio-2.0').split()
        run('cc', '-Wall', '-Wextra', '-Werror', '-o', 'examples', 'examples.c', *flags)
        self.assertGreaterEqual(run('./examples').count('\n'), len(sections) // 2)
        self.assertEqual(sum(one['content'] == 'Hello there' for one in sandbox.accepted('alice')), 3)

    def test_files_are_sent(self):
        sandbox, daemon, client = self.one()
        sender = self.example(daemon, 'send_file.py', 'roster', str(ECHO), 'file', README, 'read me.md')
        self.assertEqual(sender.wait(harness.LIMIT), 0, self.read_lines(sender))
        sent = client.wait_message(lambda one: one.type == 'file')
        self.assertEqual(json.loads(sent.more['attachment'])['dName'], 'read me.md')

    def test_c_program_sends(self):
        sandbox, daemon, client = self.one()
        run = lambda *args: subprocess.run([CHAT, *args], env=daemon.environment(), capture_output=True, text=True, timeout=harness.LIMIT)  # noqa: E731
        done = run(str(ECHO), 'from C', README)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertIn('1001: from C\n', done.stdout)
        self.assertIn('README.md: ', done.stdout)  # how far it is by the end is told up to five times a second
        self.assertEqual(done.stdout.count(' is sent '), 2)
        done = run(str(ECHO), 'forbidden-word')
        self.assertEqual(done.returncode, 1)
        self.assertIn(' is failed antispam\n', done.stdout)
        done = run('-5', 'nobody')
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, '', 'to must be at least 1, not -5\n'))

    def lists_and_sends(self, daemon, client, *command):
        """An example of another library's: it sends, and lists what has come of it."""
        def run(*args):
            return subprocess.run([*command, *args], env=daemon.environment(), capture_output=True, text=True, timeout=harness.LIMIT)
        text = 'with %s' % os.path.basename(command[-1])
        done = run('2001', text)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertIn('2001 Team: %s\n' % text, done.stdout)
        self.assertEqual(client.wait_message(lambda one: one.content == text).to_type, 'group')
        self.assertEqual(run('2001', 'forbidden-word').returncode, 1)
        self.assertEqual(run('4242', 'to nobody').returncode, 1)
        self.assertIn('2001 Team: forbidden-word\n', run().stdout)

    def test_dasbus(self):
        if not importlib.util.find_spec('dasbus'):
            self.skipTest('python3-dasbus is missing')
        sandbox, daemon, client = self.one()
        self.lists_and_sends(daemon, client, '/usr/bin/python3', os.path.join(EXAMPLES, 'list_and_send.py'))

    def qt_tools(self, version):
        """qdbusxml2cpp, moc and the compiler's flags; skips the test where they are missing."""
        found = subprocess.run(['pkg-config', '--cflags', '--libs', 'Qt%dDBus' % version], capture_output=True, text=True)
        folders = ['/usr/lib/qt%d/%s' % (version, part) for part in ('bin', 'libexec')]
        tools = [shutil.which(name, path=':'.join(folders)) for name in ('qdbusxml2cpp', 'moc')]
        if found.returncode != 0 or None in tools:
            self.skipTest('Qt %d is missing' % version)
        return (*tools, found.stdout.split())

    def check_qt(self, version):
        tool, moc, flags = self.qt_tools(version)
        folder, source = self.folder('qt'), os.path.join(EXAMPLES, 'qt')
        program = os.path.join(folder, 'list-and-send')
        files = [os.path.join(source, 'list-and-send.cpp')]
        for name in ('Conversations', 'Events'):
            base = name.lower()
            subprocess.run([tool, '-i', 'floo-types.h', '-c', name, '-p', base, os.path.join(SOURCE, 'dbus', 'im.floo.Daemon1.%s.xml' % name)],
                           cwd=folder, check=True)
            subprocess.run([moc, base + '.h', '-o', 'moc_%s.cpp' % base], cwd=folder, check=True)
            files += [base + '.cpp', 'moc_%s.cpp' % base]
        with open(os.path.join(folder, 'all.cpp'), 'w') as file:  # Qt's headers are read once
            file.write(''.join('#include "%s"\n' % name for name in files))
        subprocess.run(['c++', '-std=c++17', '-fPIC', '-I', folder, '-I', source, 'all.cpp', '-o', program, *flags], cwd=folder, check=True)
        sandbox, daemon, client = self.one()
        self.lists_and_sends(daemon, client, program)

    def test_qt_5(self):
        self.check_qt(5)

    def test_qt_6(self):
        self.check_qt(6)

    def subscribe(self, daemon):
        return self.example(daemon, 'subscriber.py', os.path.join(self.root, 'position'))

    def wait_content(self, process, content):
        return self.wait_line(process, lambda line: '"%s"' % content in line and 'RosterMessages' in line, content)

    def serials(self, *processes):
        numbers = [line.split(' ', 1)[0] for process in processes for line in self.read_lines(process)]
        return [int(number) for number in numbers if number.isdigit() and number != '0']

    def test_subscriber_misses_nothing(self):
        sandbox, daemon, client = self.one()
        first = self.subscribe(daemon)
        self.wait_line(first, lambda line: line.startswith('state:'), 'the state at the beginning')
        sandbox.send('bob', 'alice', 'while it runs')
        self.wait_content(first, 'while it runs')
        first.kill()
        first.wait()
        sandbox.send('bob', 'alice', 'while it was down')
        client.wait_message(lambda one: one.content == 'while it was down')
        second = self.subscribe(daemon)
        self.wait_content(second, 'while it was down')

        daemon.stop()
        sandbox.send('bob', 'alice', 'while the daemon was down')
        daemon.start()
        self.wait_content(second, 'while the daemon was down')
        self.end(second)

        serials = self.serials(first, second)
        # The kill may have come between an event and its serial in the file: then this one came twice.
        self.assertEqual(sorted(set(serials)), list(range(serials[0], serials[-1] + 1)))
        self.assertLessEqual(len(serials) - len(set(serials)), 1)
        self.assertEqual(self.serials(second), sorted(set(self.serials(second))))

    def test_subscriber_goes_on_with_another_journal(self):
        sandbox, daemon, client = self.one()
        subscriber = self.subscribe(daemon)
        self.wait_line(subscriber, lambda line: line.startswith('state:'), 'the state at the beginning')
        client.call('Account', 'Logout', '(a{sv})', {'erase': harness.GLib.Variant('b', True)})
        client.login('bob')
        wait_for(lambda: len([line for line in self.read_lines(subscriber) if line.startswith('state:')]) == 2, 'the new state')
        sandbox.send('carol', 'bob', 'to another account')
        self.wait_content(subscriber, 'to another account')
        self.end(subscriber)


if __name__ == '__main__':
    harness.main()
