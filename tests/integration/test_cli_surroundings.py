# SPDX-License-Identifier: GPL-3.0-or-later
"""`flooim` where something is missing: bus, daemon, locale, environment; under cron and systemd; on narrow terminals; what help and
completion say."""

import os
import pwd
import re
import shutil
import subprocess
import time
import unittest

import cli
import harness
from cli import FAILED, FLOOIM, NOT_NOW, UNAVAILABLE, USAGE
from harness import Gio, GLib

SYSTEMD = 'org.freedesktop.systemd1'
SYSTEMD_XML = '''<node>
  <interface name="org.freedesktop.systemd1.Manager">
    <method name="LoadUnit"><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
    <method name="StartUnit"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
    <method name="ResetFailedUnit"><arg type="s" direction="in"/></method>
    <method name="Subscribe"/>
  </interface>
  <interface name="org.freedesktop.systemd1.Unit">
    <property name="LoadState" type="s" access="read"/>
    <property name="ActiveState" type="s" access="read"/>
  </interface>
  <interface name="org.freedesktop.systemd1.Service">
    <property name="Result" type="s" access="read"/>
    <property name="ExecMainStatus" type="i" access="read"/>
  </interface>
</node>'''


class Systemd:
    """As much of systemd's manager as a client sees that starts a unit; start() is called for it, and says what came of it."""

    def __init__(self, bus, unit, start, state='inactive'):
        self.connection, self.unit, self.start, self.state = bus.connect(), unit, start, state
        self.calls = []
        self.result, self.status = 'success', 0
        node = Gio.DBusNodeInfo.new_for_xml(SYSTEMD_XML)
        manager, unit_info, service = node.interfaces
        self.connection.register_object('/org/freedesktop/systemd1', manager, self.on_call, None, None)
        for info in (unit_info, service):
            self.connection.register_object('/unit', info, None, self.on_get, None)
        self.connection.call_sync('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'RequestName', GLib.Variant('(su)', (SYSTEMD, 0)),
                                  None,
                                  Gio.DBusCallFlags.NONE, -1, None)

    def on_get(self, connection, sender, path, interface, name):
        return {'LoadState': GLib.Variant('s', 'loaded'), 'ActiveState': GLib.Variant('s', self.state),
                'Result': GLib.Variant('s', self.result), 'ExecMainStatus': GLib.Variant('i', self.status)}[name]

    def on_call(self, connection, sender, path, interface, method, args, invocation):
        self.calls.append((method, *args.unpack()))
        if method == 'StartUnit':
            result = self.start()
            invocation.return_value(GLib.Variant('(o)', ('/job/1',)))
            self.connection.emit_signal(None, '/org/freedesktop/systemd1', interface, 'JobRemoved',
                                        GLib.Variant('(uoss)', (1, '/job/1', self.unit, result)))
        else:
            invocation.return_value(GLib.Variant('(o)', ('/unit',)) if method == 'LoadUnit' else None)


