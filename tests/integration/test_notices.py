# SPDX-License-Identifier: GPL-3.0-or-later
"""Each type of notice: its signal and what it does to the state, once however often it is delivered; and each notice about the user: the state
of the session, the signals, and how it comes back."""

import sqlite3
import time

from gi.repository import GLib

import harness

ALICE, BOB, CAROL, DAVE, ERIN, ZHANG, ECHO = 1001, 1002, 1003, 1004, 1005, 1006, 1099
TEAM, PROJECT, LOUNGE = 2001, 2002, 2003
MEMBERS, ADMINS, BANNED = 5, 6, 7


class NoticeTest(harness.Test):

    def setUp(self):
        super().setUp()
        self.service, self.server, self.client = self.one(persist=True)

    def notice(self, ns, kind, **arguments):
        since = len(self.client.events)
        self.service.control('notice', ns=ns, type=kind, **arguments)
        return since

    def signal(self, name, since, where=lambda event: True):
        return self.client.wait_event(name, where, since=since).args

    def roster(self, method, signature='()', *args):
        return self.client.call('Roster', method, signature, *args)

    def groups(self, method, signature='()', *args):
        return self.client.call('Groups', method, signature, *args)

    def item(self, user):
        return self.roster('GetItems', '(axb)', [user], False)[0]

    def entries(self, kind, group=TEAM):
        return sorted(row[0] for row in self.server.query(ALICE, 'SELECT id FROM list_entries WHERE list = ? AND owner = ? AND decided = 0', kind, group))

    def wait_true(self, predicate, what):
        harness.wait_for(predicate, what)


