# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of a test: a private message bus, the sandbox and the daemon."""

import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess

from gi.repository import Gio, GLib

from client import BUS_NAME, Client
from waiting import LIMIT, wait_for

BUILD = os.path.abspath(os.environ.get('FLOOIM_BUILD', 'build'))

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


class Process:
    """A program that a test started. Its output goes to the file log."""

    def __init__(self, name, argv, env, folder, pass_fds=()):
        self.name = name
        self.log = os.path.join(folder, name + '.log')
        with open(self.log, 'ab') as log:
            self.popen = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                          pass_fds=pass_fds)
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


# LeakSanitizer itself can crash at the end of a program that has loaded GnuTLS meanwhile.
NO_LEAKS = {'ASAN_OPTIONS': 'detect_leaks=0'}


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

    def __init__(self, test, name, persist=False, certificate=None, args=(), verbose=True):
        self.test = test
        self.name = name
        self.folder = test.folder(name)
        self.state_file = os.path.join(self.folder, 'state') if persist else None
        self.args = (['--verbose'] if verbose else []) + (['--certificate', certificate] if certificate else []) + list(args)
        self.protocol = 'https' if certificate else 'http'
        self.port = self.service_port = 0
        self.process = None
        self.start()

    def start(self):
        port_file = os.path.join(self.folder, 'port')
        argv = [os.path.join(BUILD, 'tests/sandbox/flooim-sandbox'), '--port', str(self.port), '--port-file', port_file] + self.args
        if self.state_file:
            argv += ['--persist', self.state_file]
        if os.path.exists(port_file):
            os.unlink(port_file)
        env = dict(os.environ, G_DEBUG='fatal-criticals')
        if self.protocol == 'https':
            env.update(NO_LEAKS)
        self.process = Process(self.name, argv, env, self.folder)
        wait_for(lambda: os.path.exists(port_file) or not self.process.running, 'the sandbox listens')
        if not self.process.running:
            raise AssertionError('the sandbox ended: ' + self.process.text())
        with open(port_file) as file:
            ports = [int(line) for line in file]
        self.port, self.service_port = ports[0], ports[-1]

    def stop(self):
        """As a service that goes down: all connections end."""
        status = self.process.end()
        assert status == 0, 'the sandbox ended with status %d' % status

    @property
    def origin(self):
        return '%s://127.0.0.1:%d' % (self.protocol, self.service_port)

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

    def hold(self, path):
        """The next answer to a request of this path is given as it is then, and sent with release()."""
        self.control('rest', path=path, delay_ms=600000, count=1)

    def release(self):
        self.control('rest', release=True)

    def wait(self, condition, limit=LIMIT, **arguments):
        """Waits until something is so in the sandbox, with the main loop at rest."""
        return self.control('wait', timeout_ms=int(limit * 1000), **dict(arguments, **{'for': condition}))

    def refused(self, user_id=1001):
        """Contents of messages and operations of this user that were refused, also where the answer was lost."""
        return re.findall('message by %d refused with [0-9]+: (.*)' % user_id, self.process.text())

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


class Daemon:
    """flooimd with folders and, unless it is given another's, a bus of its own. Folders and bus outlive a restart."""

    def __init__(self, test, name='flooimd', sandbox=None, instance=None, bus=None, program='flooimd', config='', env=None, app_id='sandbox',
                 verbose=True):
        self.test = test
        self.name = name
        self.instance = instance
        self.program = program
        self.env = env or {}
        self.verbose = verbose
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
        verbose = ['--verbose'] if self.verbose else []
        return [os.path.join(BUILD, 'daemon', self.program)] + verbose + instance + list(args)

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
