# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of shell in the README and in the manual, as they stand there."""

import json
import os
import re
import shutil
import unittest

import cli
import harness
from cli import BOB, CAROL, ZHANG

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
README = os.path.join(SOURCE, 'README.md')
PAGE = os.path.join(SOURCE, 'data', 'manual', 'shell.md')


def lines():
    """The indented lines of the page on shells, without comments."""
    with open(PAGE, encoding='utf-8') as file:
        page = file.read()
    return [line[4:] for line in page.split('\n') if line.startswith('    ') and not line.startswith('    #')]


class ReadmeTest(cli.Test):

    def line(self, beginning):
        found = [line for line in lines() if line.startswith(beginning)]
        self.assertEqual(len(found), 1, beginning)
        return found[0]

    def test_first_lines(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        with open(os.path.join(self.root, 'photo.jpg'), 'wb') as file:
            file.write(b'\xff\xd8\xff\xe0\x00\x10JFIF\x00' + bytes(100))
        with open(README, encoding='utf-8') as file:
            self.assertIn(''.join('    %s\n' % line for line in lines()[:5]), file.read())
        for line in lines()[:5]:
            self.assertTrue(self.shell(daemon, line).output, line)
        client.wait_state('online')
        self.assertEqual([(one['to'], one['type']) for one in sandbox.accepted('alice')], [(BOB, 'text'), (2001, 'text'), (BOB, 'image')])
        for line in [line for line in lines() if line.startswith(('flooim call', 'flooim introspect'))]:
            self.assertTrue(self.shell(daemon, line).output, line)

    @unittest.skipUnless(shutil.which('jq'), 'jq is missing')
    def test_chores(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)

        # send once and know that it went
        line = self.line('flooim send bob \'Backup done\'')
        first = self.shell(daemon, line).output
        self.assertEqual(self.shell(daemon, line).output, first)
        self.assertEqual([one['server_mid'] for one in sandbox.accepted('alice')], [int(first)])

        # a program for each message of one person
        programs = self.folder('programs')
        with open(os.path.join(programs, 'notify-send'), 'w') as file:
            file.write('#!/bin/sh\nprintf "%%s|%%s\\n" "$1" "$2" >> %s/notified\n' % self.root)
        os.chmod(os.path.join(programs, 'notify-send'), 0o700)
        env = self.environment(daemon)
        env['PATH'] = programs + ':' + env['PATH']
        watching = self.begin(daemon, '-c', self.line('flooim watch --from bob'), program='/bin/bash', env=env)
        notified = os.path.join(self.root, 'notified')
        harness.wait_for(lambda: sandbox.send('carol', 'alice', 'other') and sandbox.send('bob', 'alice',
                                                            'ready') and os.path.exists(notified),
                         'it listens')
        sandbox.send('bob', 'alice', 'with "quotes" and $HOME')

        def notes():
            with open(notified) as file:
                return file.read()
        harness.wait_for(lambda: notes().endswith('Bob|with "quotes" and $HOME\n'), notes)
        self.assertNotIn('other', notes())
        watching.kill()

        # all pictures of a conversation
        self.assertEqual(self.shell(daemon, self.line('flooim download --all')).output, 'pictures/build.png\n')

        # a group, an announcement, silence for one
        self.shell(daemon, self.line('flooim groups create'))
        [group] = [one for one in self.flooim(daemon, 'groups', '--json').json if one['name'] == 'Lunch']
        members = {one['user_id'] for one in self.flooim(daemon, 'groups', 'members', 'Lunch', '--json').json}
        self.assertEqual(members, {'1001', str(BOB), str(CAROL), str(ZHANG)})
        self.assertEqual(client.call('Groups', 'ListAnnouncements', '(x)', int(group['group_id']))[0]['content'], 'Pizza at noon')
        self.assertEqual([one['user_id'] for one in self.flooim(daemon, 'groups', 'banned', 'Lunch', '--json').json], [str(CAROL)])

        # a message by what it says
        client.call('Conversations', 'GetMessages', '(xa{sv})', ZHANG, {})
        self.assertIn('明天的会议', self.shell(daemon, self.line('flooim search')).output)

        # what waits while offline
        sandbox.stop()
        client.wait_state('waiting')
        ids = [self.flooim(daemon, 'send', 'bob', 'later').output.strip() for _ in range(2)]
        self.assertEqual([row[0] for row in self.shell(daemon, lines()[lines().index('flooim outbox')]).rows], ids)
        self.shell(daemon, self.line('flooim outbox --json'))
        self.assertEqual(self.flooim(daemon, 'outbox').output, '')

    def test_timer(self):
        """What systemd says of the units."""
        if not shutil.which('systemd-analyze'):
            self.skipTest('systemd-analyze is missing')
        with open(PAGE, encoding='utf-8') as file:
            units = re.findall(r'    # (report\.\w+)\n((?:    .*\n)+)', file.read())
        self.assertEqual([name for name, _ in units], ['report.service', 'report.timer'])
        for name, text in units:
            with open(os.path.join(self.root, name), 'w') as file:
                file.write(re.sub('(?m)^    ', '', text))
        done = self.run_raw(None, ['systemd-analyze', 'verify', './report.service', './report.timer'], env=dict(os.environ))
        self.assertEqual((done.status, done.error), (0, ''))

    def test_export(self):
        """10,000 messages as JSON lines, with flat memory."""
        sandbox = self.sandbox(verbose=False)
        daemon = self.daemon(sandbox=sandbox, verbose=False)
        client = daemon.start()
        client.login('alice')
        self.come_to_rest(sandbox, client, 'alice')
        sandbox.control('burst', from_='bob', to='alice', content='no. ', count=10000)
        harness.wait_for(lambda: client.call('Conversations', 'Get', '(x)', BOB)['unread'] >= 10000, 'they are here',
                         limit=3 * harness.LIMIT)
        line = self.line('flooim history bob --all')
        self.shell(daemon, line + '; grep VmHWM /proc/self/status >/dev/null')
        with open(os.path.join(self.root, 'bob.jsonl'), encoding='utf-8') as file:
            messages = [json.loads(one) for one in file]
        self.assertEqual(len(messages), 10007)
        ids = [int(one['id']) for one in messages]
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual(messages[0]['content'], 'Good morning!')
        numbers = [int(one['content'][4:]) for one in messages if re.fullmatch(r'no\. \d+', one['content'])]
        self.assertEqual(numbers, sorted(numbers))
        self.assertEqual(len(numbers), 10000)

    def test_bot(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        with open(PAGE, encoding='utf-8') as file:
            text = file.read()
        script = re.search(r'    (#!/bin/sh\n(?:    .*\n)+)', text.partition('## A bot')[2]).group(1).replace('\n    ', '\n')
        with open(os.path.join(self.root, 'answer'), 'w') as file:
            file.write(script)
        os.chmod(os.path.join(self.root, 'answer'), 0o700)
        line = self.line('flooim watch --state').replace('~', self.root)
        bot = self.begin(daemon, '-c', line, program='/bin/bash')
        state = os.path.join(self.root, '.bot')
        harness.wait_for(lambda: os.path.exists(state) and os.path.getsize(state) > 0, 'it has its place')
        sandbox.send('bob', 'alice', 'something else')
        sandbox.send('bob', 'alice', 'uptime')
        harness.wait_for(lambda: any('load average' in one['content'] for one in sandbox.accepted('alice')), lambda: self.read(bot, 'err'))
        self.assertEqual(len(sandbox.accepted('alice')), 1)
        self.assertEqual(sandbox.accepted('alice')[0]['to'], BOB)


if __name__ == '__main__':
    harness.main()