class RosterNoticeTest(NoticeTest):

    def test_added_and_accepted(self):
        for kind, user, name in (('ADDED', DAVE, 'RosterListUpdate'), ('ACCEPTED', ERIN, 'RosterAccepted')):
            since = self.notice('roster', kind, from_=user, to=ALICE)
            notice = self.signal(name, since)[0]
            self.assertEqual((notice['type'], notice['from'], notice['to']), (kind.lower(), user, [ALICE]))
            self.signal('RosterListUpdate', since)
            self.assertIn(user, self.roster('List', '(b)', False)[0])
            self.wait_true(lambda: self.item(user)['user_id'] == user, 'the details')

    def test_removed(self):
        since = self.notice('roster', 'REMOVED', from_=ALICE, to=BOB)
        self.signal('RosterRemoved', since)
        self.assertEqual(self.signal('FlooNotice', since)[1], {'id': BOB, 'source': 'other_operation'})
        self.assertNotIn(BOB, self.roster('List', '(b)', False)[0])
        since = self.notice('roster', 'REMOVED', from_=CAROL, to=ALICE)
        self.signal('RosterRemoved', since)
        self.assertEqual(self.item(CAROL)['relation'], 1)
        self.assertIn(CAROL, self.roster('List', '(b)', False)[0])

    def test_applied_and_declined(self):
        since = self.notice('roster', 'APPLIED', from_=ERIN, to=ALICE, content='hello')
        self.assertEqual(self.signal('RosterApplied', since)[0]['content'], 'hello')
        self.assertEqual(self.entries(2, 0), [ERIN])
        since = self.notice('roster', 'DECLINED', from_=BOB, to=ALICE, content='no')
        self.assertEqual(self.signal('RosterDeclined', since)[0]['content'], 'no')
        self.assertEqual(self.entries(2, 0), [ERIN])
        since = self.notice('roster', 'DECLINED', from_=ALICE, to=ERIN)
        self.signal('RosterDeclined', since)
        self.assertEqual(self.entries(2, 0), [])

    def test_blocked(self):
        self.assertEqual(self.roster('ListBlocked', '(b)', False), [])
        since = self.notice('roster', 'BLOCKED', from_=ALICE, to=BOB)
        self.signal('RosterBlocked', since)
        self.assertEqual(self.roster('ListBlocked', '(b)', False), [BOB])
        since = self.notice('roster', 'UNBLOCKED', from_=ALICE, to=BOB)
        self.signal('RosterUnblocked', since)
        self.assertEqual(self.roster('ListBlocked', '(b)', False), [])

    def test_info_and_mute(self):
        self.item(BOB)
        since = self.notice('roster', 'INFO_UPDATED', from_=BOB, to=ALICE, content='{"nick_name": "B.", "alias": 5, "relation": "x", "other": {}}')
        # The details that the login fetches may be told of at the same time.
        self.client.wait_event('RosterInfoUpdate', lambda event: event.args == ([BOB],), since=since)
        item = self.item(BOB)
        self.assertEqual((item['nick_name'], item['alias'], item['relation']), ('B.', '5', 0))  # a field of a wrong type is no news
        since = self.notice('roster', 'INFO_UPDATED', from_=BOB, to=ALICE, content='no JSON')
        self.signal('RosterInfoUpdate', since)
        self.wait_true(lambda: self.item(BOB)['nick_name'] == 'Bob', 'the details fetched anew')
        for kind, muted in (('MUTED', True), ('UNMUTED', False)):
            since = self.notice('roster', kind, from_=ALICE, to=BOB)
            self.client.wait_event('RosterInfoUpdate', lambda event: event.args == ([BOB],), since=since)
            self.wait_true(lambda: self.item(BOB)['mute_notification'] is muted, 'the notice %s' % kind)

    def test_unknown(self):
        """What has no meaning has no effect, and takes nothing with it."""
        self.all_fetched(self.service, self.server, self.client)
        first = self.client.call('Events', 'GetPosition')[2]
        self.notice('roster', 'UNKNOWN', from_=BOB, to=ALICE)
        self.notice('group', 'PRESENCE', group=TEAM, from_=BOB)
        self.notice('group', 'ABSENCE', group=TEAM, from_=BOB)
        self.service.send('bob', 'alice', 'and on')
        self.client.wait_message(lambda one: one.content == 'and on')
        events = [event.name for event, _ in self.client.replay(self.client.call('Events', 'GetPosition')[0], first)]
        self.assertEqual(sorted(events), ['ConversationsChanged', 'RecentListUpdate', 'RosterMessages', 'UnreadChange'])

    def test_once(self):
        """A second delivery changes nothing: an old end of a friendship does not end the new one."""
        self.notice('roster', 'REMOVED', from_=ALICE, to=BOB)
        self.client.wait_event('RosterRemoved')
        since = self.notice('roster', 'ADDED', from_=BOB, to=ALICE)
        self.signal('RosterListUpdate', since)
        self.all_fetched(self.service, self.server, self.client)  # bob's details, too
        since = len(self.client.events)
        self.service.control('again', user='alice', count=2)
        self.notice('roster', 'DECLINED', from_=DAVE, to=ALICE)
        self.signal('RosterDeclined', since)
        self.assertIn(BOB, self.roster('List', '(b)', False)[0])
        self.assertEqual([event.name for event in self.client.events[since:]], ['RosterDeclined'])


