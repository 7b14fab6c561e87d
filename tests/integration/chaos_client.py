# SPDX-License-Identifier: GPL-3.0-or-later
"""chaos_client.py DATABASE: the example subscriber as a program that must handle each event exactly once: effect and serial are one transaction.

It may be killed at any time. DATABASE has the rows of what was handled, in the order of the handling.
"""
import importlib.util
import json
import os
import sqlite3
import sys

from gi.repository import Gio, GLib

EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'data', 'examples', 'subscriber.py')
SCHEMA = '''
create table if not exists handled (n integer primary key, journal text, serial integer, event text, arguments text);
create table if not exists position (one integer primary key check (one = 1), journal text, last integer);
create table if not exists reloads (n integer primary key, serial integer);
'''

spec = importlib.util.spec_from_file_location('subscriber', EXAMPLE)
subscriber = importlib.util.module_from_spec(spec)
spec.loader.exec_module(subscriber)


class ExactlyOnce(subscriber.Subscriber):
    def __init__(self, bus, path):
        self.db = sqlite3.connect(path)
        self.db.executescript('pragma journal_mode = wal; pragma synchronous = off;' + SCHEMA)  # the machine stays up
        super().__init__(bus, '')
        self.journal, self.last = self.db.execute('select journal, last from position').fetchone() or ('', 0)

    def keep(self, journal, serial):
        with self.db:
            self.journal, self.last = journal, serial
            self.db.execute('insert or replace into position values (1, ?, ?)', (journal, serial))

    def take(self, serial, event, arguments):
        with self.db:
            self.db.execute('insert into handled (journal, serial, event, arguments) values (?, ?, ?, ?)',
                            (self.journal, serial, event, json.dumps(arguments[1:])))
            self.last = serial
            self.db.execute('insert or replace into position values (1, ?, ?)', (self.journal, serial))

    def reload(self):
        super().reload()
        with self.db:
            self.db.execute('insert into reloads (serial) values (?)', (self.last,))


if __name__ == '__main__':
    subscriber.handle = subscriber.load_state = lambda *_: None  # events outside the journal; what was before
    keeper = ExactlyOnce(Gio.bus_get_sync(Gio.BusType.SESSION, None), sys.argv[1])
    GLib.MainLoop().run()
