# SPDX-License-Identifier: GPL-3.0-or-later
"""The real daemon, the real sandbox and a message bus of their own, for tests.

A Test starts what it needs and, whatever comes of it, ends what it started: each program by its own process id, and with the exit
status that a program in order has. Nothing sleeps: conditions are awaited on the main loop, with a generous limit.

FLOOIM_BUILD names the build folder, FLOOIM_SLOWNESS how much slower than usual the programs are (with sanitizers, say: 4).
"""

import glob
import os
import re
import shutil
import sys
import tempfile
import time
import traceback
import unittest

try:
    from gi.repository import Gio, GLib  # noqa: F401
except ImportError:
    print('1..0 # SKIP python3-gi is missing')
    sys.exit(0)

import record  # noqa: E402
from client import (BUS_NAME, ERROR_PREFIX, OBJECT, Client, Event, Failure, Message, Pending, message)  # noqa: E402,F401
from programs import BUILD, Bus, Daemon, Process, Sandbox  # noqa: E402,F401
from waiting import LIMIT, SLOWNESS, turn, wait_for  # noqa: E402,F401

# What must not appear in a log.
SECRETS = [name + '-secret' for name in ('alice', 'bob', 'carol', 'dave', 'erin', 'zhang-wei', 'echo')]
BAD_LINES = ('CRITICAL', 'ERROR: AddressSanitizer', 'ERROR: LeakSanitizer', 'runtime error:', 'Assertion')

# How much a daemon that is online will still ask for by itself: details of friends and of the user, settings of groups, members of those
# where reading is acknowledged, and of whom something has changed; what the user is in groups.
TO_BE_FETCHED = '''
SELECT (SELECT count(*) FROM contacts
        WHERE (listed OR wanted) AND (details IS NULL OR stale OR kind = 1 AND json_extract(details, '$.owner_id') IS NULL))
     + (NOT EXISTS (SELECT 1 FROM contacts WHERE kind = 0 AND id = ?1 AND details IS NOT NULL AND NOT stale))
     + (SELECT count(*) FROM contacts
        WHERE kind = 1 AND listed AND json_extract(details, '$.read_ack') AND id NOT IN (SELECT owner FROM lists WHERE list = 5 AND complete))
     + (SELECT count(*) FROM list_entries WHERE list = 5 AND stale)
     + (SELECT count(*) FROM contacts WHERE kind = 1 AND listed AND standing <> 2)'''


