#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how expensive calls and answers affect other clients: resident memory before, at the highest and after, and how long the calls of
another client take meanwhile.

The goals: after a storm within 10 MiB of before, and no call of another client over 100 ms. The calls are timed by a process of its own; time that
the bus takes is in it.
"""

import argparse
import json
import os
import select
import subprocess
import sys
import time

import bench
import harness
from harness import Gio, GLib

MIB = 1048576
TEAM = 2001
MEMBERS = 220000
AFTER_LIMIT = 20  # s: the time in which memory use must fall again


def caller(address):
    """The other client: calls until its input ends; prints how long the calls took, in ms."""
    client = harness.Client(type('Address', (), {'connect': staticmethod(lambda: connect(address))}))
    took, calls = [], ([('Events', 'GetPosition', '()')], [('Conversations', 'List', '(sua{sv})', '', 20, {})],
                       [('Roster', 'List', '(b)', False)], [('Account', 'GetStatus', '()')])
    print('ready', flush=True)
    while not took or not select.select([sys.stdin], [], [], 0.005)[0]:
        for (call,) in calls:
            began = time.monotonic()
            client.call_raw(*call)
            took.append((time.monotonic() - began) * 1000)
    print(json.dumps(sorted(took)))


def connect(address):
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return Gio.DBusConnection.new_for_address_sync(address, flags, None, None)


class Storms(bench.Bench):
    def together(self, clients, calls):
        """All calls at once, from each client; how many were answered and how many failed."""
        outcome = {'answered': 0, 'failed': 0}

        def on_reply(connection, result):
            try:
                connection.call_finish(result)
                outcome['answered'] += 1
            except GLib.Error:
                outcome['failed'] += 1

        for client in clients:
            for interface, method, arguments in calls:
                client.connection.call(client.name, harness.OBJECT, harness.BUS_NAME + '.' + interface, method, arguments, None,
                                       Gio.DBusCallFlags.NO_AUTO_START, 120000, None, on_reply)
        harness.wait_for(lambda: sum(outcome.values()) == len(clients) * len(calls), lambda: 'all replies: %s' % outcome, 300)
        return outcome

    def replay(self, daemon, clients, count):
        journal, first, last = clients[0].call('Events', 'GetPosition')
        return self.together(clients, [('Events', 'Replay', GLib.Variant('(stu)', (journal, first - 1, 0)))] * count)

    def members(self, sandbox, clients):
        body = '{"code":200,"cursor":"","data":[%s]}' % ','.join('{"user_id":%d}' % (100000 + i) for i in range(MEMBERS))
        sandbox.control('rest', path='/group/member_list', body=body, count=1)
        return self.together(clients[:1], [('Groups', 'ListMembers', GLib.Variant('(xsu)', (TEAM, '', 500)))])

    def large(self, clients):
        text = 'x' * (16 << 20)
        return self.together(clients[:1], [('Account', 'Register', GLib.Variant('(ssa{sv})', ('newcomer', text, {}))),
                                           ('Conversations', 'List', GLib.Variant('(sua{sv})', ('', 10, {text: GLib.Variant('b', True)})))] * 5)

    def storm(self, name, daemon, run):
        pid = daemon.process.pid
        other = subprocess.Popen([sys.executable, os.path.abspath(__file__), '--caller', daemon.bus.address], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        assert other.stdout.readline() == 'ready\n'
        with open('/proc/%d/clear_refs' % pid, 'w') as file:
            file.write('5')  # resets the peak value
        before, began = daemon.rss(), time.monotonic()
        outcome = run()
        took = time.monotonic() - began
        output = other.communicate('x')[0]
        calls = json.loads(output)
        end = time.monotonic() + AFTER_LIMIT
        while daemon.rss() > before + 10 * MIB and time.monotonic() < end:
            time.sleep(0.5)
        return dict(name=name, before=before / MIB, peak=bench.memory(pid, 'VmHWM') / MIB, after=daemon.rss() / MIB, took=took, calls=len(calls),
                    p99=bench.percentile(calls, 0.99), max=calls[-1], **outcome)

    def measure(self, messages, replays):
        sandbox, daemon = self.scene(50)
        client = daemon.client()
        sandbox.control('burst', from_='bob', to='alice', count=messages, content='A message of a usual length, as people write them: ')
        harness.wait_for(lambda: daemon.query(1001, 'SELECT count(*) FROM messages WHERE conversation = 1002')[0][0] >= messages, 'all are stored', 300)
        client.close()
        clients = [daemon.client() for _ in range(10)]
        self.replay(daemon, clients, 2)  # memory that is allocated at the first use is kept
        time.sleep(3)
        yield self.storm('%d Replay of one client' % replays, daemon, lambda: self.replay(daemon, clients[:1], replays))
        yield self.storm('%d Replay of ten clients' % replays, daemon, lambda: self.replay(daemon, clients, replays // 10))
        yield self.storm('one answer of %d members' % MEMBERS, daemon, lambda: self.members(sandbox, clients))
        yield self.storm('ten arguments of 16 MiB', daemon, lambda: self.large(clients))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--messages', type=int, default=200000)
    parser.add_argument('--replays', type=int, default=300)
    parser.add_argument('--caller')
    options = parser.parse_args()
    if options.caller:
        caller(options.caller)
        return
    storms = Storms()
    storms.setUp()
    try:
        print('%-28s %8s %8s %8s %8s  %8s %8s %8s  %s' % ('storm', 'before', 'highest', 'after', 'took', 'calls', 'p99', 'max', 'replies'))
        print('%-28s %8s %8s %8s %8s  %8s %8s %8s' % ('', 'MiB', 'MiB', 'MiB', 's', '', 'ms', 'ms'))
        for row in storms.measure(options.messages, options.replays):
            print('%-28s %8.1f %8.1f %8.1f %8.1f  %8d %8.1f %8.1f  %d, %d failed' % (row['name'], row['before'], row['peak'], row['after'], row['took'],
                  row['calls'], row['p99'], row['max'], row['answered'], row['failed']), flush=True)
    finally:
        storms.doCleanups()


if __name__ == '__main__':
    main()
