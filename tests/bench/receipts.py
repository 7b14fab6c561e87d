#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what it costs that every member of a large group acknowledges one message: time, rows, signals and resident memory."""

import argparse
import time

import bench
import harness

PROJECT = 2002


class Receipts(bench.Bench):
    def measure(self, members):
        sandbox, daemon, alice = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('crowd', group=PROJECT, count=members - 3)  # three members exist already
        alice.call('Groups', 'GetInfo', '(xb)', PROJECT, True)
        audience = 0
        while audience < members:
            mid = alice.wait_sent(alice.send_text(PROJECT, 'read this', to_type='group'))['server_mid']
            audience = harness.message(alice.call('Conversations', 'GetMessage', '(x)', mid)).more.get('audience', 0)
        self.settle(alice)
        before, since, began = daemon.rss(), len(alice.events), time.monotonic()
        n = sandbox.control('acknowledge', mid=mid, operation='READ_ACK')['n']
        submitted = time.monotonic() - began
        harness.wait_for(lambda: len(alice.call('Conversations', 'GetReaders', '(x)', mid)[0]) == n, 'all have read it', 300)
        took = time.monotonic() - began
        self.settle(alice)
        events = [event for event in alice.events[since:] if event.name == 'MessageStatusChanged']
        began = time.monotonic()
        read, unread, _ = alice.call('Conversations', 'GetReaders', '(x)', mid)
        listed = time.monotonic() - began
        rows = daemon.query(1001, 'SELECT count(*) FROM receipts')[0][0]
        assert (len(read), len(unread), rows) == (n, 0, n)
        return {'receipts': n, 'audience': audience, 'seconds': took, 'submitted_seconds': submitted, 'rows': rows, 'signals': len(events),
                'largest_signal': max(len(one.args[2]['read_by']) for one in events), 'get_readers_ms': listed * 1000,
                'rss_before': before / 1048576, 'rss_after': daemon.rss() / 1048576}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--members', type=int, default=5000, help='members of the group (5000)')
    parser.add_argument('--json', metavar='FILE', help='write the numbers there, too')
    args = parser.parse_args()
    one = Receipts()
    one.setUp()
    try:
        report = one.measure(args.members)
    finally:
        one.doCleanups()
    for name, value in report.items():
        print('%-20s %10.1f' % (name, value))
    bench.write_report(report, args.json)


if __name__ == '__main__':
    main()
