#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""list_and_send.py [ID TEXT]: sends TEXT to the user or group ID and waits until the service has it; then lists the conversations. With dasbus."""
import sys

from dasbus.connection import SessionMessageBus
from dasbus.error import DBusError
from dasbus.loop import EventLoop
from dasbus.typing import get_native

NAME, OBJECT = 'im.floo.Daemon1', '/im/floo/Daemon1'
conversations, events = (SessionMessageBus().get_proxy(NAME, OBJECT, NAME + part) for part in ('.Conversations', '.Events'))
loop = EventLoop()
sent = failed = None


def show_list():
    items, next_cursor, serial = conversations.List('', 100, {})
    for one in get_native(items):
        print(one['id'], one['name'] + ':', one['content'])


def on_status(serial, mid, status, details):
    global failed
    if mid == sent and status in ('sent', 'failed'):
        failed = status == 'failed'
        loop.quit()


if len(sys.argv) == 3:
    events.SendingMessageStatusChanged.connect(on_status)
    try:
        sent = conversations.SendText('', int(sys.argv[1]), sys.argv[2])
    except DBusError as error:
        sys.exit('not sent: %s' % error)
    loop.run()
if failed:
    sys.exit('not sent')
show_list()
