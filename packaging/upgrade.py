#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""upgrade.py FOLDER: a user whose packages are upgraded and taken back while the daemon runs; packaging/deb does that when asked.

Makes FOLDER/second, and goes on when FOLDER/second.done is there; the same with first. Before each a message waits in the outbox, the daemon runs on
without a word, and after its restart the message is sent, once.
"""
import os
import subprocess
import sys
import time

from gi.repository import Gio, GLib

LIMIT = 60  # s
NAME, OBJECT = 'im.floo.Daemon1', '/im/floo/Daemon1'
bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)


def call(interface, method, signature, *arguments):
    return bus.call_sync(NAME, OBJECT, '%s.%s' % (NAME, interface), method, GLib.Variant(signature, arguments), None, 0, LIMIT * 1000, None).unpack()


def wait_for(what, condition):
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            sys.exit('upgrade.py: waited in vain: ' + what)
        time.sleep(0.05)


def state():
    return bus.call_sync(NAME, OBJECT, 'org.freedesktop.DBus.Properties', 'Get', GLib.Variant('(ss)', (NAME + '.Account', 'State')), None, 0,
                         LIMIT * 1000, None).unpack()[0]


def daemon():
    return bus.call_sync('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'GetConnectionUnixProcessID', GLib.Variant('(s)', (NAME,)), None, 0,
                         LIMIT * 1000, None).unpack()[0]


def start_sandbox(port, persist):
    sandbox = subprocess.Popen(['flooim-sandbox', '--port', str(port), '--persist', persist], stdout=subprocess.PIPE, text=True)
    return sandbox, int(sandbox.stdout.readline().rsplit(':', 1)[1])


def stop_sandbox(sandbox):
    sandbox.terminate()
    if sandbox.wait() != 0:
        sys.exit('upgrade.py: the sandbox failed')


def texts():
    return [message[5] for message in call('Conversations', 'GetMessages', '(xa{sv})', 1099, {})[0]]


def change(steps, step, persist, port):
    """Packages change while a message waits; returns the sandbox that runs again."""
    text = 'across the change to ' + step
    before = daemon()
    wait_for('offline', lambda: state() == 'waiting')
    call('Conversations', 'SendText', '(sxs)', 'roster', 1099, text)
    open(os.path.join(steps, step), 'w').close()
    wait_for('packages', lambda: os.path.exists(os.path.join(steps, step + '.done')))
    if daemon() != before or text not in texts():
        sys.exit('upgrade.py: the running daemon did not survive the change of its package')
    # It is restarted when its user restarts it, or with the next session.
    os.kill(before, 15)
    wait_for('the daemon ends', lambda: not os.path.exists('/proc/%d' % before))
    sandbox, _ = start_sandbox(port, persist)
    wait_for('online', lambda: state() == 'online')
    wait_for('the answer', lambda: 'echo: ' + text in texts())
    if texts().count(text) != 1 or daemon() == before:
        sys.exit('upgrade.py: the message was not sent once')
    print('%s: %s; sent once' % (step, subprocess.run(['flooimd', '--version'], stdout=subprocess.PIPE, text=True).stdout.strip()))
    return sandbox


def main(steps):
    persist = os.path.expanduser('~/sandbox.json')
    os.makedirs(steps)
    sandbox, port = start_sandbox(0, persist)
    subprocess.run(['flooimd', 'login', '--app-id', 'sandbox', '--dns-server', 'http://127.0.0.1:%d/dns' % port, '--user', 'alice', '--password-stdin'],
                   input='alice-secret\n', text=True, check=True)
    for step in 'second', 'first':
        stop_sandbox(sandbox)
        sandbox = change(steps, step, persist, port)
    stop_sandbox(sandbox)


if __name__ == '__main__':
    main(sys.argv[1])
