# SPDX-License-Identifier: GPL-3.0-or-later
"""Rare events, each with its arguments."""

import harness
from peer import Peer

ALICE, BOB, TEAM = 1001, 1002, 2001


class EventTest(harness.Test):

    def setUp(self):
        super().setUp()
        self.service, self.server, self.client = self.one()

    def test_rtc_message(self):
        """A call is signalled by itself, then as a message; it is not unread."""
        mid = self.service.send('bob', 'alice', 'ring', type='rtc', config='{"action":"call"}')
        one = self.client.wait_event('RosterRtcMessage').messages[0]
        self.assertEqual((one.id, one.conversation, one.type, one.content), (mid, BOB, 'rtc', 'ring'))
        plural = self.client.wait_event('RosterMessages', lambda event: event.messages[0].id == mid)
        self.assertGreater(plural.serial, self.client.named('RosterRtcMessage')[0].serial)
        self.assertEqual(self.client.call('Conversations', 'Get', '(x)', BOB)['unread'], 2)

    def test_group_edits(self):
        mid = self.service.send('bob', TEAM, 'one')
        self.client.wait_message(lambda one: one.id == mid)
        self.service.send('bob', TEAM, ' two 二', operation='APPEND', mid=mid)
        group, message, offset, content, when, changed = self.client.wait_event('GroupMessageContentAppend').args
        self.assertEqual((group, message, offset, content, changed), (TEAM, mid, 3, ' two 二', {}))
        self.assertGreater(when, 0)
        self.assertEqual(self.client.call('Conversations', 'GetMessage', '(x)', mid)[5], 'one two 二')
        self.service.send('bob', TEAM, 'three', operation='REPLACE', mid=mid)
        one = self.client.wait_event('GroupMessageReplace').messages[0]
        self.assertEqual((one.id, one.conversation, one.content), (mid, TEAM, 'three'))
        self.assertEqual(self.client.call('Conversations', 'GetMessage', '(x)', mid)[5], 'three')

    def test_history(self):
        messages, after = self.client.call('Conversations', 'FetchHistory', '(xxu)', BOB, 0, 3)
        self.assertEqual(len(messages), 3)
        self.assertEqual(self.client.wait_event('ReceiveHistoryMsg').args, (BOB, after))

    def test_pins(self):
        """A pin is kept here and at the service."""
        def pinned():
            return [one['id'] for one in self.client.call('Conversations', 'List', '(sua{sv})', '', 50, {})[0] if one['pinned']]
        since = len(self.client.events)
        self.client.call('Conversations', 'Pin', '(x)', TEAM)
        self.assertEqual(pinned(), [TEAM])
        self.client.wait_event('RecentListUpdate', since=since)
        self.assertEqual(Peer(self.service, 'alice').get('/user/conversation/pin_list')['conversation_ids'], [TEAM])
        self.client.call('Conversations', 'Unpin', '(x)', TEAM)
        self.assertEqual(pinned(), [])
        self.assertEqual(Peer(self.service, 'alice').get('/user/conversation/pin_list')['conversation_ids'], [])

    def test_late_pins(self):
        """What is pinned while the list of a login is on its way stays so."""
        path = '/user/conversation/pin_list'
        asked = len([one for one in self.service.control('requests')['requests'] if one['path'] == path])
        self.service.hold(path)
        since = len(self.client.changes)
        self.service.control('disconnect', how='drop')
        self.client.wait_lost(since)
        self.client.call('Account', 'Reconnect')
        self.service.wait('request', path=path, count=asked + 1)
        self.client.call('Conversations', 'Pin', '(x)', TEAM)
        self.service.release()
        self.service.wait('request', path=path, count=asked + 2)  # it is asked for anew
        self.settle(self.client)
        self.assertTrue(self.client.call('Conversations', 'Get', '(x)', TEAM)['pinned'])


harness.main()
