#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""show.py FILE TEXT...: the newest messages in a store, for the eye of who runs packaging/demo.

Fails where one of the texts is not the content of exactly one message.
"""
import sqlite3
import sys
import time


def when(ms):
    return time.strftime('%Y-%m-%d %H:%M', time.localtime(ms / 1000)) if ms else '-'


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
    sys.exit(0 if store(*sys.argv[1:]) else 1)
