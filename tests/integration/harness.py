# SPDX-License-Identifier: GPL-3.0-or-later
"""The real daemon, the real sandbox and a message bus of their own, for tests.

A Test starts what it needs and, whatever comes of it, ends what it started: each program by its own process id, and with the exit
status that a program in order has. Nothing sleeps: conditions are awaited on the main loop, with a generous limit.

FLOOIM_BUILD names the build folder.
"""

import collections
import glob
import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

try:
    from gi.repository import Gio, GLib
except ImportError:
    print('1..0 # SKIP python3-gi is missing')
    sys.exit(0)

BUILD = os.path.abspath(os.environ.get('FLOOIM_BUILD', 'build'))
BUS_NAME = 'im.floo.Daemon1'
OBJECT = '/im/floo/Daemon1'
ERROR_PREFIX = BUS_NAME + '.Error.'
INTERFACES = ('Account', 'Roster', 'Groups', 'Conversations', 'Events')
LIMIT = float(os.environ.get('FLOOIM_TEST_LIMIT', '40'))
CALL_LIMIT_MS = 30000

# What a log must not have in it.
SECRETS = [name + '-secret' for name in ('alice', 'bob', 'carol', 'dave', 'erin', 'zhang-wei', 'echo')]
BAD_LINES = ('CRITICAL', 'ERROR: AddressSanitizer', 'ERROR: LeakSanitizer', 'runtime error:', 'Assertion')

BUS_CONFIG = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_message_size">1000000000</limit>
  <limit name="max_match_rules_per_connection">50000</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
