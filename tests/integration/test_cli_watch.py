# SPDX-License-Identifier: GPL-3.0-or-later
"""`flooim watch`: which events, in which form; a position that survives restarts; a command for each event."""

import json
import os
import random
import re
import signal

import cli
import harness
from cli import BOB, FAILED, INTERRUPTED, NOT_NOW, TEAM, UNAVAILABLE, USAGE

# Appends the content to a file, in one write; the shell's own kill may come between this and its end.
HANDLER = '''printf '%%s\\n' "$FLOOIM_CONTENT" >> %s'''


class WatchTest(cli.Test):

    def watch(self, daemon, *args, **how):
        process = self.begin(daemon, 'watch', *args, **how)
        return process

    def contents(self, process):
        return [one['message']['content'] for one in (json.loads(line) for line in self.read(process).split('\n')[:-1]) if 'message' in one]

    def test_events(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        everything = self.watch(daemon, '--json')
        of_bob = self.watch(daemon, '--json', '--from', 'bob')
        in_team = self.watch(daemon, '--json', '--in', 'Team')
        unread = self.watch(daemon, '--json', '--events', 'UnreadChange, RecentListUpdate')
        text = self.watch(daemon)
        all_of_them = (everything, of_bob, in_team, unread, text)
        n = 0

        def ready():
            nonlocal n
            n += 1
            sandbox.send('bob', 'alice', 'ready %d' % n)
            sandbox.send('bob', 2001, 'ready %d' % n)
            return all('ready' in self.read(one) for one in (everything, of_bob, in_team, text)) and self.read(unread)
        harness.wait_for(ready, 'they listen')
        sandbox.send('carol', 'alice', 'from carol')
        sandbox.send('bob', 'alice', 'from bob')
        sandbox.send('carol', 2001, 'to the team')
        client.call('Groups', 'SetName', '(xs)', TEAM, 'New name')
        sandbox.send('bob', 2001, 'last\nline')
        for one in (everything, of_bob, in_team):
            self.wait_output(one, lambda output: r'"last\nline"' in output, 'the last message')
        # The group's name may have changed before or after.
        self.wait_output(text, lambda output: re.search('Bob in (Team|New name): last\nline\n', output), 'the last message')
        self.assertNotIn('from carol', self.contents(of_bob))
        self.assertIn('from bob', self.contents(of_bob))
        self.assertEqual([one for one in self.contents(in_team) if 'ready' not in one], ['to the team', 'last\nline'])
        self.assertLessEqual({'from carol', 'from bob', 'to the team', 'last\nline'}, set(self.contents(everything)))
        self.assertEqual({json.loads(line)['event'] for line in self.read(unread).split('\n')[:-1]}, {'UnreadChange', 'RecentListUpdate'})
        self.assertRegex(self.read(text), r'(?m)^\d{4}-\d\d-\d\d \d\d:\d\d Carol: from carol$')
        serials = [json.loads(line)['serial'] for line in self.read(everything).split('\n')[:-1]]
        self.assertEqual(serials, sorted(serials))
        self.says(daemon, 'there is no event Nothing', 'watch', '--events', 'Nothing', status=USAGE)
        for one in all_of_them[1:]:
            one.send_signal(signal.SIGINT)
            self.assertEqual(self.wait_end(one), INTERRUPTED)
        daemon.process.expected = {UNAVAILABLE}
        daemon.bus.end()
        self.assertEqual(self.wait_end(everything), UNAVAILABLE)
        self.assertIn('the session bus went away', self.read(everything, 'err'))

    def test_exec(self):
        """Each in its turn, with all that is known of it; status, input that is not read, and long texts."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        out, state = os.path.join(self.root, 'out'), os.path.join(self.root, 'state')
        self.flooim(daemon, 'send', 'echo', 'before', '--wait')
        script = os.path.join(self.root, 'handler')
        with open(script, 'w') as file:
            file.write('''#!/bin/bash
if [ "$FLOOIM_EVENT" = FlooNotice ]; then exit 0; fi
case $FLOOIM_CONTENT in
  ignore*) exit 0 ;;
  fail) [ -e %(root)s/mended ] || exit 3 ;;
esac
cat > %(root)s/json
printf '%%s\\n' "$FLOOIM_EVENT/$FLOOIM_SERIAL/$FLOOIM_FROM/$FLOOIM_TO_TYPE/$FLOOIM_TYPE/$FLOOIM_CONVERSATION/${FLOOIM_CONTENT:0:20}" >> %(out)s
''' % {'root': self.root, 'out': out})
        os.chmod(script, 0o700)

        def lines():
            if not os.path.exists(out):
                return []
            with open(out, encoding='utf-8') as file:
                return file.read().splitlines()

        args = ('--state', state, '--from', 'bob', '--exec', script)
        # an empty state begins now; what comes while it does not run is not missed
        watching = self.watch(daemon, *args)
        harness.wait_for(lambda: os.path.exists(state) and os.path.getsize(state) == 256, 'it has its place')
        sandbox.send('bob', 'alice', 'one')
        harness.wait_for(lambda: len(lines()) == 1, 'the first')
        self.assertRegex(lines()[0], r'^RosterMessages/\d+/1002/roster/text/1002/one$')
        with open(os.path.join(self.root, 'json')) as file:
            told = json.load(file)
        self.assertEqual((told['event'], told['message']['content'], told['message']['id']), ('RosterMessages', 'one',
                                                            told['message']['id']))
        self.assertIn('another flooim watch uses it', self.flooim(daemon, 'watch', *args, status=FAILED).error)
        watching.send_signal(signal.SIGTERM)
        self.assertEqual(self.wait_end(watching), 0)
        sandbox.send('bob', 'alice', 'two')
        sandbox.send('carol', 'alice', 'not for it')
        sandbox.send('bob', 'alice', 'ignored ' + 'x' * 65500)  # its input is more than a pipe holds, and is not read
        sandbox.send('bob', 'alice', 'y' * 200000)  # more than a variable may have
        sandbox.send('bob', 'alice', 'three')
        watching = self.watch(daemon, *args)
        harness.wait_for(lambda: lines() and lines()[-1].endswith('/three'), lambda: 'the third: %s' % lines())
        self.assertEqual([line.rpartition('/')[2] for line in lines()], ['one', 'two', '', 'three'])

        # what fails counts as not handled, and is told
        sandbox.send('bob', 'alice', 'fail')
        self.assertEqual(self.wait_end(watching), FAILED)
        self.assertIn('ended with status 3', self.read(watching, 'err'))
        self.assertIn('handled again at the next start', self.read(watching, 'err'))
        sandbox.send('bob', 'alice', 'four')
        with open(os.path.join(self.root, 'mended'), 'w'):
            pass
        watching = self.watch(daemon, *args)
        harness.wait_for(lambda: lines()[-1].endswith('/four'), 'the fourth')
        self.assertEqual([line.rpartition('/')[2] for line in lines()[-2:]], ['fail', 'four'])
        watching.kill()

        # another journal: it says that it starts over
        watching.wait()
        client.call('Account', 'Logout', '(a{sv})', {'erase': harness.GLib.Variant('b', True)})
        client.login('alice')
        self.come_to_rest(sandbox, client, 'alice')
        watching = self.watch(daemon, *args)
        self.wait_output(watching, lambda text: 'it had to start over' in text, 'that it starts over', 'err')
        sandbox.send('bob', 'alice', 'five')
        harness.wait_for(lambda: lines()[-1].endswith('/five'), 'the fifth')
        watching.kill()

        # no file of it
        with open(os.path.join(self.root, 'other'), 'w') as file:
            file.write('precious')
        self.says(daemon, 'this is not a state file of flooim watch', 'watch', '--state', 'other', status=FAILED)
        with open(os.path.join(self.root, 'other')) as file:
            self.assertEqual(file.read(), 'precious')
        # without a state it goes on behind a failure
        watching = self.watch(daemon, '--from', 'bob', '--exec', 'echo "$FLOOIM_CONTENT"; false')
        harness.wait_for(lambda: sandbox.send('bob', 'alice', 'again') and self.read(watching).count('again') > 1, 'it goes on')
        self.assertIsNone(watching.poll())

    def test_kills(self):
        """2,000 messages through 20 kills each of command, daemon and sandbox: none skipped, in order, twice at most the one being
        handled."""
        sandbox = self.sandbox(persist=True, verbose=False)
        daemon = self.daemon(sandbox=sandbox, verbose=False)
        client = daemon.start()
        client.login('alice')
        self.come_to_rest(sandbox, client, 'alice')
        out, state = os.path.join(self.root, 'out'), os.path.join(self.root, 'state')
        random.seed(11)
        args = ('--state', state, '--from', 'bob', '--events', 'RosterMessages', '--exec', HANDLER % out)
        watching = self.watch(daemon, *args)
        harness.wait_for(lambda: os.path.exists(state) and os.path.getsize(state) == 256, 'it has its place')

        def count():
            if not os.path.exists(out):
                return 0
            with open(out, 'rb') as file:
                return file.read().count(b'\n')

        def go_on():
            """One that found no daemon when it started, or lost it before it had begun, is started again, as what supervises it would."""
            nonlocal watching
            if watching.poll() in (UNAVAILABLE, NOT_NOW):
                watching = self.watch(daemon, *args)
            self.assertIsNone(watching.poll(), self.read(watching, 'err'))
            return True

        sent = 0
        kills = ['command', 'daemon', 'sandbox'] * 20
        random.shuffle(kills)
        for kill in kills:
            size = 2000 // len(kills) + (2000 % len(kills) > sent % len(kills) and 1 or 0)
            sandbox.control('burst', from_='bob', to='alice', content='%d-' % sent, count=size)
            sent += size
            before = count()
            harness.wait_for(lambda: go_on() and count() > before + random.randint(0, size // 2), 'some are handled')
            if kill == 'command':
                watching.kill()
                watching.wait()
                watching = self.watch(daemon, *args)
            elif kill == 'daemon':
                daemon.kill()
                daemon.start()
            else:
                sandbox.control('save')
                sandbox.process.expected = {0, -signal.SIGKILL}
                sandbox.process.send_signal(signal.SIGKILL)
                sandbox.process.wait()
                sandbox.start()
                client.call('Account', 'Reconnect')
        last = sandbox.send('bob', 'alice', 'the last one')
        sent += 1
        self.assertGreater(last, 0)

        def ended():
            go_on()
            with open(out, encoding='utf-8') as file:
                return file.read().endswith('the last one\n')
        harness.wait_for(ended, lambda: '%d of %d' % (count(), sent), limit=3 * harness.LIMIT)
        self.assertGreaterEqual(sent, 2000)
        watching.send_signal(signal.SIGTERM)
        self.assertEqual(self.wait_end(watching), 0)
        with open(out, encoding='utf-8') as file:
            lines = file.read().splitlines()
        kept = [line for i, line in enumerate(lines) if i == 0 or lines[i - 1] != line]
        stored = [one[5] for one in self.all_messages(client)][-sent:]
        self.assertEqual(kept, stored)
        self.assertEqual(len(kept), sent)
        self.assertLessEqual(len(lines) - len(kept), 20)
        print('# %d messages, %d kills, %d twice' % (sent, len(kills), len(lines) - len(kept)))

    @staticmethod
    def all_messages(client):
        messages, before = [], None
        while True:
            options = {'limit': harness.GLib.Variant('u', 500)}
            if before:
                options['before'] = harness.GLib.Variant('x', before)
            page, more = client.call('Conversations', 'GetMessages', '(xa{sv})', BOB, options)[:2]
            messages = page + messages
            if not more or not page:
                return messages
            before = page[0][0]


if __name__ == '__main__':
    harness.main()
