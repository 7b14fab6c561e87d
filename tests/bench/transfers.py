#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures files: one large file up and down (rate, processor time, the daemon's peak memory; SHA-256 of both ends, progress that never goes back), and how
soon messages come while many transfers are under way.

    FLOOIM_BUILD=BUILD python3 tests/bench/transfers.py --size 2048
"""

import argparse
import hashlib
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'integration'))
import bench  # noqa: E402
import files  # noqa: E402
import harness  # noqa: E402
from files import ECHO  # noqa: E402

MIB = 1 << 20


def digest(path):
    total = hashlib.sha256()
    with open(path, 'rb') as file:
        while part := file.read(MIB):
            total.update(part)
    return total.hexdigest()


class FilesBench(files.Test):

    options = None

    def large_source(self, size):
        path = os.path.join(self.root, 'large')
        piece = os.urandom(MIB)
        with open(path, 'wb') as file:
            for i in range(size):
                file.write(piece[i % MIB:] + piece[:i % MIB])
        return path

    def row(self, name, size, began, cpu, daemon):
        seconds = time.monotonic() - began
        pid = daemon.process.pid
        print('%-12s %6d MiB %7.1f s %7.0f MiB/s  processor %5.2f s  resident %5.1f MiB, at most %5.1f MiB'
              % (name, size, seconds, size / seconds, bench.cpu_seconds(pid) - cpu, bench.memory(pid, 'VmRSS') / MIB, bench.memory(pid, 'VmHWM') / MIB),
              file=sys.stderr, flush=True)

    def monotonic(self, steps):
        done = [change['Transferred'] for _, change in steps if 'Transferred' in change]
        self.assertEqual(done, sorted(done))

    def test_large(self):
        size = self.options.size
        sandbox, daemon, client = self.one(config='[files]\ncache_size=100000\n')
        pid = daemon.process.pid
        watch = self.watch(client)
        path = self.large_source(size)
        print('%-12s resident %5.1f MiB, at most %5.1f MiB' % ('before', bench.memory(pid, 'VmRSS') / MIB, bench.memory(pid, 'VmHWM') / MIB), file=sys.stderr)
        began, cpu = time.monotonic(), bench.cpu_seconds(pid)
        client_id, transfer = self.begin(client, 'Conversations', 'SendFile', '(sxshsa{sv})', 'roster', ECHO, 'file', os.open(path, os.O_RDONLY), 'large', {})
        client.wait_sent(client_id, limit=3600)
        self.row('up', size, began, cpu, daemon)
        self.monotonic(watch[transfer])
        began, cpu = time.monotonic(), bench.cpu_seconds(pid)
        path_down = client.call('Files', 'Download', '(xa{sv})', client_id, {})
        harness.wait_for(lambda: self.transfer(client, path_down)['Status'] not in ('queued', 'active'), 'the download', limit=3600)
        self.row('down', size, began, cpu, daemon)
        self.monotonic(watch[path_down])
        self.assertEqual(digest(path), digest(self.transfer(client, path_down)['Path']))

    def messages(self, client, sandbox, count):
        """Median and 99th percentile of the time from a call to its acknowledgement, and of a message's way in; ms."""
        out, come = [], []
        for i in range(count):
            began = time.monotonic()
            client.wait_sent(client.send_text(ECHO, 'x'))
            out.append((time.monotonic() - began) * 1000)
            began = time.monotonic()
            mid = sandbox.send('bob', 'alice', 'y')
            client.wait_message(lambda one: one.id == mid)
            come.append((time.monotonic() - began) * 1000)
        return ['%.1f / %.1f' % (bench.percentile(sorted(times), 0.5), bench.percentile(sorted(times), 0.99)) for times in (out, come)]

    def test_parallel(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        content = os.urandom(self.options.parallel_size * MIB)
        print('alone: out %s ms, in %s ms (median / p99)' % tuple(self.messages(client, sandbox, self.options.messages)), file=sys.stderr)
        paths = [self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', ECHO, 'file', self.source(content), 'x') for _ in range(50)]
        times = self.messages(client, sandbox, self.options.messages)
        left = sum(self.transfer(client, path)['Status'] in ('queued', 'active') for path in paths)
        print('beside 50 uploads of %d MiB: out %s ms, in %s ms; %d were still under way' % (self.options.parallel_size, *times, left), file=sys.stderr)
        for path in paths:
            harness.wait_for(lambda: self.transfer(client, path)['Status'] not in ('queued', 'active'), 'the uploads', limit=3600)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--size', type=int, default=2048, help='MiB of the large file')
    parser.add_argument('--parallel-size', type=int, default=16, help='MiB of each of fifty files')
    parser.add_argument('--messages', type=int, default=50)
    FilesBench.options = parser.parse_args()
    del sys.argv[1:]
    harness.main()


if __name__ == '__main__':
    main()