'''

Message = collections.namedtuple('Message', 'id conversation sender to_type type content timestamp status more')


def message(args):
    """A message struct of a signal or reply, with names."""
    return Message(*args)


# ---- waiting ----

def wait_for(predicate, what, limit=LIMIT):
    """Runs the main loop until predicate() is true; returns what it returned."""
    context = GLib.MainContext.default()
    deadline = time.monotonic() + limit
    ticker = GLib.timeout_add(50, lambda: True)  # for conditions that no event of this loop tells
    try:
        while True:
            result = predicate()
            if result:
                return result
            if time.monotonic() > deadline:
                raise AssertionError('not within %g s: %s' % (limit, what() if callable(what) else what))
            context.iteration(True)
    finally:
        GLib.source_remove(ticker)


def turn():
    """Dispatches what is there already."""
    while GLib.MainContext.default().iteration(False):
        pass


# ---- programs ----

class Process:
    """A program that a test started. Its output goes to the file log."""

    def __init__(self, name, argv, env, folder):
        self.name = name
        self.log = os.path.join(folder, name + '.log')
        with open(self.log, 'ab') as log:
            self.popen = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.pid = self.popen.pid
        self.expected = {0}  # statuses that it may end with

    @property
    def running(self):
        return self.popen.poll() is None

    @property
    def status(self):
        """Exit status; negative: the signal; None: it runs."""
        return self.popen.poll()

    def send_signal(self, number):
        self.popen.send_signal(number)

    def wait(self, limit=LIMIT):
        """Waits for the end, with the main loop running; returns the exit status."""
        if self.popen.poll() is None:
            ended = []
            descriptor = os.pidfd_open(self.pid)
            watch = GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, descriptor, GLib.IOCondition.IN, lambda *_: ended.append(1) or True)
            try:
                wait_for(lambda: ended, 'end of %s' % self.name, limit)
            finally:
                GLib.source_remove(watch)
                os.close(descriptor)
        return self.popen.wait()

    def end(self, limit=LIMIT):
        """Ends it by SIGTERM, then by SIGKILL; returns the exit status."""
        if self.running:
            self.send_signal(signal.SIGTERM)
            try:
                return self.wait(limit)
            except AssertionError:
                self.send_signal(signal.SIGKILL)
                self.wait()
                raise
        return self.status

    def text(self):
        with open(self.log, encoding='utf-8', errors='replace') as log:
            return log.read()


class Bus:
    """A private message bus."""

    def __init__(self, test, name):
        folder = test.folder(name)
        self.path = os.path.join(folder, 'socket')
        self.address = 'unix:path=' + self.path
        config = os.path.join(folder, 'bus.conf')
        with open(config, 'w') as file:
            file.write(BUS_CONFIG % self.path)
        read, write = os.pipe()
        os.set_inheritable(write, True)
        log = os.path.join(folder, name + '.log')
        with open(log, 'ab') as output:
            self.popen = subprocess.Popen(['dbus-daemon', '--nofork', '--nopidfile', '--config-file=' + config, '--print-address=%d' % write],
                                          stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=[write], start_new_session=True)
        os.close(write)
        with os.fdopen(read) as pipe:
            pipe.readline()  # it listens now

    def connect(self):
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        connection = Gio.DBusConnection.new_for_address_sync(self.address, flags, None, None)
        connection.set_exit_on_close(False)
        return connection

    def end(self):
        self.popen.terminate()
        self.popen.wait()


class Sandbox:
    """The service's double. It keeps its port, and with persist its state, over a stop and a start."""

    def __init__(self, test, name, persist=False, args=()):
        self.test = test
        self.name = name
        self.folder = test.folder(name)
        self.state_file = os.path.join(self.folder, 'state') if persist else None
        self.args = list(args)
        self.port = 0
        self.process = None
        self.start()

    def start(self):
        port_file = os.path.join(self.folder, 'port')
        argv = [os.path.join(BUILD, 'tests/sandbox/flooim-sandbox'), '--port', str(self.port), '--port-file', port_file, '--verbose'] + self.args
        if self.state_file:
            argv += ['--persist', self.state_file]
        if os.path.exists(port_file):
            os.unlink(port_file)
        self.process = Process(self.name, argv, dict(os.environ, G_DEBUG='fatal-criticals'), self.folder)
        wait_for(lambda: os.path.exists(port_file) or not self.process.running, 'the sandbox listens')
        if not self.process.running:
            raise AssertionError('the sandbox ended: ' + self.process.text())
        with open(port_file) as file:
            self.port = int(file.read())

    def stop(self):
        """As a service that goes down: all connections end."""
        status = self.process.end()
        assert status == 0, 'the sandbox ended with status %d' % status

    @property
    def origin(self):
        return 'http://127.0.0.1:%d' % self.port

    @property
    def dns_server(self):
        return self.origin + '/dns'

    def control(self, command, **arguments):
        """One call of the control interface; returns its answer. An argument from_ is from."""
        if 'from_' in arguments:
            arguments['from'] = arguments.pop('from_')
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=120)
        try:
            connection.request('POST', '/control/' + command, json.dumps(arguments).encode(), {'Content-Type': 'application/json'})
            answer = json.loads(connection.getresponse().read().decode(), strict=False)
        finally:
            connection.close()
        if not answer.get('ok'):
            raise AssertionError('sandbox: %s %s: %s' % (command, arguments, answer.get('error')))
        return answer

    def wait(self, condition, limit=LIMIT, **arguments):
        """Waits until something is so in the sandbox, with the main loop at rest."""
        return self.control('wait', timeout_ms=int(limit * 1000), **dict(arguments, **{'for': condition}))

    def send(self, sender, to, content, **arguments):
        """A user sends a message; returns its id."""
        return self.control('send', from_=sender, to=to, content=content, **arguments)['server_mids'][0]

    def accepted(self, sender, **arguments):
        """What devices of the user sent and the service accepted, oldest first."""
        user = self.user(sender)['user_id']
        return [entry for entry in self.control('accepted', user=sender, **arguments)['messages'] if entry['from'] == user]

    def user(self, name):
        return next(user for user in self.control('state')['users'] if user['name'] == name)

    def violations(self):
        return self.control('violations')['violations']


# ---- the client's side ----

class Failure(Exception):
    """An error reply; name is without the daemon's prefix."""

    def __init__(self, error):
        name = Gio.DBusError.get_remote_error(error) or error.domain
        self.full_name = name
        self.name = name[len(ERROR_PREFIX):] if name.startswith(ERROR_PREFIX) else name
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
        """Those of a signal whose argument is one message or several."""
        first = self.args[0]
        return [message(one) for one in (first if isinstance(first, list) else [first])]

    def __repr__(self):
        return '%d %s%s' % (self.serial, self.name, str(self.args)[:200])


class Pending:
    """A call under way."""

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
    """An application on the bus: calls, and every signal and change of properties since it began."""

    def __init__(self, bus, name=BUS_NAME):
        self.name = name
        self.connection = bus.connect()
        self.events = []
        self.changes = []
        self.states = []
        subscribe = self.connection.signal_subscribe
        subscribe(name, BUS_NAME + '.Events', None, OBJECT, None, Gio.DBusSignalFlags.NONE, self._on_event)
        subscribe(name, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', OBJECT, None, Gio.DBusSignalFlags.NONE, self._on_changed)
        self.owner()  # the subscriptions hold from here on

    def _on_event(self, connection, sender, path, interface, name, arguments):
        self.events.append(Event(name, arguments))

    def _on_changed(self, connection, sender, path, interface, name, arguments):
        interface, changed, invalidated = arguments.unpack()
        self.changes.append((interface.rpartition('.')[2], changed))
        if 'State' in changed:
            self.states.append(changed['State'])

    def close(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def owner(self):
        """The unique name behind the daemon's name; None: nobody has it."""
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
            return self.connection.call_sync(self.name, OBJECT, BUS_NAME + '.' + interface, method, GLib.Variant(signature, args), None,
                                             Gio.DBusCallFlags.NO_AUTO_START, timeout, None)
        except GLib.Error as error:
            raise Failure(error) from None

    def start(self, interface, method, signature='()', *args, timeout=CALL_LIMIT_MS):
        """Calls without waiting; returns a Pending."""
        pending = Pending()

        def on_reply(connection, result):
            try:
                pending.value = self._value(connection.call_finish(result))
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
        """A property; None where the daemon is not there."""
        try:
            reply = self.connection.call_sync(self.name, OBJECT, 'org.freedesktop.DBus.Properties', 'Get',
                                              GLib.Variant('(ss)', (BUS_NAME + '.' + interface, name)), None,
                                              Gio.DBusCallFlags.NO_AUTO_START, CALL_LIMIT_MS, None)
        except GLib.Error:
            return None
        return reply.unpack()[0]

    @property
    def state(self):
        return self.get('Account', 'State')

    @property
    def last_error(self):
        """Name (without prefix) and text of LastError."""
        name, text = self.get('Account', 'LastError') or ('', '')
        return name[len(ERROR_PREFIX):] if name.startswith(ERROR_PREFIX) else name, text

    # -- what tests do often --

    def login(self, user, wait=True, **options):
        user_id = self.call('Account', 'Login', '(ssa{sv})', user, user + '-secret', options)
        if wait:
            self.wait_state('online')
        return user_id

    def send_text(self, to, text, to_type='roster'):
        return self.call('Conversations', 'SendText', '(sxs)', to_type, to, text)

    def wait_state(self, state, limit=LIMIT):
        wait_for(lambda: self.state == state, lambda: 'state %s; it is %s, %s' % (state, self.state, self.last_error), limit)

    def named(self, *names):
        return [event for event in self.events if event.name in names]

    def wait_event(self, name, where=lambda event: True, limit=LIMIT, since=0):
        """The first such event from index since on."""
        def find():
            return next((event for event in self.events[since:] if event.name == name and where(event)), None)
        return wait_for(find, lambda: '%s; there were: %s' % (name, self.events[since:][-20:]), limit)

    def received(self, conversation=None):
        """The messages of all message signals, in the order of their coming."""
        return [one for event in self.named('RosterMessages', 'GroupMessages') for one in event.messages
                if conversation is None or one.conversation == conversation]

    def wait_message(self, where, limit=LIMIT):
        def find():
            return next((one for one in self.received() if where(one)), None)
        return wait_for(find, lambda: 'a message; there were: %s' % [one.content[:60] for one in self.received()[-20:]], limit)

    def wait_sent(self, client_id, status='sent', limit=LIMIT):
        """Waits for the fate of what was sent; returns the details."""
        event = self.wait_event('SendingMessageStatusChanged', lambda one: one.args[0] == client_id and one.args[1] == status, limit)
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


# ---- the daemon ----

class Daemon:
    """flooimd with folders and, unless it is given another's, a bus of its own. Folders and bus outlive a restart."""

    def __init__(self, test, name='flooimd', sandbox=None, instance=None, bus=None, program='flooimd', config='', env=None, app_id='sandbox'):
        self.test = test
        self.name = name
        self.instance = instance
        self.program = program
        self.env = env or {}
        self.root = test.folder(name)
        self.bus = bus or test.bus('bus-' + name)
        self.bus_name = BUS_NAME + ('.Instance.' + instance if instance else '')
        self.process = None
        self.clients = []
        folder = os.path.join(self.root, 'config', 'flooim')
        os.makedirs(folder, exist_ok=True)
        for part in ('data', 'cache', 'runtime'):
            os.makedirs(os.path.join(self.root, part), mode=0o700, exist_ok=True)
        with open(os.path.join(folder, 'flooimd-%s.conf' % instance if instance else 'flooimd.conf'), 'w') as file:
            if 'dns_server' not in config and sandbox:
                file.write('[service]\napp_id=%s\ndns_server=%s\n' % (app_id, sandbox.dns_server))
            file.write('[secrets]\nbackend=file\n' + config)

    @property
    def data_dir(self):
        base = os.path.join(self.root, 'data', 'flooim')
        return os.path.join(base, 'instances', self.instance) if self.instance else base

    def environment(self, **further):
        env = {key: value for key, value in os.environ.items() if not key.startswith(('XDG_', 'DBUS_', 'FLOOIM_', 'G_'))}
        env.update(HOME=self.root, LANG='C.UTF-8', DBUS_SESSION_BUS_ADDRESS=self.bus.address,
                   DBUS_SYSTEM_BUS_ADDRESS='unix:path=' + os.path.join(self.root, 'no-system-bus'), G_DEBUG='fatal-criticals')
        for variable, part in (('DATA_HOME', 'data'), ('CACHE_HOME', 'cache'), ('CONFIG_HOME', 'config'), ('RUNTIME_DIR', 'runtime')):
            env['XDG_' + variable] = os.path.join(self.root, part)
        env.update(self.env)
        env.update(further)
        return env

    def argv(self, *args):
        instance = ['--instance', self.instance] if self.instance else []
        return [os.path.join(BUILD, 'daemon', self.program), '--verbose'] + instance + list(args)

    def launch(self, *args, **env):
        """Starts it, without waiting for anything."""
        assert self.process is None or not self.process.running
        self.process = Process(self.name, self.argv(*args), self.environment(**env), self.root)
        self.test.processes.append(self.process)
        return self.process

    def start(self, *args, **env):
        """Starts it and waits until it has its name; returns a new client, which has heard everything from the beginning."""
        client = self.client()
        self.launch(*args, **env)
        self.wait_name(client)
        return client

    def wait_name(self, client):
        wait_for(lambda: client.owner() or not self.process.running, 'the name ' + self.bus_name)
        if not self.process.running:
            raise AssertionError('%s ended with status %s:\n%s' % (self.name, self.process.status, self.process.text()[-4000:]))

    def client(self):
        client = Client(self.bus, self.bus_name)
        self.clients.append(client)
        return client

    def stop(self, limit=LIMIT):
        """SIGTERM; it must end in order."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(limit)
        assert status == 0, '%s ended with status %d:\n%s' % (self.name, status, self.process.text()[-4000:])

    def kill(self):
        self.process.expected = {-signal.SIGKILL}
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def store_path(self, user_id):
        return os.path.join(self.data_dir, 'sandbox', str(user_id), 'store.db')

    def query(self, user_id, sql, *args):
        """Rows of the store, read beside the daemon."""
        db = sqlite3.connect('file:%s?mode=ro' % self.store_path(user_id), uri=True, timeout=10)
        try:
            return db.execute(sql, args).fetchall()
        finally:
            db.close()

    def rss(self):
        """Resident memory, bytes."""
        with open('/proc/%d/status' % self.process.pid) as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith('VmRSS'))

    def close(self):
        for client in self.clients:
            client.close()


# ---- tests ----

class Test(unittest.TestCase):
    """A test with its own folder; programs are made by sandbox(), daemon() and bus()."""

    allowed_violations = False
    maxDiff = 4000

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='flooim-')
        self.collected = None
        self.processes = []
        self.sandboxes = []
        self.daemons = []
        self.buses = []
        self.secrets = list(SECRETS)  # what must not be in a log
        self.addCleanup(self._end)

    def folder(self, name):
        path = os.path.join(self.root, name)
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def bus(self, name='bus'):
        self.buses.append(Bus(self, name))
        return self.buses[-1]

    def sandbox(self, name='sandbox', **arguments):
        self.sandboxes.append(Sandbox(self, name, **arguments))
        return self.sandboxes[-1]

    def daemon(self, name='flooimd', **arguments):
        self.daemons.append(Daemon(self, name, **arguments))
        return self.daemons[-1]

    def one(self, user='alice', sandbox=None, persist=False, quiet=True, **arguments):
        """The usual scene: a sandbox, a daemon, one user logged in. quiet: with the seed's unread messages in already."""
        sandbox = sandbox or self.sandbox(persist=persist)
        daemon = self.daemon(sandbox=sandbox, **arguments)
        client = daemon.start()
        if user:
            client.login(user)
            if quiet:
                sandbox.wait('delivered', user=user)
                self.settle(client)
        return sandbox, daemon, client

    def settle(self, client):
        """Until the signals of everything that the daemon has committed are here."""
        def has_all():
            last = client.call('Events', 'GetPosition')[2]
            return max((event.serial for event in client.events), default=0) >= last
        wait_for(has_all, 'all signals')

    def fails(self, name, function, *args, **arguments):
        """The call must fail with that error; returns its text."""
        with self.assertRaises(Failure) as caught:
            function(*args, **arguments)
        self.assertEqual(caught.exception.name, name, caught.exception.text)
        return caught.exception.text

    # -- the end --

    def logs(self):
        if self.collected is None:
            texts = []
            for path in sorted(glob.glob(os.path.join(self.root, '**', '*.log'), recursive=True)):
                with open(path, encoding='utf-8', errors='replace') as file:
                    texts.append((os.path.relpath(path, self.root), file.read()))
            return texts
        return self.collected

    def _end(self):
        problems = []
        try:
            self._check_sandboxes(problems)
            for process in self.processes:
                self._end_process(process, problems)
            for sandbox in self.sandboxes:
                self._end_process(sandbox.process, problems)
            for part in self.daemons:
                part.close()
            for bus in self.buses:
                bus.end()
            self._check_logs(problems)
        finally:
            self.collected = self.logs()
            shutil.rmtree(self.root, ignore_errors=True)
            turn()
        if problems:
            self.fail('\n'.join(problems))

    def _check_sandboxes(self, problems):
        for sandbox in self.sandboxes:
            if sandbox.process.running and not self.allowed_violations:
                problems += ['the sandbox saw a breach of the protocol: %s' % one for one in sandbox.violations()]

    def _end_process(self, process, problems):
        try:
            status = process.end(15)
            if status not in process.expected:
                problems.append('%s ended with status %d' % (process.name, status))
        except AssertionError as error:
            problems.append(str(error))

    def _check_logs(self, problems):
        for name, text in self.logs():
            for line in text.splitlines():
                if any(bad in line for bad in BAD_LINES):
                    problems.append('%s: %s' % (name, line))
            problems += ['%s has a secret in it' % name for secret in self.secrets if secret in text]


class TapResult(unittest.TestResult):
    """Tells each test's end as one line of TAP, and why it failed, with the logs, on stderr."""

    def __init__(self):
        super().__init__()
        self.told = set()

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def _tell(self, line, test):
        if test not in self.told:
            self.told.add(test)
            print(line, flush=True)

    def _name(self, test):
        return '%d - %s (%.1f s)' % (self.testsRun, test.id().rpartition('.')[2], time.monotonic() - getattr(self, 'began', 0))

    def stopTest(self, test):
        super().stopTest(test)
        self._tell('ok ' + self._name(test), test)

    def _failed(self, test, error, part=None):
        first = test not in self.told
        self._tell('not ok ' + self._name(test), test)
        print('---- %s\n%s' % (part or test, ''.join(traceback.format_exception(*error))), file=sys.stderr)
        for name, text in test.logs() if first and hasattr(test, 'root') else []:
            lines = [line for line in text.splitlines() if 'debug GLib-GIO' not in line and 'debug libsoup' not in line]
            print('---- %s\n%s' % (name, '\n'.join(lines[-200:])), file=sys.stderr)
        sys.stderr.flush()

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self._failed(test, error, subtest)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._tell('ok %s # SKIP %s' % (self._name(test), reason), test)


def main():
    """Runs the tests of the calling file, or those that the command line names, and ends the program."""
    loader = unittest.defaultTestLoader
    module = sys.modules['__main__']
    suite = loader.loadTestsFromNames(sys.argv[1:], module) if len(sys.argv) > 1 else loader.loadTestsFromModule(module)
    print('1..%d' % suite.countTestCases(), flush=True)
    result = TapResult()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
