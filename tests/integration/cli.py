# SPDX-License-Identifier: GPL-3.0-or-later
"""Running `flooim` as people and scripts do, for the tests of the command."""

import json
import os
import subprocess
import time

import harness
from harness import GLib

ALICE, ECHO, BOB, CAROL, DAVE, ERIN, ZHANG, TEAM, PROJECT = 1001, 1099, 1002, 1003, 1004, 1005, 1006, 2001, 2002
FAILED, NOT_FOUND, USAGE, UNAVAILABLE, NOT_NOW, NO_PERMISSION, INTERRUPTED = 1, 2, 64, 69, 75, 77, 130
FLOOIM = os.path.join(harness.BUILD, 'daemon', 'cli', 'flooim')
MESSAGE = ('id', 'conversation', 'from', 'to_type', 'type', 'content', 'timestamp', 'status')
DBUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'dbus')


class Result:
    """The result of a run: exit status, output and error output as text."""

    def __init__(self, status, output, error):
        self.status, self.raw = status, output
        self.output = output.decode('utf-8', 'surrogateescape')
        self.error = error.decode('utf-8', 'surrogateescape')

    @property
    def lines(self):
        return self.output.splitlines()

    @property
    def rows(self):
        """Of plain output: each line's fields."""
        return [line.split('\t') for line in self.lines]

    @property
    def json(self):
        """Of --json: each line's object."""
        return [json.loads(line) for line in self.output.split('\n') if line]


class Test(harness.Test):

    def environment(self, daemon, **further):
        env = daemon.environment(**dict({'NO_COLOR': ''}, **further))
        env['PATH'] = os.path.dirname(FLOOIM) + ':' + os.path.join(harness.BUILD, 'daemon') + ':' + env['PATH']
        env['XDG_DATA_DIRS'] = self.folder('share')
        interfaces = os.path.join(self.folder('share'), 'dbus-1')
        if not os.path.exists(interfaces):
            os.mkdir(interfaces)
            os.symlink(os.path.abspath(DBUS), os.path.join(interfaces, 'interfaces'))
        return env

    def run_raw(self, daemon, argv, stdin=b'', limit=harness.LIMIT, cwd=None, env=None):
        if isinstance(stdin, str):
            stdin = stdin.encode()
        ended = subprocess.run(argv, env=env or self.environment(daemon), input=stdin, capture_output=True, timeout=limit,
                               start_new_session=True, cwd=cwd or self.root)
        return Result(ended.returncode, ended.stdout, ended.stderr)

    def flooim(self, daemon, *args, status=0, **how):
        """Runs it until it exits, which must be with that status; there must be error output only if it failed."""
        result = self.run_raw(daemon, [FLOOIM, *(str(arg) for arg in args)], **how)
        self.assertEqual(result.status, status, (args, result.output[-2000:], result.error))
        if status:
            self.assertTrue(result.error.endswith('\n'), (args, result.error))
        return result

    def says(self, daemon, text, *args, status, **how):
        """It must fail with that status, and with that text in its one line of error output."""
        result = self.flooim(daemon, *args, status=status, **how)
        self.assertIn(text, result.error)
        self.assertEqual(result.error.count('\n'), 1, result.error)
        return result

    def shell(self, daemon, command, status=0, **how):
        """Runs a line of shell, as in the README."""
        result = self.run_raw(daemon, ['bash', '-c', 'set -o pipefail\n' + command], **how)
        self.assertEqual((result.status, result.error if status == 0 else ''), (status, ''), (command, result.output, result.error))
        return result

    def begin(self, daemon, *args, stdin=subprocess.DEVNULL, program=FLOOIM, env=None):
        """Starts it; output and error are in files that read() reads."""
        count = len(os.listdir(self.folder('runs')))
        base = os.path.join(self.folder('runs'), str(count))
        with open(base + '.out', 'wb') as out, open(base + '.err', 'wb') as err:
            process = subprocess.Popen([program, *(str(arg) for arg in args)], env=env or self.environment(daemon), stdin=stdin, stdout=out,
                                       stderr=err, start_new_session=True, cwd=self.root)
        process.base = base
        self.addCleanup(self.stop, process)
        return process

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.kill()
        process.wait()

    @staticmethod
    def read(process, which='out'):
        with open('%s.%s' % (process.base, which), encoding='utf-8', errors='surrogateescape') as file:
            return file.read()

    def wait_output(self, process, where, what, which='out'):
        return harness.wait_for(lambda: where(self.read(process, which)), lambda: '%s; there was: %s %s' % (
            what, self.read(process)[-2000:], self.read(process, 'err')))

    def wait_end(self, process, limit=harness.LIMIT):
        harness.wait_for(lambda: process.poll() is not None, 'its end', limit)
        return process.returncode

    def on_terminal(self, daemon, columns, *args, typed=None, env=None, interrupt_at=None, shown=None):
        """Runs it on a terminal of that width; returns (status, output). typed: pairs of a text to wait for and what is typed then: bytes, or a
        function that returns them. shown: a bytearray to which the output is appended."""
        import fcntl
        import pty
        import struct
        import termios
        pid, terminal = pty.fork()
        if pid == 0:
            try:
                fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
                os.chdir(self.root)
                os.execve(FLOOIM, [FLOOIM, *(str(arg) for arg in args)], dict(env or self.environment(daemon), TERM='xterm'))
            finally:
                os._exit(127)
        shown, deadline = bytearray() if shown is None else shown, time.monotonic() + harness.LIMIT
        typed = list(typed or [])
        while True:
            assert time.monotonic() < deadline, shown
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
            if typed and typed[0][0] in shown:
                answer = typed.pop(0)[1]
                os.write(terminal, answer() if callable(answer) else answer)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
        return status, shown.decode('utf-8', 'replace').replace('\r\n', '\n')


def same(told, value):
    """Whether JSON equals a D-Bus value: an int64 may be a string, a string of JSON may be an object."""
    if isinstance(value, GLib.Variant):
        value = value.unpack()
    if isinstance(value, bool) or isinstance(told, bool):
        return told is value
    if isinstance(value, int):
        return told == value or told == str(value)
    if isinstance(value, dict) and isinstance(told, dict):
        return set(told) == set(value) and all(same(told[key], value[key]) for key in value)
    if isinstance(value, tuple) and len(value) == 9 and isinstance(value[8], dict) and isinstance(told, dict):  # a message
        *fields, more = value
        return same(told, {**more, **dict(zip(MESSAGE, fields))})
    if isinstance(value, (list, tuple)) and isinstance(told, list):
        return len(told) == len(value) and all(same(one, other) for one, other in zip(told, value))
    if isinstance(value, str) and isinstance(told, dict):
        return json.loads(value) == told
    return told == value
