# SPDX-License-Identifier: GPL-3.0-or-later
"""Disorder: clients, daemon and service are killed at random, sockets are cut and stalled, while messages flow both ways.

In the end what the clients handled is what the service accepted, nothing twice, nothing missing, in order; and all that was sent went out exactly once.

The service announces what is new or sends it unasked. Without a key that tells what has arrived it takes for delivered what it has only sent: then what was
lost on the way must be fetched, and may come late, but it must come.

FLOOIM_CHAOS_SECONDS: how long each (40); 50 messages a second, at most 20,000. FLOOIM_CHAOS_SEED: repeats a schedule.
"""

import itertools
import json
import os
import random
import re
import signal
import sqlite3
import sys
import time

from gi.repository import GLib

import harness

SECONDS = float(os.environ.get('FLOOIM_CHAOS_SECONDS', '40'))
SEED = int(os.environ.get('FLOOIM_CHAOS_SEED', '20240229'))
TOTAL = int(min(20000, SECONDS * 50))
SENDS = TOTAL // 4
ALICE, GROUP = 1001, 2001
SENDERS = {'bob': 1002, 'carol': 1003, 'zhang-wei': 1006}
RECEIVERS = [('roster', 1002), ('roster', 1003), ('roster', 1006), ('group', GROUP)]
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'data', 'examples')
# A connection that hangs is found out within two seconds; small pages: many of them are under way when something ends.
SERVICE = ['--page-size', '25', '--ping-interval', '1000', '--ping-timeout', '1000']


class Program:
    """A client in a process of its own, killed and started again."""

    def __init__(self, test, daemon, name, argv):
        self.test, self.daemon, self.name, self.argv = test, daemon, name, argv
        self.kills = 0
        self.start()

    def start(self):
        env = self.daemon.environment(PYTHONDONTWRITEBYTECODE='1', G_DEBUG='')
        self.process = harness.Process(self.name, [sys.executable] + self.argv, env, self.daemon.root)
        self.process.expected = {-signal.SIGKILL, -signal.SIGTERM}
        self.test.processes.append(self.process)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1
        self.start()

    def check(self):
        assert self.process.running, '%s ended with status %s:\n%s' % (self.name, self.process.status, self.process.text()[-3000:])


class Sends:
    """What the daemon is to send: each with a token, called again until a client_id is returned. And what is appended to a message, which is called once."""

    def __init__(self, client, count, rng, message):
        self.client = client
        self.rng = rng
        self.message = message     # client_id of the one that is appended to
        self.appends = []          # (pending, number)
        self.waiting = [(RECEIVERS[rng.randrange(4)], 'sent %d' % i) for i in range(count)][::-1]
        self.texts = {text: to for to, text in self.waiting}
        self.calls = []
        self.client_ids = {}       # text -> client_id
        self.repeated = 0

    def pump(self, at_most):
        """Some more calls at once; what failed is called again."""
        for pending, entry in [one for one in self.calls if one[0].done]:
            if pending.failure is None:
                self.client_ids[entry[1]] = pending.value
            else:
                assert pending.failure.name.rpartition('.')[2] in ('NoReply', 'ServiceUnknown', 'NameHasNoOwner', 'NotLoggedIn', 'Cancelled',
                                                                   'Disconnected', 'Offline'), pending.failure
                self.repeated += 1
                self.waiting.append(entry)
        self.calls = [one for one in self.calls if not one[0].done]
        while self.waiting and at_most > 0 and len(self.calls) < 50:
            at_most -= 1
            (to_type, to), text = entry = self.waiting.pop()
            options = {'token': GLib.Variant('s', 'token of ' + text)}
            self.calls.append((self.client.start('Conversations', 'Send', '(sxssa{sv})', to_type, to, 'text', text, options), entry))
            while self.rng.random() < 0.3:
                number = len(self.appends)
                self.appends.append((self.client.start('Conversations', 'Append', '(xsa{sv})', self.message, ' %d' % number, {}), number))

    @property
    def all_returned(self):
        return not self.waiting and not self.calls and all(one.done for one, _ in self.appends)

    @property
    def appended(self):
        """client_id -> number, of those that returned."""
        return {one.value: number for one, number in self.appends if one.done and one.failure is None}


