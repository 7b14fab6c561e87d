# SPDX-License-Identifier: GPL-3.0-or-later
"""The program: its one place on the bus and on the disk, how it ends, and its commands."""

import os
import signal
import subprocess
import time

import harness

EXIT_FAILURE, EX_USAGE, EX_UNAVAILABLE, EX_OSERR, EX_CANTCREAT, EX_TEMPFAIL, EX_CONFIG = 1, 64, 69, 71, 73, 75, 78


class ProgramTest(harness.Test):

    def run_beside(self, daemon, *args, stdin='', **env):
        """Runs the program with the daemon's bus and folders, to its end; returns (status, standard output, standard error)."""
        ended = subprocess.run([daemon.argv()[0], *args], env=daemon.environment(**env), input=stdin, capture_output=True, text=True,
                               timeout=harness.LIMIT, start_new_session=True)
        return ended.returncode, ended.stdout, ended.stderr

    # ---- one place ----

    def test_one_daemon_a_folder(self):
        daemon = self.daemon()
        daemon.start()
        with open('/proc/%d/comm' % daemon.process.pid) as file:
            self.assertEqual(file.read(), 'flooimd\n')  # by which ps and pgrep find it
        status, _, error = self.run_beside(daemon, DBUS_SESSION_BUS_ADDRESS=self.bus('other-bus').address)
        self.assertEqual(status, EX_TEMPFAIL)
        self.assertIn(daemon.data_dir, error)
        self.assertIn('in use by another flooimd', error)
        daemon.stop()
        daemon.start()  # the lock ends with the process, and
        daemon.kill()   # whatever way it ends
        daemon.start()

    def test_one_daemon_a_name(self):
        daemon = self.daemon()
        client = daemon.start()
        owner = client.owner()
        status, _, error = self.run_beside(daemon, '--data-dir', self.folder('elsewhere'))
        self.assertEqual(status, EX_TEMPFAIL)
        self.assertIn('im.floo.Daemon1 is owned by another process', error)
        self.assertEqual(client.owner(), owner)

    def test_unusable_folder(self):
        daemon = self.daemon()
        blocked = os.path.join(self.root, 'file')
        with open(blocked, 'w'):
            pass
        status, _, error = self.run_beside(daemon, '--data-dir', os.path.join(blocked, 'folder'))
        self.assertEqual(status, EX_CANTCREAT)
        self.assertIn(blocked, error)

    def test_too_few_files(self):
        """The limit is told at the start, with what is needed, not by an abort later on."""
        daemon = self.daemon()
        ended = subprocess.run(['sh', '-c', 'ulimit -n 64 && exec "$0"', daemon.argv()[0]], env=daemon.environment(), capture_output=True,
                               text=True, timeout=harness.LIMIT)
        self.assertEqual(ended.returncode, EX_OSERR)
        self.assertIn('only 64 files', ended.stderr)
        self.assertIn('at least 512', ended.stderr)

    def test_no_core_dump(self):
        """A dump would hold secrets: there is none, whatever the limits say, and whatever is logged."""
        dump = ['sh', '-c', 'ulimit -c unlimited && exec "$@"', 'sh']
        beside = subprocess.Popen(dump + ['sh', '-c', 'kill -s QUIT $$'], cwd=self.root)
        if not os.WCOREDUMP(os.waitpid(beside.pid, 0)[1]):
            self.skipTest('no program dumps core here')
        daemon = self.daemon()
        process = subprocess.Popen(dump + daemon.argv(), env=daemon.environment(), cwd=self.root, stderr=subprocess.DEVNULL)
        client = daemon.client()
        harness.wait_for(client.owner, 'the name')
        process.send_signal(signal.SIGQUIT)  # the sanitizers catch others
        status = os.waitpid(process.pid, 0)[1]
        self.assertEqual(os.WTERMSIG(status), signal.SIGQUIT)
        self.assertFalse(os.WCOREDUMP(status))

    def test_no_bus(self):
        daemon = self.daemon()
        nowhere = 'unix:path=' + os.path.join(self.root, 'nowhere')
        self.assertEqual(self.run_beside(daemon, DBUS_SESSION_BUS_ADDRESS=nowhere)[0], EX_UNAVAILABLE)
        self.assertEqual(self.run_beside(daemon, 'status', DBUS_SESSION_BUS_ADDRESS=nowhere)[0], EX_UNAVAILABLE)

    # ---- the command line ----

    def test_wrong_command_lines(self):
        daemon = self.daemon()
        for args in (['--nonsense'], ['nonsense'], ['status', 'more'], ['login', '--password', 'x'], ['status', '--instance', 'a/b']):
            self.assertEqual(self.run_beside(daemon, *args)[0], EX_USAGE, args)
        self.assertEqual(self.run_beside(daemon, '--instance', 'a/b')[0], EX_CONFIG)

    def test_wrong_configuration(self):
        daemon = self.daemon(config='[service]\nnonsense=1\n')
        status, _, error = self.run_beside(daemon)
        self.assertEqual(status, EX_CONFIG)
        self.assertIn('nonsense', error)
        missing = os.path.join(self.root, 'missing.conf')
        status, _, error = self.run_beside(daemon, '--config', missing)
        self.assertEqual(status, EX_CONFIG)
        self.assertIn(missing, error)

    def test_wrong_authorities(self):
        empty = os.path.join(self.root, 'empty.pem')
        with open(empty, 'w') as file:
            file.write('no certificate')
        for name, path in (('empty', empty), ('missing', empty + '.not')):
            daemon = self.daemon(name=name, config='[service]\nca_file=%s\n' % path)
            status, _, error = self.run_beside(daemon)
            self.assertEqual(status, EX_CONFIG)
            self.assertIn('ca_file: %s: ' % path, error)

    def test_version(self):
        daemon = self.daemon()
        client = daemon.start()
        status, output, _ = self.run_beside(daemon, '--version')
        self.assertEqual((status, output), (0, 'flooimd %s\n' % client.get('Account', 'DaemonVersion')))

    # ---- the end ----

    def end_by(self, number):
        sandbox, daemon, client = self.one()
        began = time.monotonic()
        daemon.process.send_signal(number)
        self.assertEqual(daemon.process.wait(), 0)
        self.assertLess(time.monotonic() - began, 10)  # it takes two seconds at most; the rest is for a slow machine
        self.assertIsNone(client.owner())

    def test_sigterm(self):
        self.end_by(signal.SIGTERM)

    def test_sigint(self):
        self.end_by(signal.SIGINT)

    def test_sighup(self):
        self.end_by(signal.SIGHUP)

    def test_bus_goes_away(self):
        daemon = self.daemon()
        daemon.start()
        daemon.process.expected = {EX_UNAVAILABLE}
        daemon.bus.end()
        self.assertEqual(daemon.process.wait(), EX_UNAVAILABLE)

    # ---- commands ----

    def test_commands(self):
        sandbox, daemon, client = self.one(user=None)
        status, output, _ = self.run_beside(daemon, 'status')
        self.assertEqual(status, 0)
        self.assertIn('State               signed-out\n', output)

        status, output, error = self.run_beside(daemon, 'login', '--user', 'alice', '--password-stdin', stdin='wrong\n')
        self.assertEqual((status, output), (EXIT_FAILURE, ''))
        self.assertTrue(error.startswith('flooimd: '), error)
        self.assertNotIn('wrong\n', error)

        status, output, error = self.run_beside(daemon, 'login', '--user', 'alice', '--password-stdin', stdin='alice-secret\n')
        self.assertEqual((status, output, error), (0, 'Logged in.\n', ''))
        self.assertEqual(client.get('Account', 'Username'), 'alice')
        status, output, _ = self.run_beside(daemon, 'status')
        for line in ('State               online', 'User name           alice', 'User id             1001', 'Secrets             in a file'):
            self.assertIn(line + '\n', output)

        self.assertEqual(self.run_beside(daemon, 'logout')[0], 0)
        self.assertEqual(client.state, 'signed-out')
        status, output, _ = self.run_beside(daemon, 'login', '--user', '#1001', '--password-stdin', stdin='alice-secret')
        self.assertEqual((status, output), (0, 'Logged in.\n'))

    def test_login_without_terminal(self):
        daemon = self.daemon(app_id='sandbox')
        daemon.start()
        for args in ([], ['--user', 'alice'], ['--password-stdin']):
            status, _, error = self.run_beside(daemon, 'login', '--app-id', 'sandbox', *args, stdin='x\n')
            self.assertEqual(status, EXIT_FAILURE)
            self.assertIn('no terminal', error)
        self.assertIn('the user id behind #', self.run_beside(daemon, 'login', '-a', 'sandbox', '-u', '#x', '--password-stdin', stdin='x\n')[2])

    def test_status_of_nothing(self):
        daemon = self.daemon()
        status, _, error = self.run_beside(daemon, 'status')
        self.assertEqual(status, EX_UNAVAILABLE)
        self.assertIn('does not run and cannot be started', error)


if __name__ == '__main__':
    harness.main()
