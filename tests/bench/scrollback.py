#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Goes back through a long conversation with GetMessages, each page filled from the service's history: is the last tenth as quick as the first, and what does it take?"""

import argparse
import time

import bench
import harness

BOB = 1002


class Scrollback(bench.Bench):
    def fresh_device(self, number):
        """A daemon whose store is empty, of a user who has received all messages on another device."""
        sandbox = self.sandbox(args=['--quiet'], verbose=False)
        sandbox.control('bot', on=False)
        first = self.daemon('first', sandbox=sandbox, verbose=False)
        first.start().login('alice')
        sandbox.control('burst', from_='bob', to='alice', count=number, content='A message of a usual length, as people write them: ', mode='lost')
        first.stop()
        daemon = self.daemon('second', sandbox=sandbox, verbose=False)
        client = daemon.start()
        client.login('alice')
        harness.wait_for(lambda: BOB in [one['id'] for one in client.call('Conversations', 'List', '(sua{sv})', '', 50, {})[0]], 'the conversation')
        client.close()  # else it would count as a subscriber
        return daemon

    def measure(self, number, limit):
        daemon = self.fresh_device(number)
        client = daemon.client()
        took, rss, before, seen, more = [], [], None, 0, True
        while more:
            options = {'limit': harness.GLib.Variant('u', limit)}
            if before is not None:
                options['before'] = harness.GLib.Variant('x', before)
            began = time.monotonic()
            reply = client.call_raw('Conversations', 'GetMessages', '(xa{sv})', BOB, options)
            took.append(time.monotonic() - began)
            page, more, after, _ = reply.unpack()
            seen += len(page)
            before = page[0][0] if page else before
            assert page or not more, 'a page without messages'
            client.events.clear()
            if len(took) % 50 == 1:
                rss.append(daemon.rss() / 1048576)
        assert seen >= number, 'only %d of %d messages' % (seen, number)
        tenth = max(1, len(took) // 10)
        return {'messages': seen, 'pages': len(took), 'seconds': sum(took), 'first_ms': self.median(took[:tenth]), 'last_ms': self.median(took[-tenth:]),
                'most_ms': max(took) * 1000, 'rss_first': rss[0], 'rss_most': max(rss), 'rss_last': daemon.rss() / 1048576}

    @staticmethod
    def median(values):
        return sorted(values)[len(values) // 2] * 1000


def print_table(report):
    print('%d messages in %d pages: %.1f s, %.0f messages/s' % (report['messages'], report['pages'], report['seconds'], report['messages'] / report['seconds']))
    print('%-24s %10s %10s %10s' % ('', 'first', 'last', 'most'))
    print('%-24s %10.2f %10.2f %10.2f ms   last of first: %.2f' % ('a page, median of a tenth', report['first_ms'], report['last_ms'], report['most_ms'],
                                                                 report['last_ms'] / report['first_ms']))
    print('%-24s %10.1f %10.1f %10.1f MiB' % ('resident', report['rss_first'], report['rss_last'], report['rss_most']))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--count', type=int, default=100000, help='messages in the conversation (100000)')
    parser.add_argument('--limit', type=int, default=100, help='messages in a page (100)')
    parser.add_argument('--json', metavar='FILE', help='write the numbers there, too')
    args = parser.parse_args()
    one = Scrollback()
    one.setUp()
    try:
        report = one.measure(args.count, args.limit)
    finally:
        one.doCleanups()
    print_table(report)
    bench.write_report(report, args.json)


if __name__ == '__main__':
    main()