class SurroundingsTest(cli.Test):

    # ---- no bus, no daemon ----

    def bare(self, *args, **env):
        """With no environment but HOME, and what is named."""
        return self.run_raw(None, [FLOOIM, *args], env=dict(HOME=self.root, **env))

    def test_no_bus(self):
        began = time.monotonic()
        for args, env, words in ((['status'], {'XDG_RUNTIME_DIR': self.root}, ('there is no session bus', 'loginctl enable-linger')),
                                 (['send', 'bob', 'x'], {'DBUS_SESSION_BUS_ADDRESS': 'unix:path=/nowhere'}, ('cannot be reached',
                                                            '/nowhere')),
                                 (['watch'], {'DBUS_SESSION_BUS_ADDRESS': 'nonsense'}, ('cannot be reached', 'nonsense')),
                                 (['list', '--json'], {'XDG_RUNTIME_DIR': self.root}, ('"error":"NoBus"', 'loginctl'))):
            result = self.bare(*args, **env)
            self.assertEqual((result.status, result.output), (UNAVAILABLE, ''), args)
            for word in words:
                self.assertIn(word, result.error)
            self.assertNotIn('X11', result.error)
        if not os.path.exists('/run/user/%d/bus' % os.getuid()):
            self.assertEqual(self.bare('status').status, UNAVAILABLE)
        # what needs no bus works without one
        self.assertEqual(self.bare('--version').status, 0)
        self.assertEqual(self.bare('help', 'send').status, 0)
        self.assertEqual(self.bare('introspect', 'Roster').status, 0)
        self.assertEqual(self.bare('nonsense').status, USAGE)
        self.assertLess(time.monotonic() - began, 10 * harness.SLOWNESS)

    def test_no_daemon(self):
        daemon = self.daemon()
        self.says(daemon, 'this bus knows no service im.floo.Daemon1; start it with: flooimd &', 'list', status=UNAVAILABLE)
        self.says(daemon, 'the instance work does not run; start it with: systemctl --user start flooimd@work', 'list', '-i', 'work',
                  status=UNAVAILABLE)
        self.says(daemon, 'is not a valid instance name', 'list', '--instance', 'a/b', status=USAGE)
        broken = self.daemon(name='broken', config='[service]\nnonsense=1\n')
        began = time.monotonic()
        failed = self.says(broken, 'unknown key "nonsense" in group [service]; fix that and try again', 'status', status=UNAVAILABLE)
        self.assertIn('flooimd.conf', failed.error)
        self.assertLess(time.monotonic() - began, 5 * harness.SLOWNESS)  # 30 s it took where D-Bus waits for systemd
        self.assertEqual(self.flooim(broken, 'status', '--json', status=UNAVAILABLE).error[:20], '{"error":"NoDaemon",')

    def test_systemd(self):
        """The unit's state is asked; what is broken is said in a second, and what is mended starts at once."""
        sandbox = self.sandbox()
        daemon = self.daemon(sandbox=sandbox)
        client = daemon.client()

        def fails():
            systemd.result, systemd.status, systemd.state = 'exit-code', 75, 'failed'
            return 'failed'

        def starts():
            daemon.launch()
            daemon.wait_name(client)
            return 'done'

        systemd = Systemd(daemon.bus, 'flooimd.service', fails)
        began = time.monotonic()
        run = self.begin(daemon, 'status')
        self.assertEqual(self.wait_end(run), UNAVAILABLE)
        error = self.read(run, 'err')
        for word in ('flooimd.service failed (exit-code, status 75)', 'another process has its data folder',
                     'journalctl --user -u flooimd.service'):
            self.assertIn(word, error)
        self.assertLess(time.monotonic() - began, 5 * harness.SLOWNESS)
        systemd.calls.clear()
        systemd.start = starts
        run = self.begin(daemon, 'status')
        self.assertEqual(self.wait_end(run), 0, self.read(run, 'err'))
        self.assertIn('signed-out', self.read(run))
        self.assertIn(('ResetFailedUnit', 'flooimd.service'), systemd.calls)
        self.assertIn(('StartUnit', 'flooimd.service', 'replace'), systemd.calls)

        systemd.calls.clear()
        systemd.start = fails
        run = self.begin(daemon, '--instance', 'work', 'status')
        self.assertEqual(self.wait_end(run), UNAVAILABLE)
        self.assertIn(('StartUnit', 'flooimd@work.service', 'replace'), systemd.calls)
        systemd.connection.close_sync(None)

    # ---- cron ----

    def test_bare_environment(self):
        """With HOME alone a session bus is found where systemd puts it; works, or says what is missing."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        runtime = self.folder('runtime')
        os.symlink(daemon.bus.path, os.path.join(runtime, 'bus'))
        result = self.bare('send', 'bob', 'from a bare environment', '--wait', XDG_RUNTIME_DIR=runtime)
        self.assertEqual((result.status, result.error), (0, ''))
        self.assertEqual(sandbox.accepted('alice')[-1]['content'], 'from a bare environment')

    @unittest.skipUnless(os.getuid() == 0 and shutil.which('cron'), 'a cron daemon needs root and the package cron')
    def test_cron(self):
        """A line as the README has it, in a real crontab under a real cron daemon, which sets no variable that helps."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        output = os.path.join(self.root, 'cron.out')
        crontabs, empty = os.path.join(self.folder('spool'), 'crontabs'), self.folder('empty')
        os.makedirs(crontabs)
        crontab = os.path.join(crontabs, pwd.getpwuid(os.getuid()).pw_name)
        with open(crontab, 'w') as file:
            file.write('* * * * *  %s send bob "Backup done" --token "backup-$(date +\\%%F)" --wait > %s 2>&1\n' % (FLOOIM, output))
        os.chmod(crontab, 0o600)
        with open(os.path.join(self.root, 'nothing'), 'w'):
            pass
        # In a mount namespace of its own: nothing of the machine's cron is seen or touched, and the session bus is where systemd has it.
        script = ('mount --bind {spool} /var/spool/cron && mount --bind {empty} /etc/cron.d && mount --bind {nothing} /etc/crontab && '
                  'mount -t tmpfs none /run && mkdir -p /run/user/{uid} && ln -s {bus} /run/user/{uid}/bus && exec cron -f')
        script = script.format(spool=os.path.dirname(crontabs), empty=empty, nothing=os.path.join(self.root, 'nothing'), uid=os.getuid(),
                               bus=daemon.bus.path)
        process = subprocess.Popen(['unshare', '--mount', 'sh', '-c', script], start_new_session=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        self.addCleanup(self.stop, process)
        harness.wait_for(lambda: os.path.exists(output) or process.poll() is not None, 'cron runs it within its minute', limit=100)
        if process.poll() is not None:
            self.skipTest('cron cannot run here: %s' % process.stdout.read().decode())
        harness.wait_for(lambda: sandbox.accepted('alice') or os.path.getsize(output), 'it is sent')
        with open(output) as file:
            said = file.read()
        self.assertEqual([one['content'] for one in sandbox.accepted('alice')], ['Backup done'], said)
        process.terminate()

    # ---- terminals and locales ----

    def test_terminals(self):
        """Columns fit the width; colours unless NO_COLOR; no message drives the terminal."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        self.flooim(daemon, 'send', 'bob', 'A long line of words that goes on and on, and then 还有很多很多中文字在后面 \x1b[2J\u202e', '--wait')
        for columns in (40, 200):
            for args in (['list'], ['history', 'bob'], ['contacts'], ['groups'], ['groups', 'members', 'Team'], ['outbox'], ['devices'],
                         ['search', 'long'], ['help'], ['help', 'send'], ['transfers'], ['groups', 'info', 'Team']):
                with self.subTest(columns=columns, args=args):
                    status, shown = self.on_terminal(daemon, columns, *args)
                    self.assertEqual(status, 0, shown)
                    plain = re.sub('\x1b\\[[0-9;]*m', '', shown)
                    self.assertNotIn('\x1b', plain)
                    self.assertNotIn('\u202e', plain)
                    for line in plain.partition('\nExample:\n')[0].split('\n'):
                        self.assertLessEqual(self.width(line), columns, line)
        status, shown = self.on_terminal(daemon, 200, 'list')
        self.assertIn('\x1b[2mID', shown)
        self.assertIn('NAME', shown)
        status, shown = self.on_terminal(daemon, 200, 'list', env=self.environment(daemon, NO_COLOR='1'))
        self.assertNotIn('\x1b', shown)
        status, shown = self.on_terminal(daemon, 200, 'history', 'bob', '-n', '3')
        self.assertRegex(shown, r'\d\d:\d\d Bob: Lunch at noon\?\n')
        self.assertIn('Alice: A long line', shown)
        status, shown = self.on_terminal(daemon, 80, 'send', 'bob', typed=[(b'Ctrl-D ends it', b'typed here\n\x04')])
        self.assertEqual(status, 0)
        harness.wait_for(lambda: sandbox.accepted('alice')[-1]['content'] == 'typed here\n', 'it is sent')
        # no locale at all: texts stay as they are
        env = self.environment(daemon, LC_ALL='C', LANG='C')
        self.assertIn('还有很多', self.flooim(daemon, 'history', 'bob', env=env).output)
        self.assertIn('老张', self.flooim(daemon, 'contacts', env=env).output)

    @staticmethod
    def width(line):
        import unicodedata
        return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in line)

    def test_login_on_terminal(self):
        sandbox, daemon, client = self.one(user=None)
        status, shown = self.on_terminal(daemon, 80, 'login', typed=[(b'Application id [sandbox]: ', b'\n'), (b'#ID): ', b'alice\n'),
                                                                     (b'Password: ', b'alice-secret\n')])
        self.assertEqual((status, 'Logged in.' in shown, 'alice-secret' in shown), (0, True, False), shown)
        self.secrets.append('brand-new-secret')
        status, shown = self.on_terminal(daemon, 80, 'password', typed=[(b'Current password: ', b'alice-secret\n'), (b'New password: ',
                                                            b'one\n'),
                                                                        (b'Once more: ', b'other\n')])
        self.assertEqual((status, 'not the same' in shown), (FAILED, True), shown)

    # ---- help ----

    def commands(self):
        """Names of all commands, as help tells them."""
        names = []
        for line in self.bare('help').lines:
            match = re.match(r'  ([a-z][a-z-]*)\b', line)
            if match and not line.startswith('      '):
                names.append(match.group(1))
        for group in list(names):
            for line in self.bare('help', group).lines:
                match = re.match(r'  (%s( [a-z][a-z-]*)+)' % group, line)
                if match and 'flooim' not in line:
                    names.append(match.group(1))
        return names

    def test_help(self):
        """Each fits 80 columns, has an example, and rejects an unknown option."""
        names = self.commands()
        self.assertGreater(len(names), 75)
        for name in names:
            with self.subTest(command=name):
                shown = self.bare(*name.split(), '--help')
                self.assertEqual((shown.status, shown.error), (0, ''))
                self.assertEqual(self.bare('help', *name.split()).output, shown.output)
                usage, _, example = shown.output.partition('\nExample:\n')
                self.assertTrue(usage.startswith('Usage: flooim ' + name), usage)
                self.assertIn('flooim', example)
                for line in shown.lines:
                    self.assertLessEqual(len(line), 80, line)
                self.assertEqual(self.bare(*name.split(), '--frobnicate').status, USAGE)
        for line in self.bare('help').lines:
            self.assertLessEqual(len(line), 80, line)
        self.assertEqual(self.bare('help', 'nothing').status, USAGE)
        self.assertEqual(self.bare().status, USAGE)
        for args, words in ((['send'], 'an argument is missing: flooim send TO [TEXT...]'), (['show', '1', '2'],
                                                            'unexpected argument 2: flooim show'),
                            (['history', 'x', '--limit'], 'the option --limit needs a value: N'), (['--json=x'], 'takes no value'),
                            (['send', b'\xff', 'x'], 'is not UTF-8')):
            result = self.bare(*args)
            self.assertEqual(result.status, USAGE)
            self.assertIn(words, result.error)

    def test_man_page(self):
        with open(os.path.join(harness.BUILD, 'data', 'flooim.1'), encoding='utf-8') as file:
            page = file.read()
        if not shutil.which('man'):
            raise unittest.SkipTest('man is missing')
        shown = subprocess.run(['man', '--warnings', '-l', os.path.join(harness.BUILD, 'data', 'flooim.1')], capture_output=True, text=True,
                               env=dict(os.environ, MANWIDTH='80', LC_ALL='C.UTF-8'))
        self.assertEqual((shown.returncode, shown.stderr), (0, ''))
        self.assertNotIn('@COMMANDS@', page)
        for name in self.commands():
            self.assertIn('\n.Ss %s\n' % name.replace('-', '\\-'), page)

    def test_completion(self):
        """Commands, options, names; the daemon is asked, and never started."""
        sandbox, daemon, client = self.one()

        def offers(*words, env=None):
            return [line.split('\t')[0] for line in self.run_raw(daemon, [FLOOIM, '_complete', '--', *words], env=env).lines]
        self.assertLessEqual({'send', 'send-file', 'search', 'settings'}, set(offers('se')))
        self.assertIn('ban', offers('groups', 'b'))
        self.assertEqual(offers('groups', 'invitations', 'a'), ['accept'])
        self.assertEqual(offers('send', '--w'), ['--wait='])
        self.assertEqual(offers('send', 'B'), ['Bob', 'bob'])
        self.assertEqual(offers('send', '老'), ['老张'])
        self.assertEqual(offers('history', 'T'), ['Team'])
        self.assertEqual(offers('groups', 'ban', 'T'), ['Team'])
        self.assertEqual(offers('groups', 'ban', 'Team', 'ca'), ['Carol', 'carol'])
        self.assertEqual(offers('search', '--in', 'T'), ['Team'])
        self.assertEqual(offers('send-file', 'bob', ''), ['_files'])
        self.assertEqual(offers('download', '--folder', 'x'), ['_folders'])
        daemon.stop()
        self.assertEqual(offers('send', 'B'), [])
        self.assertEqual(offers('send', 'B', env=dict(HOME=self.root, XDG_RUNTIME_DIR=self.root)), [])

        daemon.start()
        client.wait_online()
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'data')
        script = 'source %s/flooim.bash; COMP_WORDS=(flooim send B); COMP_CWORD=2; compopt() { :; }; _flooim; printf "%%s\\n" "${COMPREPLY[@]}"'
        self.assertEqual(self.shell(daemon, script % source).lines, ['Bob', 'bob'])
        if shutil.which('fish'):
            script = 'source %s/flooim.fish; complete -C "flooim send B"' % source
            self.assertIn('Bob', [line.split('\t')[0] for line in self.run_raw(daemon, ['fish', '-c', script]).lines])
        if shutil.which('zsh'):
            self.assertEqual(self.run_raw(daemon, ['zsh', '-n', source + '/flooim.zsh']).status, 0)


if __name__ == '__main__':
    harness.main()
