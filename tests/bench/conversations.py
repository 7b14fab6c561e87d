#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what the list of conversations costs while messages are taken in: a burst to many conversations, by this build and, where --baseline names
one, by another build in turn, with a subscriber of the messages alone and with one of ConversationsChanged besides.

    FLOOIM_BUILD=BUILD python3 tests/bench/conversations.py --baseline OTHER_BUILD
"""

import argparse
import os
import statistics

import bench
import harness
from peer import Peer

BURSTS = 3  # measured in a round: a process's CPU time has a coarse resolution


class Conversations(bench.Bench):
    number = 0

    def begin(self, senders):
        """A service with many users besides, so that each round has the same history."""
        self.number += 1
        self.service = self.sandbox('sandbox-%d' % self.number, args=['--page-size', '50', '--quiet'], verbose=False)
        self.service.control('bot', on=False)
        guest = Peer(self.service, 'bob')
        self.senders = [guest.post('/user/register/v2', username='sender%04d' % i, password='of the bench')['user_id'] for i in range(senders)]

    def burst(self, count):
        self.service.control('burst', from_list=self.senders, to='alice', count=count, content='A message of a usual length, as people write them: ')

    def round(self, program, senders, count, with_list):
        """CPU of the daemon and of the bus, us a message, and how many ConversationsChanged there were."""
        self.begin(senders)
        daemon = self.daemon('flooimd-%d' % self.number, sandbox=self.service, verbose=False, program=program)
        client = daemon.start()
        client.login('alice')
        self.service.wait('delivered', user='alice')
        self.settle(client)
        client.close()
        self.burst(count)  # the conversations are there, and the caches warm
        self.service.wait('delivered', user='alice')
        changes = []
        listener = daemon.bus.connect()
        if with_list:
            listener.signal_subscribe(harness.BUS_NAME, harness.BUS_NAME + '.Events', 'ConversationsChanged', harness.OBJECT, None,
                                      harness.Gio.DBusSignalFlags.NONE, lambda *_: changes.append(1))
        subscriber = bench.Helper('subscriber', '--address', daemon.bus.address, '--count', str(BURSTS * count)).ready()
        before, bus = bench.cpu_seconds(daemon.process.pid), bench.cpu_seconds(daemon.bus.popen.pid)
        for _ in range(BURSTS):
            self.burst(count)
            self.service.wait('delivered', user='alice')
        subscriber.result()
        row = {'cpu_us': (bench.cpu_seconds(daemon.process.pid) - before) * 1e6 / count / BURSTS,
               'bus_us': (bench.cpu_seconds(daemon.bus.popen.pid) - bus) * 1e6 / count / BURSTS}
        while harness.GLib.MainContext.default().pending():
            harness.turn()
        listener.close_sync(None)
        daemon.stop()
        self.service.stop()
        return dict(row, changes=len(changes))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--baseline', metavar='BUILD', help='another build, to compare with')
    parser.add_argument('--count', type=int, default=10000, help='messages in a burst (10000)')
    parser.add_argument('--conversations', type=int, default=200, help='by so many users (200)')
    parser.add_argument('--rounds', type=int, default=5, help='rounds of each, in turn (5)')
    parser.add_argument('--json', metavar='FILE', help='write the numbers there, too')
    args = parser.parse_args()
    programs = {'this': 'flooimd'}
    if args.baseline:
        programs['baseline'] = os.path.abspath(os.path.join(args.baseline, 'daemon', 'flooimd'))
    scene = Conversations()
    scene.setUp()
    rows = {}
    try:
        for _ in range(args.rounds):
            for name, program in programs.items():
                for with_list in (False, True):
                    rows.setdefault((name, with_list), []).append(scene.round(program, args.conversations, args.count, with_list))
    finally:
        scene.doCleanups()
    report = {}
    for (name, with_list), found in rows.items():
        key = name + (' with its subscriber' if with_list else '')
        report[key] = {what: statistics.median(one[what] for one in found) for what in found[0]}
        report[key]['least_cpu_us'] = min(one['cpu_us'] for one in found)  # other load on the machine can only add to it
    for key in ('this', 'this with its subscriber') if args.baseline else ():
        for what in ('cpu_us', 'least_cpu_us'):
            report[key][what + '_ratio'] = report[key][what] / report[key.replace('this', 'baseline')][what]
    bench.write_report(report, args.json)


if __name__ == '__main__':
    main()
