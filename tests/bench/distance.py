#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what a distant service slows down: each scene at several distances, and how many round trips in a row that makes.

    FLOOIM_BUILD=BUILD python3 tests/bench/distance.py --distances 0 50 200 1000

All that the daemon sends goes through a proxy on loopback that delays it: a new connection costs a round trip before its first byte, every
piece half of one each way; there is no limit on how much is on its way. The number of round trips in a row is how much longer a scene takes
at the largest distance, divided by it.
"""

import argparse
import asyncio
import json
import os
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'integration'))
import bench  # noqa: E402
import files  # noqa: E402
import harness  # noqa: E402

ECHO = 1099
LIMIT = 120


class Distance:
    """An HTTP proxy that is round_trip s away."""

    def __init__(self, round_trip):
        self.round_trip = round_trip
        self.connections = 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(10)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def end(self):
        asyncio.run_coroutine_threadsafe(self._cancel(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def _cancel(self):
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self):
        server = await asyncio.start_server(self._serve, '127.0.0.1', 0, limit=1 << 20)
        return server.sockets[0].getsockname()[1]

    async def _deliver(self, queue, writer):
        while True:
            at, data = await queue.get()
            await asyncio.sleep(max(0, at - self.loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)

    async def _pass_on(self, reader, writer, first, extra):
        """Every piece arrives half a round trip after it was sent; nothing before extra s more have gone."""
        queue = asyncio.Queue()
        delivery = asyncio.ensure_future(self._deliver(queue, writer))
        opened = self.loop.time() + extra
        data = first or await reader.read(1 << 16)
        while data:
            queue.put_nowait((max(self.loop.time(), opened) + self.round_trip / 2, data))
            data = await reader.read(1 << 16)
        queue.put_nowait((self.loop.time() + self.round_trip / 2, b''))
        await delivery

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            head = await reader.readuntil(b'\r\n\r\n')
            line, rest = head.split(b'\r\n', 1)
            method, target, version = line.decode().split(' ')
            parts = urllib.parse.urlsplit(target if method != 'CONNECT' else 'x://' + target)
            peer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 20)
            extra = self.round_trip
            if method == 'CONNECT':
                await asyncio.sleep(self.round_trip)
                writer.write(b'HTTP/1.1 200 Connected\r\n\r\n')
                head, extra = b'', 0
            # The service of the sandbox takes whole URLs as well as paths.
            await asyncio.gather(self._pass_on(reader, peer[1], head, extra), self._pass_on(peer[0], writer, b'', 0))
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()


class DistanceBench(bench.Bench, files.Test):

    def scene(self, distance, crowd=0):
        sandbox = self.sandbox(args=['--quiet'], verbose=False)
        sandbox.control('bot', on=False)
        if crowd:
            self.crowd = sandbox.control('crowd', count=crowd, friends_of='alice')
        daemon = self.daemon(sandbox=sandbox, verbose=False, env={'http_proxy': 'http://127.0.0.1:%d' % distance.port})
        return sandbox, daemon, daemon.start()

    def log_in(self, distance):
        sandbox, daemon, client = self.scene(distance)
        began = time.monotonic()
        client.login('alice')
        return time.monotonic() - began

    def start(self, distance):
        """A stored login, from the start of the program."""
        sandbox, daemon, client = self.scene(distance)
        client.login('alice')
        sandbox.wait('delivered', user='alice')
        daemon.stop()
        began = time.monotonic()
        daemon.start().wait_online()
        return time.monotonic() - began

    def members(self, sandbox):
        return [user['user_id'] for user in sandbox.control('state')['users'] if user['name'].startswith('crowd-')]

    def backlog(self, distance, conversations=200, messages=5000):
        """From being online to the last of the messages that were sent while it was offline."""
        sandbox, daemon, client = self.scene(distance, crowd=conversations)
        client.login('alice')
        sandbox.wait('delivered', user='alice')
        daemon.stop()
        sandbox.control('burst', from_list=self.members(sandbox), to='alice', content='n', count=messages, mode='notice')
        client = daemon.start()
        client.wait_online()
        began = time.monotonic()
        harness.wait_for(lambda: daemon.query(1001, 'SELECT count(*) FROM messages')[0][0] >= messages, 'all messages', LIMIT)
        return time.monotonic() - began

    def history(self, distance, conversations=1000, at_once=32):
        """The newest messages of conversations of which only the names are stored, as a client asks for them."""
        sandbox, daemon, client = self.scene(distance, crowd=conversations)
        client.login('alice')
        sandbox.wait('delivered', user='alice')
        waiting, calls = self.members(sandbox), []
        began = time.monotonic()
        while waiting or calls:
            while waiting and len(calls) < at_once:
                calls.append(client.start('Conversations', 'FetchHistory', '(xxu)', waiting.pop(), 0, 20))
            harness.wait_for(lambda: any(call.done for call in calls), 'a page of history', LIMIT)
            for call in [call for call in calls if call.done]:
                call.result()
                calls.remove(call)
        return time.monotonic() - began

    def send_files(self, distance, count=20):
        sandbox, daemon, client = self.scene(distance)
        client.login('alice')
        sandbox.wait('delivered', user='alice')
        began = time.monotonic()
        ids = [self.send_file(client, 'file', b'a small file', '%d.txt' % n)[0] for n in range(count)]
        for client_id in ids:
            client.wait_sent(client_id, limit=LIMIT)
        return time.monotonic() - began

    def window(self, distance, rows=50):
        """The start of a chat window: the list of conversations, the newest messages of one, and the names."""
        sandbox, daemon, client = self.scene(distance)
        client.login('alice')
        self.come_to_rest(sandbox, client, 'alice')
        self.all_fetched(sandbox, daemon, client)
        began = time.monotonic()
        client.call('Conversations', 'List', '(sua{sv})', '', rows, {})
        client.call('Conversations', 'GetMessages', '(xa{sv})', 1002, {})
        client.call('Roster', 'List', '(b)', False)
        client.call('Roster', 'GetItems', '(axb)', [1002, 1003], False)
        return time.monotonic() - began


SCENES = {'login': 'log_in', 'start': 'start', 'backlog': 'backlog', 'history': 'history', 'files': 'send_files', 'window': 'window'}


def measure(name, distance_ms):
    test = DistanceBench()
    test.setUp()
    distance = Distance(distance_ms / 1000)
    try:
        return getattr(test, SCENES[name])(distance)
    finally:
        test.doCleanups()
        distance.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--distances', type=int, nargs='+', default=[0, 50, 200, 1000], help='ms, there and back')
    parser.add_argument('--scenes', nargs='+', default=list(SCENES), choices=list(SCENES))
    parser.add_argument('--json', help='a file for the figures')
    options = parser.parse_args()
    table = {}
    print('%-10s' % 'scene' + ''.join('%9d ms' % one for one in options.distances) + '   round trips', flush=True)
    for name in options.scenes:
        took = [measure(name, one) for one in options.distances]
        trips = (took[-1] - took[0]) / ((options.distances[-1] - options.distances[0]) / 1000) if len(took) > 1 else 0
        table[name] = {'took': dict(zip(map(str, options.distances), took)), 'round_trips': trips}
        print('%-10s' % name + ''.join('%10.2f s' % one for one in took) + '%14.1f' % trips, flush=True)
    if options.json:
        with open(options.json, 'w') as file:
            json.dump(table, file, indent=1)


if __name__ == '__main__':
    main()