class GroupNoticeTest(NoticeTest):

    def setUp(self):
        super().setUp()
        for method in ('ListMembers', 'ListBlocked', 'ListBanned'):
            self.groups(method, '(xsu)', TEAM, '', 500)
        self.groups('ListAdmins', '(x)', TEAM)
        self.groups('GetInfo', '(xb)', TEAM, True)

    def info(self):
        return self.groups('GetInfo', '(xb)', TEAM, False)

    def group(self, kind, from_, **arguments):
        return self.notice('group', kind, group=TEAM, from_=from_, **arguments)

    def test_created(self):
        since = self.notice('group', 'CREATED', group=PROJECT, from_=ALICE)
        self.assertEqual(self.signal('GroupCreated', since)[0]['group_id'], PROJECT)
        self.assertIn(PROJECT, self.groups('ListJoined', '(b)', False)[0])

    def test_members_come(self):
        for kind, name, arguments, user in (('JOINED', 'GroupJoined', {'from_': ERIN}, ERIN),
                                            ('INVITE_ACCEPTED', 'GroupInviteAccepted', {'from_': ERIN, 'to': ALICE}, ERIN),
                                            ('APPLY_ACCEPTED', 'GroupApplyAccepted', {'from_': ALICE, 'to': ERIN}, ERIN)):
            since = self.group(kind, **arguments)
            self.signal(name, since)
            self.assertEqual(self.signal('GroupMemberChanged', since), (TEAM, [user]))
            self.assertIn(user, self.entries(MEMBERS), kind)
            since = self.group('LEAVED', from_=user)
            self.signal('GroupLeft', since)
            self.assertEqual(self.signal('GroupMemberChanged', since), (TEAM, [user]))
            self.assertNotIn(user, self.entries(MEMBERS), kind)

    def test_members_go(self):
        for kind, name, user in (('KICKED', 'GroupKicked', DAVE), ('BLOCKED', 'GroupBlocked', BOB)):
            since = self.group(kind, from_=ALICE, to=user)
            self.signal(name, since)
            self.assertEqual(self.signal('GroupMemberChanged', since), (TEAM, [user]))
            self.assertNotIn(user, self.entries(MEMBERS))
        self.assertEqual(self.entries(ADMINS), [])
        self.assertEqual(self.entries(8), [BOB])
        since = self.group('UNBLOCKED', from_=ALICE, to=BOB)
        self.signal('GroupUnblocked', since)
        self.assertEqual(self.entries(8), [])

    def check_gone(self, since, name):
        self.signal(name, since)
        deleted = self.signal('FlooNotice', since, lambda event: event.args[0] == 'conversation_deleted')
        self.assertEqual(deleted[1], {'id': TEAM, 'source': 'other_operation'})
        self.signal('GroupListUpdate', since)
        self.assertNotIn(TEAM, self.groups('ListJoined', '(b)', False)[0])
        self.assertEqual(self.entries(MEMBERS), [])

    def test_we_are_kicked(self):
        self.check_gone(self.group('KICKED', from_=BOB, to=ALICE), 'GroupKicked')

    def test_we_are_blocked(self):
        self.check_gone(self.group('BLOCKED', from_=BOB, to=ALICE), 'GroupBlocked')

    def test_we_leave(self):
        self.check_gone(self.group('LEAVED', from_=ALICE), 'GroupLeft')

    def test_destroyed(self):
        self.check_gone(self.group('DESTROYED', from_=BOB), 'GroupDestroyed')

    def test_we_come_in(self):
        for kind, name, arguments in (('JOINED', 'GroupJoined', {'from_': ALICE}),
                                      ('INVITE_ACCEPTED', 'GroupInviteAccepted', {'from_': ALICE, 'to': BOB}),
                                      ('APPLY_ACCEPTED', 'GroupApplyAccepted', {'from_': BOB, 'to': ALICE})):
            self.signal('GroupLeft', self.group('LEAVED', from_=ALICE))
            self.assertNotIn(TEAM, self.groups('ListJoined', '(b)', False)[0])
            self.group('INVITED', from_=BOB, to=ALICE)
            since = self.group(kind, **arguments)
            self.signal(name, since)
            self.assertIn(TEAM, self.groups('ListJoined', '(b)', False)[0], kind)
            self.assertEqual(self.entries(3), [], kind)
            self.wait_true(lambda: self.groups('GetBrief', '(ax)', [TEAM])[0]['name'] == 'Team', 'the details')

    def test_decisions(self):
        since = self.group('APPLYED', from_=ERIN, content='please')
        self.assertEqual(self.signal('GroupApplied', since)[0]['content'], 'please')
        self.assertEqual(self.entries(4), [ERIN])
        self.signal('GroupApplyDeclined', self.group('APPLY_DECLINED', from_=BOB, to=ERIN))
        self.assertEqual(self.entries(4), [])
        self.signal('GroupInvited', self.group('INVITED', from_=BOB, to=ALICE, content='come'))
        self.assertEqual(self.entries(3), [BOB])
        self.signal('GroupInviteDeclined', self.group('INVITE_DECLINED', from_=CAROL, to=ALICE))
        self.assertEqual(self.entries(3), [BOB])
        self.signal('GroupInviteDeclined', self.group('INVITE_DECLINED', from_=ALICE, to=BOB))
        self.assertEqual(self.entries(3), [])

    def test_rank(self):
        for kind, name, users in (('ADMIN_GRANTED', 'GroupAdminGranted', [BOB, CAROL]), ('ADMIN_REVOKED', 'GroupAdminRevoked', [BOB])):
            since = self.group(kind, from_=ALICE, to=CAROL)
            self.signal(name, since)
            self.assertEqual(self.signal('GroupMemberChanged', since), (TEAM, [CAROL]))
            self.assertEqual(self.entries(ADMINS), users)
        since = self.group('OWNER_ASSIGNED', from_=CAROL, to=BOB)  # from a former owner the admins would be asked for again
        self.signal('GroupOwnerAssigned', since)
        self.assertEqual(self.info()['owner_id'], BOB)
        self.assertEqual(self.entries(ADMINS), [])

    def test_bans(self):
        self.assertEqual(self.signal('GroupBanned', self.group('BANNED', from_=ALICE, to=CAROL, content='5')), (TEAM, [CAROL], False, '5'))
        self.assertEqual(self.entries(BANNED), [CAROL])
        self.assertEqual(self.signal('GroupUnbanned', self.group('UNBANNED', from_=ALICE, to=CAROL)), (TEAM, [CAROL], False))
        self.assertEqual(self.entries(BANNED), [])

    def test_info(self):
        since = self.group('INFO_UPDATED', from_=BOB, content='{"property":"name","name":"N","count":"many","capacity":[]}')
        self.signal('GroupListUpdate', since, lambda event: event.args[0].get('type') == 'info_updated')
        info = self.info()
        self.assertEqual((info['name'], info['count']), ('N', 6))
        soon = int(time.time()) + 100
        for until in (-1, soon, soon - 7 * 24 * 3600):  # the last one by a service whose clock is behind ours
            if until > 0:
                self.service.control('settings', clock_skew=(until - soon) * 1000)
            content = '{"property":"ban_expire_time","ban_expire_time":%d}' % until
            event = self.signal('GroupBanned', self.group('INFO_UPDATED', from_=BOB, content=content))
            self.assertEqual(event, (TEAM, [], True, str(until if until < 0 else until * 1000)))
            self.assertEqual(self.info()['ban_expire_time'], until)
        self.service.control('settings', clock_skew=0)
        event = self.signal('GroupUnbanned', self.group('INFO_UPDATED', from_=BOB, content='{"property":"ban_expire_time","ban_expire_time":0}'))
        self.assertEqual(event, (TEAM, [], True))
        since = self.group('INFO_UPDATED', from_=CAROL, content='{"property":"display_name","display_name":"C"}')
        self.assertEqual(self.signal('GroupMemberChanged', since), (TEAM, [CAROL]))
        self.wait_true(lambda: self.server.query(ALICE, 'SELECT count(*) FROM list_entries WHERE stale = 1') == [(0,)], 'the member')
        self.assertIn('/group/members/display_name', [one['path'] for one in self.service.control('requests')['requests']])

    def test_settings(self):
        for kind, name, field, value in (('MUTED', 'GroupMuted', 'msg_mute_mode', 1), ('UNMUTED', 'GroupUnmuted', 'msg_mute_mode', 0),
                                         ('MESSAGE_SETTING', 'GroupListUpdate', 'msg_push_mode', 3)):
            self.signal(name, self.group(kind, from_=ALICE, content='{"property":"%s","%s":%d}' % (field, field, value)))
            self.assertEqual(self.info()[field], value)

    def test_contents(self):
        for kind, name in (('ANNOUNCEMENT_UPDATED', 'GroupAnnouncementUpdated'), ('FILE_UPLOADED', 'GroupFileUploaded'),
                           ('FILE_DELETED', 'GroupFileDeleted'), ('FILE_UPDATED', 'GroupFileUpdated')):
            notice = self.signal(name, self.group(kind, from_=BOB, content='{"id":1}'))[0]
            self.assertEqual((notice['type'], notice['from'], notice['group_id'], notice['content']), (kind.lower(), BOB, TEAM, '{"id":1}'))
            self.assertGreater(notice['id'], 0)
            self.assertGreater(notice['timestamp'], 0)

    def test_hostile_content(self):
        for content in ('[' * 1000, '{"name": 99999999999999999999}', '{"name": null}', '<html>', '{"group_id": 5}', '"text"', '\x00{}'):
            since = self.group('INFO_UPDATED', from_=BOB, content=content)
            self.signal('GroupListUpdate', since)
        self.wait_true(lambda: self.info()['name'] == 'Team', 'the name')
        self.assertEqual(self.info()['group_id'], TEAM)