class Scene:
    """pushed_page: whether what is sent unasked has a key; ack: late: answers come after the same time; random: in any order, some are lost."""

    def __init__(self, test, pushed_page, ack):
        self.test = test
        self.pushed_page = pushed_page
        self.ack = ack
        self.rng = random.Random(SEED)
        self.sandbox = test.sandbox(persist=True, args=SERVICE)
        self.daemon = test.daemon(sandbox=self.sandbox)
        self.client = self.daemon.start()
        self.begin_service()
        self.client.login('alice')
        self.sandbox.wait('delivered', user='alice')
        test.settle(self.client)
        folder = test.folder('clients')
        self.database = os.path.join(folder, 'handled.db')
        self.kept = os.path.join(folder, 'serial')
        here = os.path.dirname(os.path.abspath(__file__))
        self.exact = Program(test, self.daemon, 'exact', [os.path.join(here, 'chaos_client.py'), self.database])
        self.example = Program(test, self.daemon, 'example', [os.path.join(EXAMPLES, 'subscriber.py'), self.kept])
        harness.wait_for(lambda: os.path.exists(self.kept) and self.handled_count('reloads') == 1, 'both clients have their place')
        self.began = self.client.send_text(1003, 'begin')
        self.client.wait_sent(self.began)
        # What the login still fetches may have told of something since they took it.
        self.journal, _, self.first = self.client.call('Events', 'GetPosition')
        self.sends = Sends(self.client, SENDS, self.rng, self.began)
        self.accepted = []         # server ids of what others sent to alice
        self.counts = {}

    def begin_service(self):
        self.sandbox.control('bot', on=False)
        self.delay_answers()
        if self.pushed_page == 'zero':
            self.sandbox.control('settings', delivery='push')

    def delay_answers(self):
        self.sandbox.control('socket', ack=self.ack, count=-1, ack_delay_ms=150 if self.ack == 'late' else 300,
                             ack_lost=0 if self.ack == 'late' else 1)

    def handled_count(self, table='handled'):
        try:
            with sqlite3.connect('file:%s?mode=ro' % self.database, uri=True, timeout=10) as db:
                return db.execute('select count(*) from ' + table).fetchone()[0]
        except sqlite3.OperationalError:  # not made yet
            return 0

    # -- load --

    def flow(self, count):
        """Some messages of others, one by one or at once, and some of ours."""
        sender = self.rng.choice(list(SENDERS))
        to = self.rng.choice(['alice', 'alice', GROUP]) if sender != 'carol' else 'alice'
        count = min(count, TOTAL - SENDS - len(self.accepted))
        text = 'received after %d: ' % len(self.accepted)
        if count > 0 and self.rng.random() < 0.3:
            self.accepted += self.sandbox.control('send', from_=sender, to=to, content=text, count=count)['server_mids']
        elif count > 0:
            answer = self.sandbox.control('burst', from_=sender, to=to, content=text, count=count)
            self.accepted += range(answer['first_mid'], answer['last_mid'] + 1)
        self.sends.pump(self.rng.randrange(20))

    def progress(self, events, limit):
        """Until so many events came, or some time without them is over: what hangs is to be disturbed, too."""
        until = len(self.client.events) + events
        try:
            harness.wait_for(lambda: len(self.client.events) >= until, 'events', limit)
        except AssertionError:
            pass

    # -- disorder --

    def kill_daemon(self):
        self.daemon.kill()
        if self.rng.random() < 0.3:
            self.flow(20)
        self.daemon.launch()
        if self.rng.random() < 0.7:
            self.daemon.wait_name(self.client)

    def kill_daemon_early(self):
        """While it catches up, and more comes."""
        self.daemon.kill()
        self.flow(30)
        self.daemon.launch()
        self.sandbox.wait('connected', user='alice')
        for _ in range(self.rng.randrange(1, 4)):
            self.flow(10)
        self.daemon.kill()
        self.daemon.launch()

    def restart_service(self):
        self.sandbox.stop()
        self.sends.pump(10)
        if self.rng.random() < 0.5:
            self.progress(self.rng.randrange(1, 10), 0.5)
        self.sandbox.start()
        self.begin_service()

    def cut(self):
        self.sandbox.control('disconnect', how=self.rng.choice(['close', 'drop', 'half-close']), user='alice')

    def stall(self):
        self.sandbox.control('stall', on=True, user='alice')
        self.flow(20)
        self.progress(50, self.rng.choice([0.2, 3]))
        self.sandbox.control('stall', on=False, user='alice')

    def lose_acks(self):
        self.sandbox.control('socket', ack=self.rng.choice(['drop', 'late', 'twice']), count=self.rng.randrange(1, 4),
                             ack_delay_ms=self.rng.randrange(500))
        self.flow(5)
        self.progress(5, 0.3)
        self.sandbox.control('disconnect', how='drop', user='alice')
        self.delay_answers()

    def refuse_for_now(self):
        """In the middle of what is on its way."""
        self.sandbox.control('message', status='RATE_LIMIT_EXCEEDED', user='alice', after=self.rng.randrange(10), every=self.rng.randrange(1, 6),
                             count=self.rng.randrange(1, 5))
        self.sends.pump(20)

    def refuse(self):
        self.sandbox.control('socket', refuse=self.rng.randrange(1, 3), delay_ms=self.rng.randrange(200))
        self.sandbox.control('disconnect', how='drop', user='alice')

    def change_ways(self):
        self.sandbox.control('settings', last_page=self.rng.choice(['key', 'zero']),
                             delivery=self.rng.choice(['notice', 'push', 'push']), pushed_page=self.pushed_page,
                             frame_form=self.rng.choice(['binary', 'base64', 'fragments']), notice_form=self.rng.choice(['xid', 'notice']),
                             compress=self.rng.random() < 0.5, omit_xid=self.rng.random() < 0.3)

    def disturb(self):
        deed, = self.rng.choices([self.exact.kill, self.example.kill, self.kill_daemon, self.kill_daemon_early, self.restart_service, self.cut, self.stall, self.lose_acks,
                                  self.refuse_for_now, self.refuse, self.change_ways], [6, 4, 4, 4, 3, 5, 2, 5, 5, 2, 6])
        name = getattr(deed.__self__, 'name', '') + ' ' + deed.__name__
        self.counts[name] = self.counts.get(name, 0) + 1
        deed()
        if self.client.state == 'waiting' and self.rng.random() < 0.8:
            try:
                self.client.call('Account', 'Reconnect')
            except harness.Failure:  # it came online, or was killed, in between
                pass

    def run(self):
        end = time.monotonic() + SECONDS
        share = max(1, int((TOTAL - SENDS) / SECONDS / 2))  # of half a second
        while time.monotonic() < end:
            left = max(end - time.monotonic(), 0.5)
            due = (TOTAL - SENDS) * (1 - left / SECONDS) - len(self.accepted)
            if due > 0:
                self.flow(self.rng.randrange(1, 2 + 2 * share + int(due)))
            self.progress(self.rng.randrange(1, 60), 1)
            self.disturb()
            self.exact.check()
            self.example.check()

    def missing(self):
        return set(self.accepted) - {row[0] for row in self.daemon.query(ALICE, 'select id from messages')}

    def come_to_rest(self):
        """Everything that there is to be sent is accepted, and everything that there is to be handled is handled."""
        self.daemon.wait_name(self.client)
        self.sandbox.control('socket', ack='normal', count=-1, refuse=0, delay_ms=0)
        self.sandbox.control('settings', last_page='key', pushed_page='key')  # else the last page counts as received at the next UNREAD only
        while len(self.accepted) < TOTAL - SENDS:
            self.flow(500)
        self.cut()  # what was lost is not waited for, but looked for after the next connection

        def returned():
            self.sends.pump(50)
            return self.sends.all_returned
        harness.wait_for(returned, 'all Sends return', 120)
        self.client.wait_state('online', 60)
        harness.wait_for(lambda: self.client.get('Account', 'Queued') == 0,
                         lambda: 'the outbox is empty: %s' % self.client.outbox()[:5], 300)
        self.sandbox.wait('delivered', 120, user='alice')
        try:
            harness.wait_for(lambda: not self.missing(), 'everything is stored', 60)
        except AssertionError:  # check_messages() tells what
            pass
        self.last = self.client.call('Events', 'GetPosition')[2]

        def handled():
            self.last = self.client.call('Events', 'GetPosition')[2]
            with sqlite3.connect('file:%s?mode=ro' % self.database, uri=True, timeout=10) as db:
                exact = db.execute('select last from position').fetchone()[0]
            with open(self.kept) as file:
                return exact == self.last and json.load(file)[1] == self.last
        harness.wait_for(handled, 'both clients come to the end', 120)