class Test(unittest.TestCase):
    """A test with its own folder; programs are made by sandbox(), daemon() and bus()."""

    allowed_violations = False
    maxDiff = 4000

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='flooim-')
        self.collected = None
        self.processes = []
        self.sandboxes = []
        self.daemons = []
        self.buses = []
        self.secrets = list(SECRETS)  # what must not be in a log
        self.addCleanup(self._end)

    def folder(self, name):
        path = os.path.join(self.root, name)
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def bus(self, name='bus'):
        self.buses.append(Bus(self, name))
        return self.buses[-1]

    def sandbox(self, name='sandbox', **arguments):
        self.sandboxes.append(Sandbox(self, name, **arguments))
        return self.sandboxes[-1]

    def daemon(self, name='flooimd', **arguments):
        self.daemons.append(Daemon(self, name, **arguments))
        return self.daemons[-1]

    def one(self, user='alice', sandbox=None, persist=False, quiet=True, **arguments):
        """The usual setup: a sandbox, a daemon, one user logged in. quiet: the seed's unread messages and names have been received."""
        sandbox = sandbox or self.sandbox(persist=persist)
        daemon = self.daemon(sandbox=sandbox, **arguments)
        client = daemon.start()
        if user:
            client.login(user)
            if quiet:
                self.come_to_rest(sandbox, client, user)
        return sandbox, daemon, client

    def come_to_rest(self, sandbox, client, user):
        """Waits until everything that a login begins is done: unread messages, names, and the user's roles in groups have been received."""
        sandbox.wait('delivered', user=user)
        wait_for(lambda: all(one['name'] and one.get('role') != '' for one in client.call('Conversations', 'List', '(sua{sv})', '', 100, {})[0]),
                 'names and roles')
        self.settle(client)

    def all_fetched(self, sandbox, daemon, client, user_id=1001):
        """Waits until the daemon sends no more requests of its own; it sends one of a kind each second."""
        sandbox.wait('request', path='/user/conversation/pin_list')
        wait_for(lambda: daemon.query(user_id, TO_BE_FETCHED, user_id) == [(0,)], 'everything fetched')
        self.settle(client)

    def settle(self, client):
        """Waits for the signals of everything that the daemon has committed."""
        def has_all():
            last = client.call('Events', 'GetPosition')[2]
            return max((event.serial for event in client.events), default=0) >= last
        wait_for(has_all, 'all signals')

    def fails(self, name, function, *args, **arguments):
        """The call must fail with that error; returns its text."""
        with self.assertRaises(Failure) as caught:
            function(*args, **arguments)
        self.assertEqual(caught.exception.name, name, caught.exception.text)
        return caught.exception.text

    # -- cleaning up --

    def logs(self):
        if self.collected is None:
            texts = []
            for path in sorted(glob.glob(os.path.join(self.root, '**', '*.log'), recursive=True)):
                with open(path, encoding='utf-8', errors='replace') as file:
                    texts.append((os.path.relpath(path, self.root), file.read()))
            return texts
        return self.collected

    def _end(self):
        problems = []
        try:
            self._check_sandboxes(problems)
            for process in self.processes:
                self._end_process(process, problems)
            for sandbox in self.sandboxes:
                self._end_process(sandbox.process, problems)
            for part in self.daemons:
                part.close()
            for bus in self.buses:
                bus.end()
            self._check_logs(problems)
        finally:
            self.collected = self.logs()
            shutil.rmtree(self.root, ignore_errors=True)
            turn()
        if problems:
            self.fail('\n'.join(problems))

    def _check_sandboxes(self, problems):
        for sandbox in self.sandboxes:
            if sandbox.process.running and not self.allowed_violations:
                problems += ['the sandbox saw a breach of the protocol: %s' % one for one in sandbox.violations()]

    def _end_process(self, process, problems):
        try:
            status = process.end(15 * SLOWNESS)
            if status not in process.expected:
                problems.append('%s ended with status %d' % (process.name, status))
        except AssertionError as error:
            problems.append(str(error))

    def _take_tokens(self):
        """Adds the tokens that the daemons have stored to what must not appear in a log."""
        for path in glob.glob(os.path.join(self.root, '**', 'login.json*'), recursive=True):
            with open(path, encoding='utf-8', errors='replace') as file:
                self.secrets += re.findall('[0-9a-f]{32}', file.read())

    def _check_logs(self, problems):
        self._take_tokens()
        for name, text in self.logs():
            for line in text.splitlines():
                if any(bad in line for bad in BAD_LINES):
                    problems.append('%s: %s' % (name, line))
            problems += ['%s has a secret in it' % name for secret in self.secrets if secret in text]


class TapResult(unittest.TestResult):
    """Prints each test's result as a line of TAP, and reasons of failures, with the logs, on stderr."""

    def __init__(self):
        super().__init__()
        self.told = set()

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def _tell(self, line, test):
        if test not in self.told:
            self.told.add(test)
            print(line, flush=True)

    def _name(self, test):
        return '%d - %s (%.1f s)' % (self.testsRun, test.id().rpartition('.')[2], time.monotonic() - getattr(self, 'began', 0))

    def stopTest(self, test):
        super().stopTest(test)
        self._tell('ok ' + self._name(test), test)

    def _failed(self, test, error, part=None):
        first = test not in self.told
        self._tell('not ok ' + self._name(test), test)
        print('---- %s\n%s' % (part or test, ''.join(traceback.format_exception(*error))), file=sys.stderr)
        for name, text in test.logs() if first and hasattr(test, 'root') else []:
            lines = [line for line in text.splitlines() if 'debug GLib-GIO' not in line and 'debug libsoup' not in line]
            print('---- %s\n%s' % (name, '\n'.join(lines[-200:])), file=sys.stderr)
        sys.stderr.flush()

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self._failed(test, error, subtest)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._tell('ok %s # SKIP %s' % (self._name(test), reason), test)


def main():
    """Runs the tests of the calling file, or those named on the command line, and exits."""
    loader = unittest.defaultTestLoader
    module = sys.modules['__main__']
    suite = loader.loadTestsFromNames(sys.argv[1:], module) if len(sys.argv) > 1 else loader.loadTestsFromModule(module)
    print('1..%d' % suite.countTestCases(), flush=True)
    result = TapResult()
    suite.run(result)
    if len(sys.argv) == 1:
        record.save(BUILD)
    sys.exit(0 if result.wasSuccessful() else 1)
