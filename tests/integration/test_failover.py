# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of the service that do not answer, proxies, slow connections, and networks that close idle connections: the daemon keeps working."""

import os
import shutil
import threading
import time

import files
import front
import harness
from harness import GLib


class DiscoveryTest(harness.Test):

    def test_codes_of_discovery(self):
        """An accepted session keeps trying when discovery fails for a while; a first login fails with the error."""
        sandbox = self.sandbox()
        service = front.Front(self, sandbox)
        daemon = self.daemon(config=service.config)
        client = daemon.start()
        for code, name in ((404, 'NotFound'), (402, 'Rejected'), (10000, 'Rejected'), (10001, 'Rejected'), (99998, 'NotFound')):
            service.code = code
            self.assertIn(str(code), self.fails(name, client.call, 'Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {}))
            self.assertEqual(client.state, 'signed-out')
        service.code = 200
        client.login('alice')
        for code in (404, 402, 10000, 10001, 99998):
            with self.subTest(code=code):
                daemon.stop()
                shutil.rmtree(os.path.join(daemon.root, 'cache'))
                service.code = code
                client = daemon.start()
                client.wait_event('FlooError', lambda one: one.args[0] == 'DNS_FAILED')
                client.wait_state('waiting')
                self.assertIn(str(code), client.last_error[1])
                service.code = 200
                client.wait_online()
                self.assertNotIn('blocked', client.states)
        # What was known serves meanwhile.
        daemon.stop()
        service.code = 99998
        client = daemon.start()
        client.wait_online()


    def test_start_does_not_wait_for_discovery(self):
        """It begins with the known address of the service; a later answer of discovery is still used."""
        sandbox = self.sandbox()
        service = front.Front(self, sandbox)
        daemon = self.daemon(config=service.config)
        client = daemon.start()
        client.login('alice')
        daemon.stop()
        held = threading.Event()
        self.addCleanup(held.set)

        def late(one):
            held.wait(60)
            return service.discovery()
        service.answers['/dns'] = late
        service.app_status = 'banned'
        client = daemon.start()
        client.wait_online()
        self.assertEqual(len(service.asked('/dns')), 2)
        held.set()
        client.wait_state('blocked')
        self.assertEqual(client.last_error[0], 'Banned')
        client.wait_event('FlooError', lambda one: one.args[0] == 'APP_BANNED')


class DeadHostTest(harness.Test):
    """Hosts in discovery's answer that do not answer: a login succeeds nevertheless, within its time limit."""

    def login(self, clusters, within=20):
        """clusters: function of a front and a sandbox."""
        sandbox = self.sandbox()
        service = front.Front(self, sandbox)
        service.clusters = clusters(service, sandbox)
        daemon = self.daemon(config=service.config)
        client = daemon.start()
        began = time.monotonic()
        client.login('alice')
        self.assertLess(time.monotonic() - began, within * harness.SLOWNESS)
        client.wait_sent(client.send_text(1099, 'through'))
        return sandbox, service, daemon, client

    def dead(self):
        return front.Refusing(self), front.Silent(self), front.Broken(self)

    def test_dead_ratel(self):
        """REST: hosts that refuse, answer 502, or do not answer, and then a working one; a later login begins with that one."""
        refusing, silent, broken = self.dead()
        sandbox, service, daemon, client = self.login(
            lambda good, socket: [{'ratel': [refusing, broken, silent, good], 'webim': [socket]}])
        self.assertLess(len(broken.requests), 3)
        asked = len(broken.requests)
        since = len(client.events)
        sandbox.control('user', user='alice', void_tokens=True)
        self.assertRaises(harness.Failure, client.call, 'Roster', 'List', '(b)', True)
        client.wait_online(since)
        self.assertEqual(len(broken.requests), asked)

    def test_dead_webim(self):
        """The same for the socket. Hosts that failed are not tried first when the connection is lost later."""
        refusing, silent, broken = self.dead()
        sandbox, service, daemon, client = self.login(
            lambda good, socket: [{'ratel': [good], 'webim': [refusing, broken, silent, socket]}])
        self.assertEqual(len(broken.requests), 1)
        since = len(client.events)
        sandbox.control('disconnect', how='drop')
        client.wait_online(since)
        self.assertEqual(len(broken.requests), 1)

    def test_dead_cluster(self):
        refusing, silent, broken = self.dead()
        self.login(lambda good, socket: [{'ratel': [refusing], 'webim': [refusing]}, {'ratel': [broken], 'webim': [broken]},
                                         {'ratel': [silent], 'webim': [silent]}, {'ratel': [good], 'webim': [socket]}])

    def test_all_dead(self):
        """No host answers: it waits between rounds, asks discovery again, and connects when a host answers."""
        refusing, _, broken = self.dead()
        sandbox = self.sandbox()
        service = front.Front(self, sandbox)
        service.clusters = [{'ratel': [service], 'webim': [refusing, broken]}]
        daemon = self.daemon(config=service.config)
        client = daemon.start()
        client.start('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
        harness.wait_for(lambda: len(broken.requests) == 2, 'a second round')
        self.assertEqual(len(service.asked('/dns')), 1)
        service.clusters = [{'ratel': [service], 'webim': [broken, sandbox]}]
        for n in range(3):
            harness.wait_for(lambda: len(broken.requests) == 3 + n, 'a further round')
            client.call('Account', 'Reconnect')
        client.wait_online()
        self.assertEqual(len(service.asked('/dns')), 2)


class OwnInstallationTest(files.Test):

    def test_without_discovery(self):
        """Its two servers are named; a login that names a discovery server asks that one, by the word that the configuration wants."""
        self.allowed_violations = True
        sandbox = self.sandbox()
        daemon = self.daemon(config='[service]\napp_id=sandbox\nrest_url=http://127.0.0.1:%d\ndiscovery_source=ours\n' % sandbox.port)
        client = daemon.start()
        client.login('alice')
        client.wait_sent(client.send_text(1099, 'without discovery'))
        self.assertEqual(client.get('Account', 'Server'), 'http://127.0.0.1:%d' % sandbox.port)
        sent, transfer = self.send_file(client, 'file', b'some bytes', 'a.txt', to=1002)
        self.ended(client, transfer, 'complete')
        daemon.stop()
        client = daemon.start()
        client.wait_online()
        self.assertNotIn('app_dns', sandbox.process.text())
        self.assertEqual(sandbox.violations(), [])
        client.call('Account', 'Logout', '(a{sv})', {})
        client.login('alice', dns_server=GLib.Variant('s', sandbox.dns_server))
        self.assertIn('app_dns', sandbox.process.text())
        self.assertIn('discovery without source=sdk', str(sandbox.violations()))
        # the connection is elsewhere
        daemon.stop()
        with open(os.path.join(daemon.root, 'config', 'flooim', 'flooimd.conf'), 'a') as file:
            file.write('[service]\nsocket_url=ws://127.0.0.1:1\n')
        client = daemon.start()
        client.call('Account', 'Logout', '(a{sv})', {})
        pending = client.start('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
        # The stored login may have been waiting before.
        harness.wait_for(lambda: client.state == 'waiting' and 'Offline' in client.last_error, lambda: 'Offline: %s %s' % (client.state, client.last_error))
        client.call('Account', 'Logout', '(a{sv})', {})
        self.assertRaises(harness.Failure, pending.result)


class ProxyTest(files.Test):

    def test_proxy_with_a_password(self):
        """Its URL has it: login, messages, files up and down go through; a wrong one is told as the proxy's refusal."""
        self.secrets.append('proxy-word')
        sandbox = self.sandbox()
        proxy = front.Proxy(self, 'me', 'proxy-word')
        daemon = self.daemon(sandbox=sandbox, env={'http_proxy': 'http://me:proxy-word@127.0.0.1:%d' % proxy.port})
        client = daemon.start()
        client.login('alice')
        self.assertIn('POST /token/user', proxy.passed)
        self.assertIn('CONNECT 127.0.0.1:%d' % sandbox.port, proxy.passed)
        client.wait_sent(client.send_text(1099, 'through the proxy'))
        sent, transfer = self.send_file(client, 'file', b'some bytes', 'a.txt', to=1002)
        self.ended(client, transfer, 'complete')
        client.wait_sent(sent)
        sandbox.wait('delivered', user='alice')
        self.assertEqual(proxy.leaked, 0)
        daemon.stop()
        daemon.env = {'http_proxy': 'http://me:wrong-word@127.0.0.1:%d' % proxy.port}
        client = daemon.start()
        client.wait_state('waiting')
        self.assertEqual(client.last_error[0], 'Offline')
        self.assertIn('proxy', client.last_error[1])
        # the configuration's, without the environment
        daemon.stop()
        daemon.env = {}
        proxy.passed.clear()
        with open(os.path.join(daemon.root, 'config', 'flooim', 'flooimd.conf'), 'a') as file:
            file.write('[service]\nproxy=http://me:proxy-word@127.0.0.1:%d\n' % proxy.port)
        client = daemon.start()
        client.wait_online()
        self.assertIn('CONNECT 127.0.0.1:%d' % sandbox.port, proxy.passed)
        client.wait_sent(client.send_text(1099, 'through the proxy of the configuration'))
        self.assertEqual(proxy.leaked, 0)

    def test_statuses_at_the_upgrade(self):
        sandbox = self.sandbox()
        service = front.Front(self, sandbox)
        broken = front.Broken(self)
        service.clusters = [{'ratel': [service], 'webim': [broken]}]
        daemon = self.daemon(config=service.config)
        client = daemon.start()
        client.start('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
        for status, name in ((502, 'Offline'), (503, 'Offline'), (504, 'Offline'), (429, 'RateLimited'), (407, 'Offline'),
                             (404, 'ProtocolError')):
            broken.status = status
            client.call('Account', 'Reconnect')
            harness.wait_for(lambda: str(status) in client.last_error[1], lambda: 'HTTP %d: %s' % (status, client.last_error))
            self.assertEqual(client.last_error[0], name)


class LineTest(files.Test):

    def test_thin_line(self):
        """A download fills a slow connection: the heartbeat's answer is queued behind it, and messages still arrive."""
        sandbox = self.sandbox()
        sandbox.control('settings', ping_interval=3000, ping_timeout=1000)
        service = front.Front(self, sandbox)
        content = os.urandom(160000)
        service.answers['/big'] = lambda one: (200, content)
        line = front.Line(self, rate=16000, buffer=32000)
        service.clusters = [{'ratel': [line.to(service)], 'webim': [line.to(sandbox)]}]
        daemon = self.daemon(config=service.config)
        client = daemon.start()
        client.login('alice')
        sandbox.wait('delivered', user='alice')
        since = len(client.changes)
        message = self.message_at(sandbox, client, 'http://127.0.0.1:%d/big' % line.to(service).port)
        path = client.call('Files', 'Download', '(xa{sv})', message, {})
        harness.wait_for(lambda: self.transfer(client, path)['Transferred'] > 20000, 'the line is full')
        mid = sandbox.send('bob', 'alice', 'meanwhile')
        client.wait_message(lambda one: one.id == mid)
        self.ended(client, path, 'complete')
        self.assertNotIn('waiting', client.told('State', since))
        self.assertEqual(client.state, 'online')

    def test_idle_limit(self):
        """The network closes idle connections: after two of them heartbeats are sent more often."""
        sandbox = self.sandbox()
        sandbox.control('bot', on=False)
        sandbox.control('settings', ping_interval=6000, ping_timeout=3000)
        service = front.Front(self, sandbox)
        line = front.Line(self, idle=3)
        service.clusters = [{'ratel': [service], 'webim': [line.to(sandbox)]}]
        daemon = self.daemon(config=service.config)
        client = daemon.start()
        client.login('alice')
        for _ in range(2):
            since = len(client.events)
            client.wait_state('waiting')
            client.call('Account', 'Reconnect')
            client.wait_online(since)
        beginning = len(line.connections[-1])
        harness.wait_for(lambda: len(line.connections[-1]) > beginning + 4, 'the heart beats')
        self.assertEqual(client.state, 'online')
        self.assertEqual(len(line.connections), 3)


if __name__ == '__main__':
    harness.main()
