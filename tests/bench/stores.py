#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures whether the size of the store slows the daemon down: the same with a small and with a large store, in one table.

Times are those of an application: the call on the bus and the reply, without unpacking. A row with a goal says whether it is reached.
"""

import argparse
import os
import random
import subprocess
import time

import bench
import harness

USER = 1001
FIRST_ID, FIRST_PEER = 7000000000000000, 100000
BUSY = 4  # conversations with every eighth message each, from an even one on; see filler.c
TERMS = ['开会', 'meeting', '好', 'tom']

# key -> (title, unit, goal)
ROWS = {
    'start': ('start to owned name, median', 'ms', 20),
    'list_p50': ('List of 50, p50', 'ms', None), 'list_p99': ('  p99', 'ms', None),
    'newest_p50': ('GetMessages of the newest 100, p50', 'ms', 2.5), 'newest_p99': ('  p99', 'ms', None),
    'anywhere_p50': ('GetMessages of 100 anywhere, p50', 'ms', 2.5), 'anywhere_p99': ('  p99', 'ms', None),
    'later_p50': ('  the same after the idle time, p50', 'ms', None), 'later_p99': ('  p99', 'ms', None),
    'search_p50': ('Search, p50', 'ms', None), 'search_p99': ('  p99', 'ms', 20),
    'intake_p50': ("from the service's notice to the signal, p50", 'ms', None), 'intake_p99': ('  p99', 'ms', None),
    'returned_p50': ('SendText returns, p50', 'ms', None), 'returned_p99': ('  p99', 'ms', 5),
    'sent_p50': ('  acknowledged, p50', 'ms', None), 'sent_p99': ('  p99', 'ms', None),
    'wakeups': ('wake-ups a second, idle and online', '', 0.2),
    'rss': ('resident after the start', 'MiB', 15), 'rss_end': ('resident in the end', 'MiB', None), 'store': ('store and index', 'MiB', None),
}


def split(values, name):
    values = sorted(value * 1000 for value in values)
    return {name + '_p50': bench.percentile(values, 0.5), name + '_p99': bench.percentile(values, 0.99)}


class Stores(bench.Bench):
    def fill(self, daemon, number):
        folder = os.path.dirname(daemon.store_path(USER))
        subprocess.run([os.path.join(harness.BUILD, 'tests/bench/bench-filler'), folder, str(USER), str(number)], check=True)
        return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)) / 1048576

    @staticmethod
    def timed(rounds, call):
        took = []
        for i in range(rounds):
            began = time.monotonic()
            call(i)
            took.append(time.monotonic() - began)
        return took

    @staticmethod
    def newest(client, peer):
        return client.call_raw('Conversations', 'GetMessages', '(xa{sv})', peer, {'limit': harness.GLib.Variant('u', 100)})

    @staticmethod
    def before(client, number, rng):
        """A page of 100 with older messages before it, so that it is answered from the store alone."""
        i = rng.randrange(2 * BUSY * 101, number, 2)
        options = {'limit': harness.GLib.Variant('u', 100), 'before': harness.GLib.Variant('x', FIRST_ID + i)}
        return client.call_raw('Conversations', 'GetMessages', '(xa{sv})', FIRST_PEER + i // 2 % BUSY, options)

    def intake_one(self, sandbox, client):
        """A message of another user, from its sending to its signal, including the time of the control call."""
        since, began = len(client.events), time.monotonic()
        sandbox.control('send', from_='bob', to='alice', content='one message')
        client.wait_event('RosterMessages', since=since)
        return time.monotonic() - began

    @staticmethod
    def rest(daemon):
        """Waits until the search index has processed what the filler wrote: nothing has happened for five seconds."""
        last = [bench.cpu_seconds(daemon.process.pid), time.monotonic()]

        def is_at_rest():
            used, now = bench.cpu_seconds(daemon.process.pid), time.monotonic()
            if used > last[0] + 0.02:
                last[:] = used, now
            return now - last[1] > 5
        harness.wait_for(is_at_rest, 'the index is tidy', 300)

    def measure(self, number, rounds, idle):
        sandbox, daemon = self.scene(50)
        daemon.stop()
        rng = random.Random(number)
        row = {'store': self.fill(daemon, number), 'start': self.starting(daemon, 9)['median_ms']}
        client = daemon.client()
        row['rss'] = daemon.rss() / 1048576
        self.rest(daemon)
        row.update(split(self.timed(rounds, lambda i: client.call_raw('Conversations', 'List', '(sua{sv})', '', 50, {})), 'list'))
        row.update(split(self.timed(rounds, lambda i: self.newest(client, FIRST_PEER + i % BUSY)), 'newest'))
        row.update(split(self.timed(rounds, lambda i: self.before(client, number, rng)), 'anywhere'))
        row.update(split(self.timed(rounds, lambda i: client.call_raw('Conversations', 'Search', '(sa{sv})', TERMS[i % 4], {})), 'search'))
        row.update(split([self.intake_one(sandbox, client) for _ in range(rounds)], 'intake'))
        row.update((key, value / 1000) for key, value in self.sending(daemon, rounds).items() if key != 'messages')
        row['rss_end'] = daemon.rss() / 1048576
        self.rest(daemon)
        row['wakeups'] = self.idling(daemon, idle)['wakeups_per_minute'] / 60
        # The kernel may evict pages of the file meanwhile.
        row.update(split(self.timed(rounds, lambda i: self.before(client, number, rng)), 'later'))
        return row


def print_table(report):
    columns = [str(number) for number in report]
    print('%-48s %s' % ('messages stored', ' '.join('%12s' % number for number in columns)))
    for key, (title, unit, goal) in ROWS.items():
        values = [report[number][key] for number in report]
        verdict = '' if goal is None else 'goal %g: %s' % (goal, 'reached' if max(values) <= goal else 'missed')
        print('%-48s %s %-4s %s' % (title, ' '.join('%12.2f' % value for value in values), unit, verdict))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--sizes', type=int, nargs='+', default=[1000, 1000000], help='messages in the stores (1000 1000000)')
    parser.add_argument('--rounds', type=int, default=300, help='calls of each kind (300)')
    parser.add_argument('--idle', type=int, default=60, help='seconds to look at the idle daemon (60)')
    parser.add_argument('--json', metavar='FILE', help='write the numbers there, too')
    args = parser.parse_args()
    report = {}
    for number in args.sizes:
        one = Stores()
        one.setUp()
        try:
            report[number] = one.measure(number, args.rounds, args.idle)
        finally:
            one.doCleanups()
    print_table(report)
    bench.write_report(report, args.json)


if __name__ == '__main__':
    main()
