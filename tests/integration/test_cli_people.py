# SPDX-License-Identifier: GPL-3.0-or-later
"""`flooim` and people: the account, contacts, groups; and files."""

import os
import re
import time

import cli
import harness
from cli import ALICE, BOB, CAROL, DAVE, ECHO, ERIN, FAILED, INTERRUPTED, NO_PERMISSION, NOT_FOUND, TEAM, USAGE, ZHANG


class PeopleTest(cli.Test):

    def test_account(self):
        sandbox, daemon, client = self.one(user=None)
        self.secrets += ['newcomer-secret', 'brand-new-secret']
        self.assertEqual(self.flooim(daemon, 'status', '--json').json[0]['State'], 'signed-out')
        for args in (['list'], ['send', 'bob', 'x'], ['contacts'], ['groups', 'ban', 'Team', 'x'], ['watch', '--from', 'bob']):
            failed = self.flooim(daemon, *args, status=NO_PERMISSION)
            self.assertIn('log in with: flooim login', failed.error)
        new = self.flooim(daemon, 'register', '-u', 'newcomer', '--password-stdin', stdin='newcomer-secret\n').output.strip()
        self.flooim(daemon, 'register', '--user', 'newcomer', '--password-stdin', stdin='newcomer-secret\n', status=FAILED)
        self.says(daemon, 'terminal', 'register', '--user', 'other', status=FAILED)
        self.flooim(daemon, 'login', '-u', 'alice', '--password-stdin', stdin='wrong', status=FAILED)
        # a file from Windows; a name that is not ASCII, in the C locale
        self.assertEqual(self.flooim(daemon, 'login', '-u', 'newcomer', '--password-stdin', stdin='newcomer-secret\r\n').output,
                         'Logged in.\n')
        self.flooim(daemon, 'password', '--password-stdin', stdin='wrong\nbrand-new-secret\n', status=FAILED)
        self.flooim(daemon, 'password', '--password-stdin', stdin='newcomer-secret\nbrand-new-secret\n')
        client.wait_state('online')
        self.says(daemon, '--yes', 'delete-account', '--password-stdin', status=USAGE)
        self.flooim(daemon, 'delete-account', '--yes', '--password-stdin', stdin='brand-new-secret')
        self.assertTrue(new.isdigit())
        client.wait_state('signed-out')
        env = self.environment(daemon, LC_ALL='C', LANG='C')
        self.assertNotIn('Invalid byte', self.flooim(daemon, 'login', '--user', '张伟', '--password-stdin', stdin='x', env=env,
                                                     status=FAILED).error)
        self.flooim(daemon, 'login', '--user', '#1001', '--password-stdin', stdin='alice-secret')
        self.flooim(daemon, 'login', '--user', 'alice', '--password-stdin', stdin='alice-secret', status=FAILED)

        profile = self.flooim(daemon, 'profile', '--json').json[0]
        self.assertEqual((profile['user_id'], profile['username']), (str(ALICE), 'alice'))
        self.flooim(daemon, 'profile', 'set', 'nick_name', 'Alice', 'L.')
        self.assertIn(['nick_name', 'Alice L.'], self.flooim(daemon, 'profile').rows)
        self.says(daemon, 'the keys are nick_name, description', 'profile', 'set', 'nothing', 'x', status=USAGE)
        self.flooim(daemon, 'settings', 'set', 'no_push', 'yes')
        self.flooim(daemon, 'settings', 'set', 'auth_mode', '0')
        self.assertIn(['auth_mode', 'anyone'], self.flooim(daemon, 'settings').rows)
        self.assertIs(self.flooim(daemon, 'settings', '--json').json[0]['no_push'], True)
        self.says(daemon, 'must be yes or no', 'settings', 'set', 'no_push', 'maybe', status=USAGE)
        devices = self.flooim(daemon, 'devices').rows
        self.assertEqual([row[1] for row in devices], ['web'])
        self.flooim(daemon, 'devices', 'kick', '99', status=NOT_FOUND)
        self.flooim(daemon, 'devices', 'kick', 'x', status=USAGE)
        self.assertEqual(self.flooim(daemon, 'logout').output, '')

    def test_contacts(self):
        sandbox, daemon, client = self.one()
        rows = self.flooim(daemon, 'contacts').rows
        self.assertEqual(sorted(row[1] for row in rows), ['Bob', 'Carol', 'Echo', '老张'])
        self.assertEqual({one['user_id'] for one in self.flooim(daemon, 'contacts', '--json').json}, {str(BOB), str(CAROL), str(ZHANG),
                                                            str(ECHO)})
        self.assertIn(['user_id', str(DAVE)], self.flooim(daemon, 'contacts', 'find', 'dave').rows)
        self.assertIn(['username', 'erin'], self.flooim(daemon, 'contacts', 'find', ERIN).rows)
        self.assertEqual(self.flooim(daemon, 'contacts', 'find', '13800001003', '--mobile', '--json').json[0]['user_id'], str(CAROL))
        self.flooim(daemon, 'contacts', 'find', 'nobody', status=NOT_FOUND)
        applications = self.flooim(daemon, 'contacts', 'applications').rows
        self.assertEqual([(row[0], row[3]) for row in applications], [(str(DAVE), 'Dave here, we met on Monday')])
        self.flooim(daemon, 'contacts', 'decline', 'user:dave', '--reason', 'not now')
        self.flooim(daemon, 'contacts', 'accept', 'user:dave', status=NOT_FOUND)
        self.flooim(daemon, 'contacts', 'add', 'user:dave', '--answer', 'blue', '--alias', 'Davy', '--reason', 'hello')
        harness.wait_for(lambda: any(row[1] in ('Davy', 'Dave') for row in self.flooim(daemon, 'contacts').rows), 'the contact is there')
        self.flooim(daemon, 'contacts', 'add', 'user:erin', status=NO_PERMISSION)
        self.flooim(daemon, 'contacts', 'alias', 'bob', 'Bob', 'from work')
        self.flooim(daemon, 'contacts', 'mute', 'Bob from work')
        [bob] = [one for one in self.flooim(daemon, 'contacts', '--json').json if one['user_id'] == str(BOB)]
        self.assertEqual((bob['alias'], bob['mute_notification']), ('Bob from work', True))
        self.flooim(daemon, 'contacts', 'unmute', 'bob')
        self.flooim(daemon, 'contacts', 'alias', 'bob')
        self.flooim(daemon, 'contacts', 'block', 'carol')
        self.assertEqual([row[0] for row in self.flooim(daemon, 'contacts', 'blocked').rows], [str(CAROL)])
        self.flooim(daemon, 'contacts', 'unblock', CAROL)
        self.assertEqual(self.flooim(daemon, 'contacts', 'blocked').output, '')
        self.flooim(daemon, 'contacts', 'remove', '老张')
        self.assertNotIn('老张', self.flooim(daemon, 'contacts').output)
        self.says(daemon, 'unexpected argument', 'contacts', 'frobnicate', status=USAGE)
        self.says(daemon, 'an argument is missing: flooim contacts block WHO', 'contacts', 'block', status=USAGE)

    def test_groups(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        run = lambda *args, **how: self.flooim(daemon, 'groups', *args, **how)  # noqa: E731
        self.assertEqual([row[:3] for row in sorted(run().rows)], [['2001', 'Team', '6'], ['2002', '项目组', '4']])
        self.assertIn('Lounge', run('public').output)
        self.assertEqual(run('info', 'team', '--json').json[0]['owner_id'], str(ALICE))
        self.assertIn(['name', 'Team'], run('info', 'Team').rows)
        self.assertIn(['role', 'owner'], run('info', 'Team').rows)
        roles = {'1001': 'owner', '1002': 'admin', '1003': 'member', '1004': 'member', '1006': 'member', '1099': 'member'}
        harness.wait_for(lambda: {row[0]: row[3] for row in run('members', 'Team').rows} == roles, 'the roles')
        self.assertEqual({row[0] for row in run('members', 'Team').rows}, {'1001', '1002', '1003', '1004', '1006', '1099'})
        self.assertEqual([row[0] for row in run('admins', 'Team').rows], [str(BOB)])

        # members who are no contacts have names as well, there
        run('ban', 'Team', 'dave', '--for', '1h')
        self.assertEqual([row[0] for row in run('banned', 'Team').rows], [str(DAVE)])
        run('unban', 'Team', 'Dave')
        self.says(daemon, 'no contact or member is called erin', 'groups', 'ban', 'Team', 'erin', status=NOT_FOUND)
        self.says(daemon, 'no contact is called dave', 'contacts', 'block', 'dave', status=NOT_FOUND)

        info = run('create', 'Lunch club', 'bob', 'carol', '老张', '--description', 'noon', '--json').json[0]
        harness.wait_for(lambda: 'Lunch club' in run().output, 'the group is there')
        self.assertEqual((info['name'], info['description']), ('Lunch club', 'noon'))
        self.assertEqual(len(run('members', 'Lunch').rows), 4)
        run('invite', 'Lunch', 'echo', '--reason', 'join us')
        run('kick', 'Lunch', 'carol', 'Echo')
        run('promote', 'Lunch', 'bob')
        run('demote', 'Lunch', 'bob')
        before = time.time()
        run('ban', 'Lunch', 'bob', '--for', '10m')
        banned = run('banned', 'Lunch', '--json').json
        self.assertEqual([one['user_id'] for one in banned], [str(BOB)])
        self.assertTrue(before + 590 < banned[0]['expired_time'] / (1000 if banned[0]['expired_time'] > 1e11 else 1) < before + 700, banned)
        run('unban', 'Lunch', 'bob')
        failed = run('unban', 'Lunch', 'bob', status=FAILED)
        self.assertIn('1 of 1 failed: is not banned', failed.error)
        self.assertEqual(run('unban', 'Lunch', 'bob', '--json', status=FAILED).json,
                         [{'user_id': str(BOB), 'result': 'fail', 'reason': 'is not banned'}])
        self.assertTrue(run('ban-all', 'Lunch').output.strip().lstrip('-').isdigit())
        run('unban-all', 'Lunch')
        run('block', 'Lunch', 'carol')
        self.assertEqual([row[0] for row in run('blocked', 'Lunch').rows], [str(CAROL)])
        run('unblock', 'Lunch', 'carol')
        run('set', 'Lunch', 'name', 'Lunch', 'at', 'one')
        run('set', 'Lunch', 'member_invite', 'no')
        run('set', 'Lunch', 'mute_mode', '1')
        run('set', 'Lunch', 'join_approval', '2')
        run('set', 'Lunch', 'display_name', 'Me')
        info = run('info', 'Lunch', '--json').json[0]
        self.assertEqual((info['name'], info['member_invite'], info['msg_mute_mode'], info['apply_approval']), ('Lunch at one', False, 1,
                                                            2))
        self.says(daemon, 'there is no key', 'groups', 'set', 'Lunch', 'nothing', '1', status=USAGE)
        posted = run('announce', 'Lunch', 'Friday', 'Pizza', 'again', '--json').json[0]
        self.assertEqual((posted['title'], posted['content']), ('Friday', 'Pizza again'))
        self.assertEqual([row[3:] for row in run('announcements', 'Lunch').rows], [['Friday', 'Pizza again']])
        with open(os.path.join(self.root, 'menu.txt'), 'w') as file:
            file.write('soup')
        run('share', 'Lunch', 'menu.txt')
        self.assertEqual([(row[1], row[2]) for row in run('files', 'Lunch').rows], [('menu.txt', '4')])
        self.assertEqual(run('fetch', 'Lunch', 'menu.txt', '-o', '-').output, 'soup')
        run('fetch', 'Lunch', 'nothing.txt', status=NOT_FOUND)
        run('transfer', 'Lunch', 'bob')
        run('destroy', 'Lunch', status=NO_PERMISSION)
        run('leave', 'Lunch')
        harness.wait_for(lambda: 'Lunch' not in run().output, 'it is gone')
        run('join', '2003', '--reason', 'hello')
        harness.wait_for(lambda: 'Lounge' in run().output, 'it is there')
        self.assertEqual(run('invitations').output, '')
        run('invitations', 'accept', '2001', 'bob', status=NOT_FOUND)
        self.assertEqual(run('applications', 'Team').output, '')
        run('applications', 'accept', 'Team', 'user:erin', status=NOT_FOUND)
        run('info', '4711', status=NOT_FOUND)

    def test_progress(self):
        """A bar for what takes its time, on a terminal; who interrupts it learns what goes on."""
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        path = os.path.join(self.root, 'large file')
        with open(path, 'wb') as file:
            file.write(os.urandom(2 << 20))
        ids = [self.flooim(daemon, 'send-file', 'bob', path).output.strip() for _ in range(2)]
        sandbox.control('files', what='download', delay_ms=30, count=-1)
        for columns, id in ((40, ids[0]), (200, ids[1])):
            status, shown = self.on_terminal(daemon, columns, 'download', id, '-o', 'copy', typed=[(b'#', b'\x03')])
            self.assertEqual(status, INTERRUPTED, shown)
            self.assertIn('the daemon continues', shown)
            bars = [part for part in re.split('\r', shown) if '#' in part]
            self.assertTrue(bars)
            for bar in bars:
                self.assertLess(len(re.sub('\x1b.K|\\^C', '', bar).rstrip()), columns, bar)
        sandbox.control('files', what='download', clear=True)
        self.flooim(daemon, 'download', id, '-o', 'copy')
        with open(path, 'rb') as one, open(os.path.join(self.root, 'copy'), 'rb') as other:
            self.assertEqual(one.read(), other.read())

    def test_files(self):
        sandbox, daemon, client = self.one()
        sandbox.control('bot', on=False)
        folder = self.folder('out')
        told = self.flooim(daemon, 'download', '--all', '--in', 'bob', '--type', 'image', '--folder', folder, '--json').json
        self.assertEqual([(one['message'], one['size']) for one in told], [('9007199254741008', 124)])
        self.assertEqual(os.listdir(folder), ['build.png'])
        # what is there is not written again, and nothing is overwritten
        self.assertEqual(self.flooim(daemon, 'download', '9007199254741008', '-d', folder).output, os.path.join(folder, 'build.png') + '\n')
        with open(os.path.join(folder, 'build.png'), 'ab') as file:
            file.write(b'x')
        self.flooim(daemon, 'download', '9007199254741008', '-d', folder)
        self.assertEqual(sorted(os.listdir(folder)), ['build (2).png', 'build.png'])
        self.assertEqual(len(self.flooim(daemon, 'download', '9007199254741008', '-o', '-', '--thumbnail').raw) > 0, True)
        self.flooim(daemon, 'download', '9007199254741008', '-o', os.path.join(folder, 'one.png'))
        for args in ([], ['--all'], ['9007199254741008', '--all', '--in', 'bob'], ['1', '2', '-o', 'x'], ['x']):
            self.flooim(daemon, 'download', *args, status=USAGE)
        [kept] = self.flooim(daemon, 'cache', '--json').json
        self.assertEqual((kept['conversation'], kept['files']), ('1002', 2))
        self.assertEqual(self.flooim(daemon, 'cache').rows[0][0], '1002')
        self.assertEqual(self.flooim(daemon, 'cache', 'clear', 'bob', 'Team').output, '')
        failed = self.flooim(daemon, 'download', '9007199254741005', '9007199254741008', '-d', folder,
                             status=NOT_FOUND)  # the other one comes
        self.assertEqual(len(failed.lines), 1)
        self.flooim(daemon, 'avatar', 'bob', status=NOT_FOUND)
        with open(os.path.join(self.root, 'me.png'), 'wb') as file:
            file.write(b'\x89PNG\r\n\x1a\n' + b'0' * 100)
        self.flooim(daemon, 'profile', 'avatar', 'me.png')
        self.assertEqual(len(self.flooim(daemon, 'avatar', ALICE, '-o', '-').raw), 108)
        self.flooim(daemon, 'groups', 'avatar', 'Team', 'me.png')
        self.assertEqual(len(self.flooim(daemon, 'avatar', 'Team', '-o', '-').raw), 108)

        # a sender's name for a file is no path
        nasty = os.path.join(self.root, 'evil')
        with open(nasty, 'w') as file:
            file.write('content')
        for name, saved in (('../../etc/passwd', 'passwd'), ('.bashrc', '_bashrc'), ('-rf', '_rf'), ('新 文件.txt', '新 文件.txt')):
            id = self.flooim(daemon, 'send-file', 'bob', nasty, '--name', name).output.strip()
            place = self.folder('place-' + str(len(saved)) + id)
            self.flooim(daemon, 'download', id, '-d', place)
            self.assertEqual(os.listdir(place), [saved])

        # several, one that is missing, one of size 0 with content
        failed = self.flooim(daemon, 'send-file', 'bob', 'me.png', 'missing', nasty, status=FAILED)
        self.assertEqual(len(failed.lines), 2)
        self.assertIn('missing: No such file', failed.error)
        id = self.flooim(daemon, 'send-file', 'bob', '/proc/version').output.strip()
        with open('/proc/version', 'rb') as file:
            self.assertEqual(self.flooim(daemon, 'download', id, '-o', '-').raw, file.read())
        self.assertRegex(self.flooim(daemon, 'send-file', 'bob', nasty, '--no-wait', '--json').output, r'^\{"client_id":"\d+"\}$')
        self.assertIn('--name and --token are for one file', self.flooim(daemon, 'send-file', 'bob', nasty, nasty, '-n', 'x',
                                                            status=USAGE).error)

        harness.wait_for(lambda: {row[2] for row in self.flooim(daemon, 'transfers').rows} <= {'complete', 'error'}, 'nothing is on its way')
        sandbox.control('files', what='upload', stall=0, count=-1)
        running = self.begin(daemon, 'send-file', 'bob', nasty)
        number = harness.wait_for(lambda: [row[0] for row in self.flooim(daemon, 'transfers').rows if row[2] == 'active'],
                                  'it is on its way')[0]
        told = [one for one in self.flooim(daemon, 'transfers', '--json').json if one['number'] == int(number)]
        self.assertEqual((told[0]['Kind'], told[0]['Name']), ('upload', 'evil'))
        self.flooim(daemon, 'transfers', 'cancel', number)
        self.assertNotEqual(self.wait_end(running), 0)
        self.assertIn('cancelled', self.read(running, 'err'))
        self.says(daemon, 'there is no transfer 9999', 'transfers', 'cancel', '9999', status=NOT_FOUND)


if __name__ == '__main__':
    harness.main()
