#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""show.py conversations|store ...: what packaging/demo shows of the daemon's answers, for the eye.

show.py conversations          reads what `gdbus call ... im.floo.Daemon1.Conversations.List` printed on standard input
show.py store FILE TEXT...     the newest messages in a store; fails where one of the texts is not the content of exactly one
"""
import sqlite3
import sys
import time

from gi.repository import GLib


def when(ms):
    return time.strftime('%Y-%m-%d %H:%M', time.localtime(ms / 1000)) if ms else '-'


def conversations():
    rows, cursor, serial = GLib.Variant.parse(None, sys.stdin.read(), None, None).unpack()
    print('%6s  %-8s %-12s %6s  %-16s %s' % ('id', 'type', 'name', 'unread', 'last activity', 'last message'))
    for row in rows:
        print('%6d  %-8s %-12s %6d  %-16s %s' % (row['id'], row['type'], row['name'], row['unread'], when(row['timestamp']), row['content']))
    return bool(rows)


def store(path, *texts):
    db = sqlite3.connect('file:%s?mode=ro' % path, uri=True)
    rows = db.execute('SELECT id, conversation, sender, timestamp, status, content FROM messages ORDER BY id DESC LIMIT 6').fetchall()
    print('%18s  %12s %6s  %-16s %6s  %s' % ('id', 'conversation', 'sender', 'timestamp', 'status', 'content'))
    for number, conversation, sender, timestamp, status, content in reversed(rows):
        print('%18d  %12d %6d  %-16s %6d  %s' % (number, conversation, sender, when(timestamp), status, content))
    counts = [db.execute('SELECT count(*) FROM messages WHERE content = ?', (text,)).fetchone()[0] for text in texts]
    waiting = db.execute('SELECT count(*) FROM outbox').fetchone()[0]
    print('waiting to be sent: %d' % waiting)
    return waiting == 0 and all(count == 1 for count in counts)


if __name__ == '__main__':
    sys.exit(0 if {'conversations': conversations, 'store': store}[sys.argv[1]](*sys.argv[2:]) else 1)
