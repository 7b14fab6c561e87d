# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the network and the service: the daemon reports them, reconnects by itself, and sends what was pending exactly once."""

import socket

import time

import harness
from system_bus import SystemBus

ECHO = 1099


class NetworkTest(harness.Test):

    def texts(self, sandbox):
        return [one['content'] for one in sandbox.accepted('alice')]

    def all_sent(self, client, ids):
        for client_id in ids:
            client.wait_sent(client_id)
        harness.wait_for(lambda: client.get('Account', 'Queued') == 0, 'nothing queued')

    def lost(self, client, since):
        """The connection is lost: the state says so, and why; returns the error's name. since: now()."""
        client.wait_lost(since[1])
        name = harness.wait_for(lambda: next((name for name, text in client.told('LastError', since[1]) if name), None), 'LastError tells why')
        return name.removeprefix(harness.ERROR_PREFIX)

    def now(self, client):
        """How many events and changes there have been."""
        return len(client.events), len(client.changes)

    def back(self, client, since, by_itself=False):
        """It comes back: online, without an error, after another LoginSuccess. by_itself: when its timer says so, else at once."""
        if not by_itself:
            client.wait_lost(since[1])
            client.call('Account', 'Reconnect')
        client.wait_online(since[0])
        harness.wait_for(lambda: client.last_error == ('', ''), lambda: 'no error: %s' % (client.last_error,))
        self.assertEqual(client.get('Account', 'NextRetry'), 0)

    def test_service_goes_and_comes(self):
        sandbox, daemon, client = self.one(persist=True)
        sandbox.control('bot', on=False)
        mid = sandbox.send('bob', 'alice', 'before')
        client.wait_message(lambda one: one.id == mid)
        since = self.now(client)
        sandbox.stop()
        self.assertEqual(self.lost(client, since), 'Offline')
        client.wait_state('waiting')
        self.assertGreater(client.get('Account', 'NextRetry'), 0)
        texts = ['written offline %d' % i for i in range(10)]
        ids = [client.send_text(ECHO, one) for one in texts]
        harness.wait_for(lambda: client.get('Account', 'Queued') == 10, 'ten messages queued')
        self.fails('Offline', client.call, 'Conversations', 'SetTyping', '(xb)', ECHO, True)
        self.fails('Offline', client.call, 'Roster', 'List', '(b)', True)
        self.assertEqual(len(client.call('Roster', 'List', '(b)', False)[0]), 4)
        self.assertEqual(harness.message(client.call('Conversations', 'GetMessage', '(x)', ids[0])).more['send_state'], 'queued')
        since = self.now(client)
        sandbox.start()
        sandbox.control('bot', on=False)
        self.back(client, since)
        self.all_sent(client, ids)
        self.assertEqual(self.texts(sandbox), texts)
        mid = sandbox.send('bob', 'alice', 'after')
        client.wait_message(lambda one: one.id == mid)
        self.assertEqual([one.content for one in client.received(1002)].count('before'), 1)

    def test_comes_back_without_being_asked(self):
        sandbox, daemon, client = self.one(persist=True)
        since = self.now(client)
        sandbox.stop()
        self.lost(client, since)
        sandbox.start()
        self.back(client, since, by_itself=True)

    def test_starts_without_the_service(self):
        sandbox, daemon, client = self.one(persist=True)
        daemon.stop()
        sandbox.stop()
        client = daemon.start()
        client.wait_state('waiting')
        self.assertEqual(client.last_error[0], 'Offline')
        self.assertEqual(client.get('Account', 'UserId'), 1001)
        self.assertEqual(len(client.call('Roster', 'List', '(b)', False)[0]), 4)
        client_id = client.send_text(ECHO, 'the first of the day')
        since = self.now(client)
        sandbox.start()
        self.back(client, since)
        client.wait_sent(client_id)
        self.assertEqual(self.texts(sandbox), ['the first of the day'])

    def cut(self, how):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('settings', ping_interval=500, ping_timeout=500)
        since = self.now(client)
        sandbox.control('disconnect', how='drop')  # the next connection has the short heartbeat
        self.lost(client, since)
        self.back(client, since)
        since = self.now(client)
        sandbox.control('disconnect', how=how)
        ids = [client.send_text(ECHO, 'text %d' % i) for i in range(5)]
        self.lost(client, since)
        self.back(client, since)
        self.all_sent(client, ids)
        self.assertEqual(self.texts(sandbox), ['text %d' % i for i in range(5)])

    def test_dropped(self):
        self.cut('drop')

    def test_closed(self):
        self.cut('close')

    def test_half_closed(self):
        self.cut('half-close')

    def test_stalled(self):
        """No pong: the connection is given up, and what was under way goes out again."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('settings', ping_interval=500, ping_timeout=500)
        since = self.now(client)
        sandbox.control('disconnect', how='drop')
        self.back(client, since)
        since = self.now(client)
        sandbox.control('stall', user='alice')
        client_id = client.send_text(ECHO, 'into the silence')
        self.assertIn(self.lost(client, since), ('Timeout', 'Offline'))
        self.back(client, since)
        client.wait_sent(client_id)
        self.assertEqual(self.texts(sandbox), ['into the silence'])

    def test_lost_acknowledgements(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('socket', ack='drop', count=1)
        client_id = client.send_text(ECHO, 'unacknowledged')
        sandbox.wait('accepted', user='alice', count=1)
        self.settle(client)
        self.assertEqual(client.get('Account', 'Queued'), 1)
        since = self.now(client)
        sandbox.control('disconnect', how='drop')
        self.back(client, since)
        client.wait_sent(client_id)
        [accepted] = sandbox.accepted('alice')
        self.assertEqual((accepted['content'], accepted['duplicates']), ('unacknowledged', 1))
        self.settle(client)
        self.assertEqual([one.content for one in client.received(ECHO)], ['unacknowledged'])

    def test_strange_acknowledgements(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        for mode in ('twice', 'late'):
            with self.subTest(mode=mode):
                sandbox.control('socket', ack=mode, count=1, ack_delay_ms=300)
                client.wait_sent(client.send_text(ECHO, mode))
        sandbox.control('socket', ack='normal')
        client.wait_sent(client.send_text(ECHO, 'the last'))
        self.assertEqual(self.texts(sandbox), ['twice', 'late', 'the last'])
        self.settle(client)
        self.assertEqual([one.content for one in client.received(ECHO)], ['twice', 'late', 'the last'])
        self.assertEqual(client.get('Account', 'Queued'), 0)

    def test_bare_duplicate(self):
        """A duplicate's answer without the message's id is settled through the history."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('settings', duplicate_form='bare')
        sandbox.control('socket', ack='drop', count=1)
        client_id = client.send_text(ECHO, 'which id did I get?')
        sandbox.wait('accepted', user='alice', count=1)
        since = self.now(client)
        sandbox.control('disconnect', how='drop')
        self.back(client, since)
        client.wait_sent(client_id)
        [accepted] = sandbox.accepted('alice')
        self.assertEqual(client.call('Conversations', 'GetMessage', '(x)', client_id)[0], accepted['server_mid'])

    def test_bare_duplicate_of_what_is_gone(self):
        """The service took it, so it is sent, though the history does not have it any more."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        sandbox.control('settings', duplicate_form='bare', history_limit=1)
        sandbox.control('socket', ack='drop', count=1)
        client_id = client.send_text(ECHO, 'soon forgotten')
        sandbox.wait('accepted', user='alice', count=1)
        last = sandbox.send('echo', 'alice', 'this is kept')
        client.wait_message(lambda one: one.id == last)
        since = self.now(client)
        sandbox.control('disconnect', how='drop')
        self.back(client, since)
        client.wait_sent(client_id)
        self.assertEqual(client.outbox(), [])
        self.assertEqual(len(sandbox.accepted('alice')), 1)

    def test_refused_connections(self):
        sandbox, daemon, client = self.one()
        since = self.now(client)
        sandbox.control('socket', refuse=2)
        sandbox.control('disconnect', how='drop')
        self.lost(client, since)
        client.call('Account', 'Reconnect')
        harness.wait_for(lambda: client.call('Account', 'GetStatus')['attempts'] >= 1, 'a failed try is counted')
        self.back(client, since, by_itself=True)
        self.assertEqual(client.call('Account', 'GetStatus')['attempts'], 0)

    def test_nobody_listens(self):
        """Discovery at a port where nothing is."""
        with socket.socket() as closed:
            closed.bind(('127.0.0.1', 0))
            port = closed.getsockname()[1]
            daemon = self.daemon(config='[service]\napp_id=sandbox\ndns_server=http://127.0.0.1:%d/dns\n' % port)
            client = daemon.start()
            pending = client.start('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
            harness.wait_for(lambda: pending.done or client.state == 'waiting', 'the try has failed')
            client.wait_event('FlooError', lambda event: event.args[0] == 'DNS_FAILED')
            self.assertEqual(client.last_error[0], 'Offline')
            client.call('Account', 'Logout', '(a{sv})', {})
            self.assertEqual(client.state, 'signed-out')
            with self.assertRaises(harness.Failure) as caught:
                pending.result()
            self.assertIn(caught.exception.name, ('Cancelled', 'Offline'))

    def test_login_takes_too_long(self):
        sandbox, daemon, client = self.one(user=None)
        sandbox.control('rest', path='/token/user', status=500, count=-1)
        reason = self.fails('Timeout', client.call, 'Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
        self.assertIn(client.state, ('waiting', 'authenticating', 'discovering'), reason)
        sandbox.control('rest', clear=True)
        client.call('Account', 'Reconnect')
        client.wait_state('online')

    def rest_fault(self, **fault):
        """The lists fail at a restart; it tries again."""
        sandbox, daemon, client = self.one()
        daemon.stop()
        sandbox.control('rest', path='/roster/list', count=1, **fault)
        client = daemon.start()
        client.wait_event('LoginFail')
        self.assertTrue(client.named('LoginFail')[0].args[0].startswith('get roster list failure:'))
        harness.wait_for(lambda: client.state == 'online' or client.last_error[0], 'LastError tells why')
        self.back(client, (0, 0))
        return sandbox, daemon, client

    def test_rest_500(self):
        self.rest_fault(status=500)

    def test_rest_garbage(self):
        self.rest_fault(body='<html>Welcome to the hotel</html>')

    def test_rest_wrong_shape(self):
        self.rest_fault(body='{"code":200,"data":{"surprise":[[[[]]]]}}')

    def test_rest_drop(self):
        self.rest_fault(drop=True)

    def test_rest_402(self):
        sandbox, daemon, client = self.one()
        daemon.stop()
        sandbox.control('rest', path='/roster/list', code=402, message='token is void')
        client = daemon.start()
        client.wait_event('FlooNotice', lambda event: event.args == ('action', 'relogin'))
        self.back(client, (0, 0))

    def test_rest_faults_while_online(self):
        """A failed or invalid response fails its call, and nothing else."""
        sandbox, daemon, client = self.one()
        for fault, error in (({'status': 500}, None), ({'body': 'garbage'}, 'ProtocolError'), ({'body': '{"code":200'}, 'ProtocolError'),
                             ({'body': '[]'}, 'ProtocolError'), ({'body': '[' * 100000}, 'ProtocolError'),
                             *[({'drop': True, 'count': 10}, 'Offline')] * 4,  # libsoup 3.6 loses count at some of them
                             ({'code': 10028, 'message': 'try later'}, 'RateLimited'), ({'code': 12345, 'message': 'odd'}, 'Rejected')):
            with self.subTest(**{key: str(value)[:20] for key, value in fault.items()}):
                sandbox.control('rest', path='/roster/list', **fault)
                with self.assertRaises(harness.Failure) as caught:
                    client.call('Roster', 'List', '(b)', True)
                self.assertIn(caught.exception.name, [error] if error else ['Offline', 'ProtocolError', 'Rejected'], caught.exception.text)
                sandbox.control('rest', clear=True)
                self.assertEqual(client.state, 'online')
                self.assertEqual(len(client.call('Roster', 'List', '(b)', True)[0]), 4)
        self.assertTrue(caught.exception.text.startswith('12345: '), caught.exception.text)

    def test_slow_rest(self):
        """A late response delays no other call."""
        sandbox, daemon, client = self.one()
        asked = len([one for one in sandbox.control('requests')['requests'] if one['path'] == '/roster/list'])
        sandbox.hold('/roster/list')
        slow = client.start('Roster', 'List', '(b)', True)
        sandbox.wait('request', path='/roster/list', count=asked + 1)
        for _ in range(20):
            self.assertLess(client.start('Conversations', 'List', '(sua{sv})', '', 10, {}).result() is None, 1)
        client.wait_sent(client.send_text(ECHO, 'meanwhile'))
        self.assertFalse(slow.done)
        sandbox.release()
        self.assertEqual(len(slow.result()[0]), 4)

    def test_malformed(self):
        """Whatever comes over the socket: the connection goes on or is made anew, and nothing is lost."""
        sandbox, daemon, client = self.one()
        for what in ('frame', 'text', 'huge', 'garbage'):
            with self.subTest(what=what):
                sandbox.wait('connected', user='alice')
                sandbox.control('socket', malformed=what, user='alice')
                mid = sandbox.send('bob', 'alice', 'after ' + what)
                harness.wait_for(lambda: client.received() and any(one.id == mid for one in client.received()), 'message after ' + what)
                client.wait_state('online')
                client.wait_sent(client.send_text(ECHO, what))
                client.wait_message(lambda one: one.content == 'echo: ' + what)
        self.settle(client)
        told = [one.id for one in client.received()]
        self.assertEqual(len(told), len(set(told)))
        self.assertEqual(self.texts(sandbox), ['frame', 'text', 'huge', 'garbage'])

    def test_login_accepted_again(self):
        """The service confirms the login a second time: that is ignored."""
        sandbox, daemon, client = self.one()
        device = client.get('Account', 'DeviceSn')
        for _ in range(3):
            sandbox.control('socket', malformed='provision', user='alice')
        mid = sandbox.send('bob', 'alice', 'after it')
        client.wait_message(lambda one: one.id == mid)
        self.settle(client)
        self.assertEqual(len(client.named('LoginSuccess')), 1)
        self.assertEqual(client.get('Account', 'DeviceSn'), device)

    def test_sent_through_a_storm(self):
        """Connections break again and again while messages go out: each is accepted once, in order."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        texts, ids = [], []
        for i in range(4):
            for k in range(25):
                texts.append('%d-%d' % (i, k))
                ids.append(client.send_text(ECHO, texts[-1]))
            sandbox.control('disconnect', how='drop')
            harness.wait_for(lambda: client.state != 'online' or not client.get('Account', 'Queued'), 'the loss is noticed')
            client.call('Account', 'Reconnect')
        client.wait_state('online')
        self.all_sent(client, ids)
        self.assertEqual(self.texts(sandbox), texts)
        self.settle(client)
        self.assertEqual([one.content for one in client.received(ECHO)], texts)


