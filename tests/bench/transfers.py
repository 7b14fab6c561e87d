#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures files: one large file up and down (rate, processor time, the daemon's peak memory; SHA-256 of both ends, progress that never goes back), and
what fifty transfers do to messages: how soon single ones go and come, and how many come a second in a burst, with and without them in the same run.

    FLOOIM_BUILD=BUILD python3 tests/bench/transfers.py --size 2048 --json FILE

The fifty go to and come from a storage that is a process of its own, so that what is measured is the daemon and not the sandbox.
"""

import argparse
import hashlib
import json
import os
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'integration'))
import bench  # noqa: E402
import files  # noqa: E402
import harness  # noqa: E402
from files import ALICE, ECHO  # noqa: E402

MIB = 1 << 20
TRANSFERS = 50
CACHE = '[files]\ncache_size=100000\n'


def digest(path):
    total = hashlib.sha256()
    with open(path, 'rb') as file:
        while part := file.read(MIB):
            total.update(part)
    return total.hexdigest()


def main_thread(pid):
    """Seconds that a process's main thread has run, and has waited for a processor to run on."""
    with open('/proc/%d/task/%d/schedstat' % (pid, pid)) as file:
        ran, waited = file.read().split()[:2]
    return int(ran) / 1e9, int(waited) / 1e9


class Caller(harness.Client):
    """A client without subscriptions, so that it does not disturb the measurement."""

    def __init__(self, bus):
        self.name = harness.BUS_NAME
        self.connection = bus.connect()


