# SPDX-License-Identifier: GPL-3.0-or-later
"""A server in front of the sandbox, which answers some paths itself and passes the others on; and hosts that do not answer."""

import asyncio
import base64
import collections
import http.client
import http.server
import json
import select
import socket
import threading
import time
import urllib.parse

# One request: monotonic time, method, path without the query, query as a dictionary.
Request = collections.namedtuple('Request', 'time method path query')


class Server(http.server.ThreadingHTTPServer):
    """Handles each connection on a thread of its own; connections closed by the daemon are no errors."""

    daemon_threads = True

    def __init__(self, handle):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *args):
                pass

            def _do(self):
                handle(self, self.rfile.read(int(self.headers.get('Content-Length') or 0)))

            do_GET = do_POST = _do

        super().__init__(('127.0.0.1', 0), Handler)
        self.thread = threading.Thread(target=self.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        pass

    def end(self):
        self.shutdown()
        self.server_close()
        self.thread.join()


def reply(handler, status, content=b''):
    handler.send_response(status)
    handler.send_header('Content-Length', str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


class Front:
    """An HTTP server on loopback. answers: path -> function of a Request that returns (status, body), or None to pass it on."""

    def __init__(self, test, sandbox):
        self.sandbox = sandbox
        self.answers = {}
        self.requests = []
        self.clusters = [{'ratel': [self], 'webim': [sandbox]}]
        self.code = 200  # of discovery
        self.app_status = 'normal'
        self.server = Server(self._handle)
        self.port = self.server.port
        test.addCleanup(self.server.end)

    @property
    def dns_server(self):
        return 'http://127.0.0.1:%d/dns' % self.port

    @property
    def config(self):
        return '[service]\napp_id=sandbox\ndns_server=%s\n' % self.dns_server

    def asked(self, path):
        return [one for one in self.requests if one.path == path]

    def discovery(self):
        def entries(hosts):
            return [{'protocol': 'http', 'host': '127.0.0.1:%d' % host.port} for host in hosts]
        clusters = [{kind: entries(hosts) for kind, hosts in cluster.items()} for cluster in self.clusters]
        answer = {'code': self.code, 'message': 'the front says so'}
        if self.code == 200:
            answer['data'] = {'app_status': self.app_status, 'dns_list': [{'group_level': 0, 'clusters': clusters}]}
        return 200, json.dumps(answer)

    def _handle(self, handler, body):
        parts = urllib.parse.urlsplit(handler.path)
        request = Request(time.monotonic(), handler.command, parts.path, dict(urllib.parse.parse_qsl(parts.query)))
        self.requests.append(request)
        answer = self.discovery() if parts.path == '/dns' else None
        if parts.path in self.answers:
            answer = self.answers[parts.path](request)
        if answer is None:
            headers = {key: value for key, value in handler.headers.items() if key.lower() not in ('host', 'connection')}
            connection = http.client.HTTPConnection('127.0.0.1', self.sandbox.port, timeout=60)
            connection.request(handler.command, handler.path, body, headers)
            forwarded = connection.getresponse()
            answer = forwarded.status, forwarded.read()
            connection.close()
        status, content = answer
        reply(handler, status, content.encode() if isinstance(content, str) else content)


class Refusing:
    """A port at which nobody listens."""

    def __init__(self, test):
        self.socket = socket.socket()
        self.socket.bind(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        test.addCleanup(self.socket.close)


class Silent:
    """A port at which no connection is ever made: the queue of the one who listens is full, so that each SYN is dropped."""

    def __init__(self, test):
        self.socket = socket.socket()
        self.socket.bind(('127.0.0.1', 0))
        self.socket.listen(0)
        self.port = self.socket.getsockname()[1]
        self.filling = []
        while len(self.filling) < 8:
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(self.socket.getsockname())
            self.filling.append(one)
        test.addCleanup(self._end)

    def _end(self):
        for one in self.filling + [self.socket]:
            one.close()


class Broken:
    """A proxy whose backend is down: it answers everything with the HTTP status."""

    def __init__(self, test, status=502):
        self.status = status
        self.requests = []
        self.server = Server(self._handle)
        self.port = self.server.port
        test.addCleanup(self.server.end)

    def _handle(self, handler, body):
        self.requests.append(handler.path)
        reply(handler, self.status)


class Proxy:
    """A proxy that lets nobody through without this name and password. passed: the places that it connected to."""

    def __init__(self, test, name, password):
        self.wanted = 'Basic ' + base64.b64encode(('%s:%s' % (name, password)).encode()).decode()
        self.passed = []
        self.refused = 0
        self.leaked = 0  # the password in what goes through tunnels
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.ended = False
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()
        test.addCleanup(self._end)

    def _end(self):
        self.ended = True
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def _accept(self):
        while not self.ended:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        """One request, or one tunnel; connections are not kept."""
        try:
            head = b''
            while b'\r\n\r\n' not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            head, rest = head.split(b'\r\n\r\n', 1)
            lines = head.decode().split('\r\n')
            method, target, version = lines[0].split(' ')
            fields = [line for line in lines[1:] if not line.lower().startswith(('proxy-', 'connection:'))]
            given = [line.split(':', 1)[1].strip() for line in lines[1:] if line.lower().startswith('proxy-authorization:')]
            if given != [self.wanted]:
                self.refused += 1
                connection.sendall(b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n'
                                   b'Content-Length: 0\r\nConnection: close\r\n\r\n')
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
                return
            parts = urllib.parse.urlsplit(target if method != 'CONNECT' else 'x://' + target)
            self.passed.append('%s %s' % (method, parts.path or parts.netloc))
            peer = socket.create_connection((parts.hostname, parts.port))
            if method == 'CONNECT':
                connection.sendall(b'HTTP/1.1 200 Connected\r\n\r\n')
            else:
                path = parts.path + ('?' + parts.query if parts.query else '')
                rest = '\r\n'.join(['%s %s %s' % (method, path, version)] + fields + ['Connection: close', '', '']).encode() + rest
            peer.sendall(rest)
            self._join(connection, peer, method == 'CONNECT')
        except OSError:
            pass
        finally:
            connection.close()

    def _join(self, one, other, tunnel):
        while True:
            for source in select.select([one, other], [], [])[0]:
                piece = source.recv(65536)
                if not piece:
                    return
                (other if source is one else one).sendall(piece)
                # Without a tunnel a further request for the proxy may come before the service has closed.
                self.leaked += tunnel and self.wanted.encode() in piece


class Line:
    """A line that all connections share: rate bytes/s each way (0: no limit), behind a buffer of so many bytes; a connection on which nothing
    goes for idle s is ended. connections: for each, the times at which something came from the daemon."""

    def __init__(self, test, rate=0, buffer=1 << 20, idle=None):
        self.rate, self.buffer, self.idle = rate, buffer, idle
        self.connections = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.ways = [self._call(self._make_way()) for _ in range(2)]
        test.addCleanup(self._end)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def _end(self):
        self._call(self._cancel())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def _cancel(self):
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def to(self, host):
        """The end of the line that leads to host."""
        async def listen():
            server = await asyncio.start_server(lambda *streams: self._serve(host.port, *streams), '127.0.0.1', 0)
            return server.sockets[0].getsockname()[1]
        return collections.namedtuple('LineEnd', 'port')(self._call(listen()))

    async def _make_way(self):
        way = {'queue': asyncio.Queue(), 'waiting': 0, 'turn': asyncio.Lock(), 'room': asyncio.Condition()}
        asyncio.ensure_future(self._carry(way))
        return way

    async def _carry(self, way):
        while True:
            writer, data = await way['queue'].get()
            if self.rate:
                await asyncio.sleep(len(data) / self.rate)
            try:
                if data:
                    writer.write(data)
                else:
                    writer.close()
            except OSError:
                pass
            way['waiting'] -= len(data)
            async with way['room']:
                way['room'].notify_all()

    async def _pass_on(self, way, reader, writer, times, note):
        data = b'x'
        while data:
            try:
                data = await reader.read(1460)
            except OSError:
                data = b''
            times['last'] = time.monotonic()
            if note and data:
                times['sent'].append(times['last'])
            async with way['turn']:  # in the order of their coming
                async with way['room']:
                    await way['room'].wait_for(lambda: way['waiting'] < self.buffer)
                way['waiting'] += len(data)
                way['queue'].put_nowait((writer, data))

    async def _serve(self, port, reader, writer):
        peer_reader, peer_writer = await asyncio.open_connection('127.0.0.1', port)
        times = {'sent': [], 'last': time.monotonic()}
        self.connections.append(times['sent'])
        both = asyncio.gather(self._pass_on(self.ways[0], reader, peer_writer, times, True),
                              self._pass_on(self.ways[1], peer_reader, writer, times, False))
        while self.idle and not both.done():
            await asyncio.sleep(0.02)
            if time.monotonic() - times['last'] > self.idle:
                writer.close()
                peer_writer.close()
        await asyncio.gather(both, return_exceptions=True)


class Tarpit:
    """A storage that takes connections, and of what comes a few bytes at a time."""

    def __init__(self, test):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.bind(('127.0.0.1', 0))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()
        test.addCleanup(self._end)

    def _end(self):
        self.ended.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def _accept(self):
        while not self.ended.is_set():
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._swallow, args=(connection,), daemon=True).start()

    def _swallow(self, connection):
        with connection:
            try:
                while not self.ended.wait(0.1) and connection.recv(5):
                    pass
            except OSError:
                pass