class WaitingTest(harness.Test):
    """What is waited for before there is a socket ends when the network comes or the machine wakes."""

    def scene(self, available=True):
        self.system = SystemBus(self, available)
        scene = self.one(persist=True, env={'DBUS_SYSTEM_BUS_ADDRESS': self.system.address})
        harness.wait_for(self.system.asked.is_set, 'the network is watched')
        return scene

    def heard(self, daemon, line):
        harness.wait_for(lambda: line in daemon.process.text(), line)

    def wake(self, daemon):
        """Repeated until it is received: the daemon may not have subscribed yet."""
        harness.wait_for(lambda: 'The machine has resumed' in daemon.process.text() or self.system.sleep(False), 'the daemon hears it')

    def long_wait(self, client):
        """Until the next try is a long time away; returns when it is, ms."""
        def is_long():
            client.call('Account', 'Reconnect')
            client.wait_state('waiting')
            return client.get('Account', 'NextRetry') - time.time() * 1000 > 20000
        harness.wait_for(is_long, 'the next try is far away')
        return client.get('Account', 'NextRetry')

    def ends(self, news):
        """Discovery fails again and again; then the service is there, and news comes."""
        sandbox, daemon, client = self.scene()
        daemon.stop()
        sandbox.stop()
        client = daemon.start()
        client.wait_state('waiting')
        self.system.network(False)
        self.heard(daemon, 'The network is down')
        retry = self.long_wait(client)
        sandbox.start()
        since = len(client.events)
        news(daemon)
        client.wait_event('LoginSuccess', since=since)
        self.assertLess(time.time() * 1000, retry, 'it did not wait for its timer')

    def test_network_comes(self):
        self.ends(lambda daemon: self.system.network(True))

    def test_machine_wakes(self):
        self.ends(self.wake)

    def begins_anew(self, path, news):
        """Earlier requests are never answered: they are sent again."""
        sandbox, daemon, client = self.scene()
        daemon.stop()
        before = len([one for one in sandbox.control('requests')['requests'] if one['path'] == path])
        sandbox.control('rest', path=path, delay_ms=600000, count=1)
        client = daemon.start()
        sandbox.wait('request', path=path, count=before + 1)
        news(daemon)
        client.wait_event('LoginSuccess')
        self.assertEqual(client.named('LoginFail'), [])

    def network_comes(self, daemon):
        for available in (False, True):
            self.system.network(available)
            self.heard(daemon, 'The network is up again' if available else 'The network is down')

    def test_network_comes_while_the_lists_are_awaited(self):
        self.begins_anew('/roster/list', self.network_comes)

    def test_machine_wakes_while_the_lists_are_awaited(self):
        self.begins_anew('/roster/list', self.wake)

    def test_machine_wakes_while_the_token_is_awaited(self):
        """Login itself waits for it."""
        self.system = SystemBus(self)
        sandbox, daemon, client = self.one(user=None, env={'DBUS_SYSTEM_BUS_ADDRESS': self.system.address})
        sandbox.control('rest', path='/token/user', delay_ms=600000, count=1)
        login = client.start('Account', 'Login', '(ssa{sv})', 'alice', 'alice-secret', {})
        sandbox.wait('request', path='/token/user')
        self.wake(daemon)
        self.assertEqual(login.result(), 1001)


if __name__ == '__main__':
    harness.main()