class FilesBench(bench.Bench, files.Test):

    # ---- one large file ----

    def large_source(self, size):
        path = os.path.join(self.root, 'large')
        piece = os.urandom(MIB)
        with open(path, 'wb') as file:
            for i in range(size):
                file.write(piece[i % MIB:] + piece[:i % MIB])
        return path

    def timed(self, daemon, size, act):
        pid = daemon.process.pid
        began, cpu = time.monotonic(), bench.cpu_seconds(pid)
        act()
        seconds = time.monotonic() - began
        return {'mib': size, 'seconds': seconds, 'mib_per_s': size / seconds, 'cpu_s': bench.cpu_seconds(pid) - cpu,
                'rss': bench.memory(pid, 'VmRSS'), 'peak_rss': bench.memory(pid, 'VmHWM')}

    @staticmethod
    def never_back(steps):
        done = [change['Transferred'] for _, change in steps if 'Transferred' in change]
        assert done == sorted(done), 'the progress went back'

    def large(self, size):
        sandbox, daemon, client = self.one(config=CACHE, verbose=False)
        sandbox.control('bot', on=False)
        pid = daemon.process.pid
        watch = self.watch(client)
        path = self.large_source(size)
        before = {'rss': bench.memory(pid, 'VmRSS'), 'peak_rss': bench.memory(pid, 'VmHWM')}
        sent, fetched = [], []

        def send():
            sent.extend(self.begin(client, 'Conversations', 'SendFile', '(sxshsa{sv})', 'roster', ECHO, 'file', os.open(path, os.O_RDONLY), 'large', {}))
            client.wait_sent(sent[0], limit=3600)

        def fetch():
            fetched.append(client.call('Files', 'Download', '(xa{sv})', sent[0], {}))
            harness.wait_for(lambda: self.transfer(client, fetched[0])['Status'] not in ('queued', 'active'), 'the download', limit=3600)

        up = self.timed(daemon, size, send)
        self.never_back(watch[sent[1]])
        down = self.timed(daemon, size, fetch)
        self.never_back(watch[fetched[0]])
        assert digest(path) == digest(self.transfer(client, fetched[0])['Path']), 'the file is not what it was'
        return {'before': before, 'up': up, 'down': down}

    # ---- fifty, and messages ----

    def place(self, storage):
        """Where the storage takes one file: an answer of the service that says so."""
        headers = {'app_id': 'sandbox', 'access-token': self.storage_token}
        request = urllib.request.Request(storage.origin + '/file/upload/chat?file_type=100&to_id=%d&to_type=1' % ALICE, None, headers)
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def begin_transfers(self, sandbox, storage, caller, size):
        """Begins the transfers: half of them uploads, half of them downloads."""
        content = os.urandom(size)
        sign = self.put(storage, caller, content).rpartition('=')[2]
        attachment = json.dumps({'url': '%s/elsewhere/%s' % (storage.control('files')['elsewhere'], sign), 'dName': 'x', 'fLen': size})
        mids = [sandbox.send('bob', 'alice', '', type='file', attachment=attachment) for _ in range(TRANSFERS // 2)]
        sandbox.wait('delivered', user='alice')
        for mid in mids:
            sandbox.control('rest', path='/file/upload/chat', body=self.place(storage), count=1)
            self.begin(caller, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(content), 'x')
            caller.call('Files', 'Download', '(xa{sv})', mid, {})

    @staticmethod
    def under_way(caller):
        reply = caller.connection.call_sync(caller.name, harness.OBJECT, 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects', None, None, 0, 30000, None)
        transfers = {path: interfaces[files.TRANSFER]['Status'] for path, interfaces in reply.unpack()[0].items() if files.TRANSFER in interfaces}
        return [path for path, status in transfers.items() if status in ('queued', 'active')]

    def end_transfers(self, caller):
        """Cancels the transfers that are left; returns their number."""
        left = self.under_way(caller)
        for path in left:
            self.on_transfer(caller, path, 'Cancel')
        harness.wait_for(lambda: not self.under_way(caller), 'the end of all transfers', limit=600)
        return len(left)

    def burst(self, sandbox, daemon, count):
        """Messages a second from the service to a subscriber."""
        pid = daemon.process.pid
        listener = self.subscribers(daemon.bus, 1, count)[0]
        cpu, (ran, waited), began = bench.cpu_seconds(pid), main_thread(pid), time.monotonic()
        sandbox.control('burst', from_='bob', to='alice', count=count, content='A message of a usual length, as people write them: ')
        took = listener.result()
        seconds = time.monotonic() - began
        row = self.row('daemon', 1, count, [took], bench.cpu_seconds(pid) - cpu)
        ran, waited = (after - before for after, before in zip(main_thread(pid), (ran, waited)))
        return {'rate': row['rate'], 'cpu_us': row['cpu_us'], 'main_busy': ran / seconds, 'main_waited': waited / seconds}

    def single(self, sandbox, daemon, count):
        """Median and 99th percentile (ms) of the time from a call to its acknowledgement, and from a message's sending to its signal."""
        client = daemon.client()
        out, come = [], []
        for _ in range(count):
            began = time.monotonic()
            client.wait_sent(client.send_text(ECHO, 'x'))
            out.append((time.monotonic() - began) * 1000)
            began = time.monotonic()
            mid = sandbox.send('bob', 'alice', 'y')
            client.wait_message(lambda one: one.id == mid)
            come.append((time.monotonic() - began) * 1000)
        client.close()
        return {'%s_%s' % (name, word): bench.percentile(sorted(times), part)
                for name, times in (('out', out), ('in', come)) for word, part in (('p50', 0.5), ('p99', 0.99))}

    def beside(self, size, messages, count, rounds):
        storage = self.sandbox('storage', verbose=False)
        storage.control('settings', oss_upload=True)
        self.storage_token = self.token(storage)
        sandbox = self.sandbox(args=['--quiet'], verbose=False)
        sandbox.control('bot', on=False)
        sandbox, daemon, client = self.one(sandbox=sandbox, config=CACHE, verbose=False)
        client.close()  # else it would count as a subscriber
        caller = Caller(daemon.bus)
        report = {'transfers': TRANSFERS, 'mib': size // MIB, 'messages': count, 'rounds': []}
        report['single'] = {'alone': self.single(sandbox, daemon, messages)}
        self.begin_transfers(sandbox, storage, caller, size)
        report['single']['beside'] = self.single(sandbox, daemon, messages)
        report['single']['left'] = self.end_transfers(caller)
        self.burst(sandbox, daemon, count)  # warms up
        for _ in range(rounds):
            alone = self.burst(sandbox, daemon, count)
            self.begin_transfers(sandbox, storage, caller, size)
            before = len(self.under_way(caller))
            beside = self.burst(sandbox, daemon, count)
            report['rounds'].append({'alone': alone, 'beside': beside, 'ratio': beside['rate'] / alone['rate'],
                                     'under_way': (before, self.end_transfers(caller))})
        report['ratio'] = sorted(one['ratio'] for one in report['rounds'])[rounds // 2]
        return report


def print_table(report):
    if 'large' in report:
        print('%-8s %8s %8s %8s %12s %9s %9s' % ('', 'MiB', 's', 'MiB/s', 'processor s', 'RSS MiB', 'peak MiB'))
        before = report['large']['before']
        print('%-8s %38s %9.1f %9.1f' % ('before', '', before['rss'] / MIB, before['peak_rss'] / MIB))
        for name in ('up', 'down'):
            row = report['large'][name]
            print('%-8s %8d %8.1f %8.0f %12.2f %9.1f %9.1f'
                  % (name, row['mib'], row['seconds'], row['mib_per_s'], row['cpu_s'], row['rss'] / MIB, row['peak_rss'] / MIB))
    if 'beside' not in report:
        return
    beside = report['beside']
    print('single messages beside %d transfers of %d MiB (%d were still under way); ms, median and p99' % (beside['transfers'], beside['mib'], beside['single']['left']))
    for name in ('alone', 'beside'):
        print('%-8s out %.1f / %.1f, in %.1f / %.1f' % (name, *(beside['single'][name][key] for key in ('out_p50', 'out_p99', 'in_p50', 'in_p99'))))
    print('bursts of %d messages from the socket to a subscriber' % beside['messages'])
    for one in beside['rounds']:
        for name in ('alone', 'beside'):
            row = one[name]
            print('%-8s %8.0f messages/s, %5.1f us of processor each; main thread ran %3.0f %%, waited for a processor %3.0f %%%s'
                  % (name, row['rate'], row['cpu_us'], row['main_busy'] * 100, row['main_waited'] * 100,
                     '' if name == 'alone' else '; ratio %.2f, %d to %d transfers under way' % (one['ratio'], *one['under_way'])))
    print('messages/s beside %d transfers: %.2f of those alone (median)' % (beside['transfers'], beside['ratio']))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--size', type=int, default=2048, help='MiB of the large file; 0: none (2048)')
    parser.add_argument('--parallel-size', type=int, default=64, help='MiB of each of fifty files; 0: none (64)')
    parser.add_argument('--messages', type=int, default=50, help='single messages each way (50)')
    parser.add_argument('--burst', type=int, default=20000, help='messages in a burst (20000)')
    parser.add_argument('--rounds', type=int, default=3, help='pairs of bursts (3)')
    parser.add_argument('--json', metavar='FILE', help='write the numbers there, too')
    args = parser.parse_args()
    report = {'cores': os.cpu_count()}
    for name, wanted, measure in (('large', args.size, lambda one: one.large(args.size)),
                                  ('beside', args.parallel_size, lambda one: one.beside(args.parallel_size * MIB, args.messages, args.burst, args.rounds))):
        if not wanted:
            continue
        one = FilesBench()
        one.setUp()
        try:
            report[name] = measure(one)
        finally:
            one.doCleanups()
    print_table(report)
    bench.write_report(report, args.json)


if __name__ == '__main__':
    main()