def messages_of(rows):
    """The messages of handled events, in their order."""
    found = []
    for event, arguments in rows:
        if event in ('RosterMessages', 'GroupMessages'):
            found += [harness.message(one) for one in arguments[0]]
    return found


def printed_events(lines):
    """The events that the example printed. Where it was killed while it wrote, a line begins with part of another: its own is that which goes on from the last."""
    last = None
    for line in lines:
        found = {}
        for match in re.finditer('(?=([0-9]+) ([A-Z][A-Za-z]+) (\\[.*))', line):
            try:
                found[int(match[1])] = int(match[1]), match[2], json.loads(match[3])
            except ValueError:
                pass
        event = found.get(last) or found.get((last or 0) + 1) or next(iter(found.values()), None)
        if event:
            last = event[0] or last
            yield event


class Chaos(harness.Test):
    def test_nothing_is_lost_or_twice(self):
        self.play('key', 'late')

    def test_sent_unasked_without_a_key(self):
        self.play('zero', 'random')

    def play(self, pushed_page, ack):
        scene = Scene(self, pushed_page, ack)
        self.late = 0
        try:
            scene.run()
            scene.come_to_rest()
        finally:
            print('# seed %d, %d messages received, %d sent (%d calls repeated), %d appended; %s' % (
                SEED, len(scene.accepted), len(scene.sends.client_ids), scene.sends.repeated, len(scene.sends.appends),
                ', '.join('%s: %d' % one for one in sorted(scene.counts.items()))), flush=True)
        self.check_sent(scene)
        self.check_exact(scene)
        self.check_example(scene)
        self.check_store(scene)
        filled = scene.daemon.process.text().count('messages were missed')
        print('# %d messages came late, %d gaps were filled' % (self.late, filled), flush=True)

    def check_sent(self, scene):
        """Each Send exactly once, in the order of their client_ids within a conversation, but for those that were refused for the moment."""
        # The daemon need not have heard of it.
        refused = scene.sandbox.refused()
        first, *accepted = scene.sandbox.accepted('alice')
        contents = [one['content'] for one in accepted]
        self.assertEqual(sorted(contents), sorted(scene.sends.texts), 'not every Send is accepted exactly once')
        for one in accepted:
            self.assertEqual((one['to'], one['client_mid']), (scene.sends.texts[one['content']][1], scene.sends.client_ids[one['content']]))
        for _, to in RECEIVERS:
            ids = [one['client_mid'] for one in accepted if one['to'] == to and one['content'] not in refused]
            self.assertEqual(ids, sorted(ids), 'the order in the conversation with %d' % to)
        self.sent = accepted
        self.check_appended(scene, first['content'], refused)

    def check_appended(self, scene, content, refused):
        """Each Append that returned exactly once, the others once at most; in order, too."""
        numbers = [int(one) for one in content.split()[1:]]
        by_number = {number: client_id for client_id, number in scene.sends.appended.items()}
        self.assertEqual(len(numbers), len(set(numbers)), 'appended twice')
        self.assertEqual(set(by_number) - set(numbers), set(), 'not appended')
        moved = {int(one) for content in refused for one in content.split() if one.isdecimal()}
        order = [one for one in numbers if one not in moved]
        self.assertEqual(order, sorted(order))
        self.assertEqual(harness.message(scene.client.call('Conversations', 'GetMessage', '(x)', scene.began)).content, content)
        print('# %d of %d were refused for the moment' % (len(refused), len(numbers) + len(self.sent)), flush=True)

    def check_messages(self, scene, messages):
        """The messages handled are those accepted: none twice, none missing, in order."""
        received = [one.id for one in messages if one.sender != ALICE]
        self.assertEqual(len(received), len(set(received)), 'messages that came twice')
        missing = sorted(set(scene.accepted) - set(received))
        self.assertEqual((missing[:20], sorted(set(received) - set(scene.accepted))[:20]), ([], []), '%d missing, of %d' % (len(missing), len(scene.accepted)))
        own = [one.id for one in messages if one.sender == ALICE]
        self.assertEqual(sorted(own), sorted(one['server_mid'] for one in self.sent), 'our own messages')
        self.assertEqual([one for one in messages if 'is_history' in one.more], [], 'news that came as if they were old')
        for conversation in {one.conversation for one in messages}:
            # Our own come as they are acknowledged, which need not be their order.
            ids = [one.id for one in messages if one.conversation == conversation and one.sender != ALICE]
            if scene.pushed_page == 'key':
                self.assertEqual(ids, sorted(ids), 'the order in conversation %d' % conversation)
            else:
                self.late += sum(one < highest for one, highest in zip(ids, itertools.accumulate(ids, max)))

    def check_exact(self, scene):
        with sqlite3.connect(scene.database) as db:
            rows = db.execute('select journal, serial, event, arguments from handled where serial > ? order by n', (scene.first,)).fetchall()
            self.assertEqual(db.execute('select count(*) from reloads').fetchone()[0], 1, 'events were missing for good')
        serials = [row[1] for row in rows]
        self.assertEqual(serials, list(range(scene.first + 1, scene.last + 1)), 'serials have gaps, or come twice')
        self.assertEqual({row[0] for row in rows}, {scene.journal})
        self.check_messages(scene, messages_of([(row[2], json.loads(row[3])) for row in rows]))
        last = {}
        for _, _, event, arguments in rows:
            if event == 'SendingMessageStatusChanged':
                mid, status, details = json.loads(arguments)
                self.assertNotEqual(last.get(mid), 'sent', 'a change after the end of %d' % mid)
                last[mid] = status
        ids = set(scene.sends.client_ids.values())
        self.assertEqual({one: last.get(one) for one in ids}, {one: 'sent' for one in ids})
        self.assertEqual({status for one, status in last.items() if one not in ids}, {'sent'}, 'of what was appended')
        self.assertEqual(set(scene.sends.appended) - set(last), set())

    def check_example(self, scene):
        """The plain example: handled at least once; twice only what it was handling when it was killed."""
        rows = []
        with open(scene.example.process.log) as log:
            for serial, event, arguments in printed_events(log):
                if serial > scene.first:
                    rows.append((serial, event, arguments))
        serials = [row[0] for row in rows]
        repeated = sum(1 for before, after in zip(serials, serials[1:]) if before == after)
        self.assertLessEqual(repeated, scene.example.kills)
        single = [row for i, row in enumerate(rows) if i == 0 or rows[i - 1][0] != row[0]]
        self.assertEqual([row[0] for row in single], list(range(scene.first + 1, scene.last + 1)))
        self.check_messages(scene, messages_of([(event, arguments) for _, event, arguments in single]))

    def check_store(self, scene):
        """The store has the same, and counts what nobody has read."""
        ids = {row[0] for row in scene.daemon.query(ALICE, 'select id from messages')}
        self.assertEqual(sorted(set(scene.accepted) - ids), [])
        self.assertEqual(sorted({one['server_mid'] for one in self.sent} - ids), [])
        counted = dict(scene.daemon.query(ALICE, 'select conversation, count(*) from messages where unread group by conversation'))
        listed = scene.client.call('Conversations', 'List', '(sua{sv})', '', 500, {})[0]
        self.assertEqual({one['id']: one['unread'] for one in listed if one['unread']}, counted)
        self.assertEqual(scene.client.get('Account', 'UnreadTotal'), sum(one['unread'] for one in listed if not one['muted']))


if __name__ == '__main__':
    harness.main()