class UserNoticeTest(NoticeTest):

    def user_notices(self, since):
        return [event.args for event in self.client.events[since:] if event.name == 'FlooNotice' and event.args[0] in ('userNotice', 'action')]

    def check_end(self, kind, error, first):
        """The session is over until the user logs in again; nothing goes on by itself, not after a restart either."""
        since = len(self.client.events)
        self.service.control('kick', user='alice', type=kind)
        self.signal('FlooNotice', since, lambda event: event.args == ('userNotice', kind))
        self.client.wait_state('blocked')
        self.assertEqual(self.user_notices(since), first + [('userNotice', kind)])
        name, text = self.client.last_error
        self.assertEqual(name, error)
        self.assertTrue(text)
        self.assertEqual(self.client.get('Account', 'DeviceSn'), 0)
        self.assertEqual(self.client.get('Account', 'NextRetry'), 0)
        self.client.call('Roster', 'List', '(b)', False)  # what is in the store can still be read
        self.server.stop()
        self.client = self.server.start()
        self.assertIn(self.client.state, ('signed-out', 'blocked'))
        self.service.control('user', user='alice', frozen=False)
        self.client.login('alice')

    def test_password_changed(self):
        self.check_end('PASSWORD_CHANGED', 'NotLoggedIn', [('action', 'relogin_manually')])

    def test_frozen(self):
        self.check_end('FROZEN', 'Frozen', [('action', 'relogin_manually')])

    def test_removed(self):
        self.check_end('REMOVED', 'NotLoggedIn', [('action', 'relogin_manually')])

    def test_kicked_by_other_device(self):
        self.check_end('KICKED_BY_OTHER_DEVICE', 'NotLoggedIn', [('action', 'relogin_manually')])

    def test_kicked_by_a_service_whose_clock_differs(self):
        """What comes on the connection is about it, whatever time it has: hours behind our clock, or ahead."""
        for hours in (-5, 5):
            self.service.control('settings', clock_skew=hours * 3600 * 1000)
            self.check_end('KICKED_BY_OTHER_DEVICE', 'NotLoggedIn', [('action', 'relogin_manually')])
            self.client.wait_state('online')
            self.service.wait('delivered', user='alice', conversation=0)

    def test_kicked_while_away(self):
        """By the service's clock, which is behind ours: shortly before the login, which is about it, or an hour before, which is not."""
        for passed, state in ((3600, 'online'), (0, 'blocked')):
            self.server.stop()
            self.service.control('settings', clock_skew=-5 * 3600 * 1000)
            self.service.control('notice', ns='user', type='KICKED_BY_OTHER_DEVICE', to='alice')
            self.service.control('settings', clock_skew=(passed - 5 * 3600) * 1000)
            self.client = self.server.start()
            self.client.wait_event('FlooNotice', lambda event: event.args == ('userNotice', 'KICKED_BY_OTHER_DEVICE'))
            self.client.wait_state(state)

    def test_device_removed(self):
        self.check_end('DEVICE_REMOVED', 'NotLoggedIn', [('action', 'relogin_manually')])

    def test_kick_by_same_device(self):
        guid = self.server.query(ALICE, "SELECT value FROM account WHERE key = 'device_guid'")
        self.check_end('KICK_BY_SAME_DEVICE', 'NotLoggedIn', [])
        self.assertNotEqual(self.server.query(ALICE, "SELECT value FROM account WHERE key = 'device_guid'"), guid)

    def test_void_token_before_the_notice_is_stored(self):
        """REST overtakes the socket: what the service said there first comes first, and nothing is said of another login."""
        self.service.control('settings', delivery='push')
        since = len(self.client.events)
        held = sqlite3.connect(self.server.store_path(ALICE), isolation_level=None)
        held.execute('BEGIN IMMEDIATE')  # the daemon's writes wait from here on
        self.service.control('notice', ns='user', type='KICKED_BY_OTHER_DEVICE', to='alice')
        self.service.control('rest', path='/user/profile', code=402, message='token is void')
        self.fails('NotLoggedIn', self.client.call, 'Account', 'GetProfile', '(b)', True)
        held.execute('ROLLBACK')
        held.close()
        self.signal('FlooNotice', since, lambda event: event.args == ('userNotice', 'KICKED_BY_OTHER_DEVICE'))
        self.client.wait_state('blocked')
        self.client.call('Conversations', 'SetDraft', '(xss)', BOB, 'roster', 'stored behind everything else')
        self.settle(self.client)
        self.assertEqual(self.user_notices(since), [('action', 'relogin_manually'), ('userNotice', 'KICKED_BY_OTHER_DEVICE')])

    def check_relogin(self, kind):
        since = len(self.client.events)
        asked = len([one for one in self.service.control('requests')['requests'] if one['path'].startswith('/token')])
        self.service.control('notice', ns='user', type=kind, to='alice')
        self.signal('FlooNotice', since, lambda event: event.args == ('action', 'relogin'))
        self.assertEqual(self.user_notices(since)[:2], [('userNotice', kind), ('action', 'relogin')])
        self.client.wait_state('online')
        self.signal('LoginSuccess', since)
        self.assertEqual(len([one for one in self.service.control('requests')['requests'] if one['path'].startswith('/token')]), asked + 1)
        self.client.wait_sent(self.client.send_text(ECHO, 'after ' + kind))

    def test_dns_update(self):
        self.check_relogin('DNS_UPDATE')

    def test_cluster_changed(self):
        self.check_relogin('CLUSTER_CHANGED')

    def test_told_only(self):
        for kind in ('INFO_UPDATED', 'DEVICE_LOGIN', 'DEVICE_LOGOUT', 'DEVICE_ADDED', 'TRAFFIC_LIMIT_EXCEEDED'):
            since = self.notice('user', kind, to=ALICE, content='{"device_sn": 7}')
            self.signal('FlooNotice', since, lambda event: event.args == ('userNotice', kind))
            self.assertEqual(self.user_notices(since), [('userNotice', kind)])
            [notice] = self.signal('UserNotice', since)
            self.assertEqual((notice['type'], notice['content']), (kind.lower(), '{"device_sn": 7}'))
        self.assertEqual(self.client.state, 'online')

    def test_user_is_frozen_at_login(self):
        self.client.call('Account', 'Logout', '(a{sv})', {})
        for status, category, name in (('USER_FROZEN', 'USER_FROZEN', 'Frozen'), ('INVALID_LICENSE', 'LICENSE', 'AppUnavailable'),
                                       ('LICENSE_LIMIT', 'LICENSE', 'AppUnavailable'), ('APP_FROZEN', 'APP_FROZEN', 'AppUnavailable')):
            since = len(self.client.events)
            self.service.control('provision', status=status, reason='', count=1)
            self.fails(name, self.client.login, 'alice')
            self.assertEqual(self.signal('FlooError', since)[0], category)
            self.signal('FlooNotice', since, lambda event: event.args == ('action', 'relogin_manually'))
            self.assertEqual(self.client.state, 'signed-out')
        self.client.login('alice')


harness.main()
