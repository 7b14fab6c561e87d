# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface Groups: members, permissions and shared files; afterwards the store equals the service's state."""

import time

from gi.repository import GLib

import harness
from peer import Peer, Refused

ALICE, BOB, CAROL, DAVE, ERIN, ZHANG, ECHO = 1001, 1002, 1003, 1004, 1005, 1006, 1099
TEAM, PROJECT, LOUNGE = 2001, 2002, 2003


def ok(*users):
    return [{'user_id': user, 'result': 'success', 'reason': ''} for user in users]


class GroupTest(harness.Test):

    def scene(self, **arguments):
        self.service, self.server, self.client = self.one(**arguments)

    def scene_at_rest(self):
        """For tests that count requests: from here on only those of the test are sent."""
        self.scene()
        self.all_fetched(self.service, self.server, self.client)

    def groups(self, method, signature='()', *args):
        return self.client.call('Groups', method, signature, *args)

    def joined(self, refresh=False):
        return self.groups('ListJoined', '(b)', refresh)[0]

    def info(self, group=TEAM, refresh=False):
        return self.groups('GetInfo', '(xb)', group, refresh)

    def all_pages(self, method, group=TEAM, limit=500):
        items, cursor = [], ''
        while True:
            page, cursor = self.groups(method, '(xsu)', group, cursor, limit)
            self.assertLessEqual(len(page), limit)
            items += page
            if not cursor:
                return items

    def members(self, group=TEAM):
        return sorted(one['user_id'] for one in self.all_pages('ListMembers', group))

    def admins(self, group=TEAM):
        return sorted(one['user_id'] for one in self.groups('ListAdmins', '(x)', group))

    def requests(self, path):
        return len([one for one in self.service.control('requests')['requests'] if one['path'] == path])

    def wait_true(self, predicate, what):
        harness.wait_for(predicate, what)

    # -- who am I here --

    def entry(self, group):
        return self.client.call('Conversations', 'Get', '(x)', group)

    def mine(self, group):
        """What the user is in a group, by its details and by the list of conversations, which the same transaction changes."""
        keys = ('role', 'my_display_name', 'banned_until')
        info = self.info(group)
        listed = [one for one in self.client.call('Conversations', 'List', '(sua{sv})', '', 100, {})[0] if one['id'] == group]
        return [tuple(one[key] for key in keys) for one in [info] + listed]

    def wait_mine(self, group, role, name='', banned=lambda until: until == 0):
        def fits():
            return all(one[:2] == (role, name) and banned(one[2]) for one in self.mine(group))
        harness.wait_for(fits, lambda: '%s in %d; it is %s' % (role, group, self.mine(group)))

    def told_roles(self, events, group):
        """The roles that these events tell, each change once."""
        roles = [one['role'] for event in events if event.name == 'ConversationsChanged' for one in event.args[0] if one['id'] == group]
        return [role for i, role in enumerate(roles) if i == 0 or roles[i - 1] != role]

    def test_standing(self):
        """What the user is in groups follows notices, calls and the daemon's restart, and is told; roles are in members' records."""
        self.scene(persist=True)
        self.all_fetched(self.service, self.server, self.client)
        zhang, bob, erin = Peer(self.service, 'zhang-wei'), Peer(self.service, 'bob'), Peer(self.service, 'erin')
        journal, _, begin = self.client.call('Events', 'GetPosition')
        since, now = len(self.client.events), int(time.time() * 1000)
        self.wait_mine(TEAM, 'owner')
        self.wait_mine(PROJECT, 'member')
        zhang.post('/group/admin/add', group_id=PROJECT, user_list=[ALICE])
        self.wait_mine(PROJECT, 'admin')
        zhang.post('/group/settings/ban_all', group_id=PROJECT, duration=60)
        self.client.wait_event('GroupBanned', lambda event: event.args[2], since=since)
        self.wait_mine(PROJECT, 'admin')  # who may write all the same
        zhang.post('/group/admin/remove', group_id=PROJECT, user_list=[ALICE])
        self.wait_mine(PROJECT, 'member', '', lambda until: now + 3000000 < until < now + 4200000)
        zhang.post('/group/settings/unban_all', group_id=PROJECT)
        self.wait_mine(PROJECT, 'member')
        self.groups('SetDisplayName', '(xs)', PROJECT, 'Al')
        self.wait_mine(PROJECT, 'member', 'Al')
        Peer(self.service, 'alice').post('/group/display_name', group_id=PROJECT, value='Ally')
        self.wait_mine(PROJECT, 'member', 'Ally')
        bob.post('/group/ban', group_id=PROJECT, user_list=[ALICE], duration=10)
        self.wait_mine(PROJECT, 'member', 'Ally', lambda until: now + 500000 < until < now + 1200000)
        until = self.info(PROJECT)['banned_until']
        zhang.post('/group/settings/ban_all', group_id=PROJECT, duration=-1)
        self.wait_mine(PROJECT, 'member', 'Ally', lambda until: until == -1)
        zhang.post('/group/settings/unban_all', group_id=PROJECT)
        self.wait_mine(PROJECT, 'member', 'Ally', lambda end: end == until)
        self.server.stop()
        self.service.stop()
        self.client = self.server.start()
        self.wait_mine(PROJECT, 'member', 'Ally', lambda end: end == until)  # before the service is there
        self.wait_mine(TEAM, 'owner')
        self.service.start()
        self.client.wait_state('online')
        zhang.post('/group/unban', group_id=PROJECT, user_list=[ALICE])
        self.wait_mine(PROJECT, 'member', 'Ally')
        zhang.post('/group/transfer', group_id=PROJECT, new_owner=ALICE)
        self.wait_mine(PROJECT, 'owner', 'Ally')
        roles = {ALICE: 'owner', BOB: 'admin', CAROL: 'member', ZHANG: 'member'}
        self.wait_true(lambda: {one['user_id']: one.get('role') for one in self.all_pages('ListMembers', PROJECT)} == roles, 'the roles')
        self.assertEqual([one['role'] for one in self.groups('GetMembers', '(xax)', PROJECT, [ZHANG, ALICE])], ['member', 'owner'])
        self.groups('Transfer', '(xx)', PROJECT, BOB)
        self.wait_mine(PROJECT, 'member', 'Ally')
        bob.post('/group/kick', group_id=PROJECT, user_list=[ALICE])
        self.client.wait_event('GroupKicked')
        self.assertEqual(self.mine(PROJECT), [('none', '', 0)])
        bob.post('/group/invite', group_id=PROJECT, user_list=[ALICE])
        self.wait_mine(PROJECT, 'member')
        self.settle(self.client)
        replayed = [event for event, _ in self.client.replay(journal, begin)]
        self.assertEqual(self.told_roles(replayed, PROJECT)[-1:], ['member'])
        self.assertEqual(self.info(LOUNGE, True)['role'], 'none')
        self.groups('Join', '(xs)', LOUNGE, '')
        self.wait_mine(LOUNGE, 'member')
        erin.post('/group/admin/add', group_id=LOUNGE, user_list=[ALICE])
        self.wait_mine(LOUNGE, 'admin')
        self.groups('Leave', '(xa{sv})', LOUNGE, {})
        self.assertEqual(self.mine(LOUNGE), [('none', '', 0)])
        self.groups('Join', '(xs)', LOUNGE, '')
        self.wait_mine(LOUNGE, 'member')  # and no admin any more
        own = self.groups('Create', '(saxa{sv})', 'ours', [BOB], {})['group_id']
        self.assertEqual(set(self.mine(own)), {('owner', '', 0)})

    def test_standing_in_the_background(self):
        """What was fetched before a change does not undo it; what the service would not tell is no reason to ask for ever."""
        service = self.sandbox()
        service.hold('/group/admin_list')
        self.scene(user='carol', sandbox=service, quiet=False)
        service.wait('request', path='/group/admin_list', count=1)
        self.wait_mine(TEAM, '')  # not known yet
        Peer(service, 'alice').post('/group/admin/add', group_id=TEAM, user_list=[CAROL])
        self.wait_mine(TEAM, 'admin')
        service.control('rest', path='/group/members/display_name', body='{"code": 200, "data": 7}', count=-1)
        service.release()
        missing = 'SELECT count(*) FROM contacts WHERE kind = 1 AND listed AND standing <> 2'
        self.wait_true(lambda: self.server.query(CAROL, missing) == [(0,)], 'all that the service tells')
        self.wait_mine(TEAM, 'admin')
        self.assertEqual(self.admins(), [BOB, CAROL])

    def test_members_of_one_group_unreadable(self):
        """A group whose members the service does not tell does not keep another's waiting."""
        self.scene()
        for group in (TEAM, PROJECT):
            self.groups('ListMembers', '(xsu)', group, '', 100)
        self.service.hold('/group/members/display_name')
        self.service.control('rest', path='/group/members/display_name', body='{"code": 200, "data": 7}', count=-1)
        for group in (TEAM, PROJECT):
            Peer(self.service, 'bob').post('/group/display_name', group_id=group, value='Robert')
        stale = 'SELECT count(DISTINCT owner) FROM list_entries WHERE list = 5 AND stale'
        self.wait_true(lambda: self.server.query(ALICE, stale) == [(2,)], 'both wait for details')
        self.service.release()
        self.wait_true(lambda: self.server.query(ALICE, stale) == [(0,)], 'neither waits any more')
        for group in (TEAM, PROJECT):
            members = self.groups('ListMembers', '(xsu)', group, '', 100)[0]
            self.assertIn('Robert', [one['display_name'] for one in members])

    # -- coming and going --

    def test_public(self):
        self.scene()
        self.assertEqual(self.groups('ListPublic'), [LOUNGE])

    def test_create_and_destroy(self):
        self.scene()
        info = self.groups('Create', '(saxa{sv})', '新群', [BOB, ERIN],
                           {'description': GLib.Variant('s', 'new'), 'type': GLib.Variant('i', 1), 'avatar': GLib.Variant('s', 'a.png')})
        group = info['group_id']
        self.assertEqual((info['name'], info['description'], info['type'], info['avatar'], info['owner_id'], info['count']),
                         ('新群', 'new', 1, 'a.png', ALICE, 2))
        self.assertIn(group, self.joined())
        self.client.wait_event('GroupCreated')
        self.assertEqual(self.info(group)['name'], '新群')
        self.assertEqual(self.members(group), [ALICE, BOB])  # erin wants to be asked
        self.fails('InvalidArguments', self.groups, 'Create', '(saxa{sv})', 'x', [], {'type': GLib.Variant('i', 4)})
        self.fails('InvalidArguments', self.groups, 'Create', '(saxa{sv})', 'x', [], {'size': GLib.Variant('i', 4)})
        self.client.wait_sent(self.client.send_text(group, 'one of ours', 'group'))
        since = len(self.client.events)
        self.groups('Destroy', '(xa{sv})', group, {})
        self.assertNotIn(group, self.joined())
        self.client.wait_event('GroupDestroyed', since=since)
        deleted = [one for one in self.client.named('FlooNotice') if one.args[0] == 'conversation_deleted']
        self.assertEqual([one.args[1] for one in deleted], [{'id': group, 'source': 'user_operation'}])
        self.assertEqual(self.server.query(ALICE, 'SELECT count(*) FROM list_entries WHERE owner = ?', group), [(0,)])
        self.fails('PermissionDenied', self.groups, 'Destroy', '(xa{sv})', PROJECT, {})
        self.fails('NotFound', self.groups, 'Destroy', '(xa{sv})', 9, {})

    def test_expiry_by_the_service_clock(self):
        """Our clock is eight days ahead of it: what it gives seven days has not expired."""
        self.scene()
        self.service.control('settings', clock_skew=-8 * 24 * 3600 * 1000)
        self.client.call('Account', 'GetAppConfig')  # says how late it is
        Peer(self.service, 'erin').post('/group/apply', group_id=TEAM, reason='please')
        self.client.wait_event('GroupApplied')
        self.groups('ListApplications', '(axsu)', [TEAM], '', 50)
        self.service.stop()
        self.client.wait_state('waiting')
        found = self.groups('ListApplications', '(axsu)', [TEAM], '', 50)[0]
        self.assertEqual([one['applicant_id'] for one in found], [ERIN])
        self.assertLess(found[0]['expire_time'], time.time() * 1000)

    def test_join_and_leave(self):
        self.scene()
        self.assertEqual(self.groups('Join', '(xs)', LOUNGE, ''), ok(ALICE)[0])
        self.client.wait_event('GroupJoined')
        self.wait_true(lambda: LOUNGE in self.joined(), 'the group')
        self.assertEqual(self.info(LOUNGE)['owner_id'], ERIN)
        self.fails('AlreadyDone', self.groups, 'Join', '(xs)', LOUNGE, '')
        self.groups('Leave', '(xa{sv})', LOUNGE, {})
        self.assertNotIn(LOUNGE, self.joined())
        self.client.wait_event('GroupLeft')
        self.assertNotIn(LOUNGE, self.joined(True))
        self.fails('PermissionDenied', self.groups, 'Leave', '(xa{sv})', TEAM, {})

    def test_our_application(self):
        self.scene(user='erin')
        self.assertEqual(self.groups('Join', '(xs)', TEAM, 'let me in'), ok(ERIN)[0])
        self.assertNotIn(TEAM, self.joined(True))
        alice = Peer(self.service, 'alice')
        alice.post('/group/apply/handle', group_id=TEAM, user_id=ERIN, approval=True)
        self.client.wait_event('GroupApplyAccepted')
        self.wait_true(lambda: TEAM in self.joined(), 'the group')
        self.assertEqual(self.info()['name'], 'Team')

    def test_applications(self):
        """Wait over a restart without the service, and go when decided, here or elsewhere."""
        self.scene(persist=True)
        erin = Peer(self.service, 'erin')
        erin.post('/group/apply', group_id=TEAM, reason='please')
        self.assertEqual(self.client.wait_event('GroupApplied').args[0]['from'], ERIN)

        def waiting():
            return [(one['group_id'], one['applicant_id'], one['reason'])
                    for one in self.groups('ListApplications', '(axsu)', [TEAM, PROJECT], '', 50)[0] if one['status'] == 0]
        self.assertEqual(waiting(), [(TEAM, ERIN, 'please')])
        self.server.stop()
        self.service.stop()
        self.client = self.server.start()
        self.assertEqual(waiting(), [(TEAM, ERIN, 'please')])
        self.assertEqual(self.groups('ListApplications', '(axsu)', [PROJECT], '', 50), ([], ''))
        self.assertEqual(self.groups('ListApplications', '(axsu)', [], '', 50), ([], ''))
        self.service.start()
        self.client.wait_state('online')
        self.assertEqual(self.groups('HandleApplication', '(xxb)', TEAM, ERIN, False), ok(ERIN)[0])
        self.assertEqual(waiting(), [])
        self.client.wait_event('GroupApplyDeclined')
        self.fails('Expired', self.groups, 'HandleApplication', '(xxb)', TEAM, ERIN, True)
        erin.post('/group/apply', group_id=TEAM, reason='again')
        self.wait_true(lambda: self.server.query(ALICE, 'SELECT id FROM list_entries WHERE list = 4 AND decided = 0') == [(ERIN,)], 'the application')
        Peer(self.service, 'bob').post('/group/apply/handle', group_id=TEAM, user_id=ERIN, approval=True)
        self.wait_true(lambda: self.server.query(ALICE, 'SELECT id FROM list_entries WHERE list = 4 AND decided = 0') == [], 'its end')
        self.wait_true(lambda: ERIN in self.members(), 'the new member')
        self.service.stop()
        self.client.wait_state('waiting')
        found = self.groups('ListApplications', '(axsu)', [TEAM], '', 50)[0]
        self.assertEqual([(one['applicant_id'], one['status'], one['reason']) for one in found], [(ERIN, 1, 'again')])

    def test_invitations(self):
        self.scene(user='erin', persist=True)
        alice = Peer(self.service, 'alice')
        alice.post('/group/invite', group_id=TEAM, user_list=[ERIN], reason='join us')
        notice = self.client.wait_event('GroupInvited').args[0]
        self.assertEqual((notice['from'], notice['to'], notice['group_id'], notice['content']), (ALICE, [ERIN], TEAM, 'join us'))

        def waiting():
            return [(one['group_id'], one['inviter_id'], one['invitee_id'], one['reason'])
                    for one in self.groups('ListInvitations', '(su)', '', 50)[0] if one['status'] == 0]
        self.assertEqual(waiting(), [(TEAM, ALICE, ERIN, 'join us')])
        self.server.stop()
        self.service.stop()
        self.client = self.server.start()
        self.assertEqual(waiting(), [(TEAM, ALICE, ERIN, 'join us')])
        self.service.start()
        self.client.wait_state('online')
        self.assertEqual(set(self.groups('ListInvitations', '(su)', '', 50)[0][0]),
                         {'group_id', 'inviter_id', 'invitee_id', 'reason', 'status', 'expire_time', 'create_at'})
        self.fails('Expired', self.groups, 'HandleInvitation', '(xxb)', TEAM, BOB, True)
        self.groups('HandleInvitation', '(xxb)', TEAM, ALICE, True)
        self.assertIn(TEAM, self.joined())
        self.assertEqual(waiting(), [])
        self.groups('Leave', '(xa{sv})', TEAM, {})
        alice.post('/group/invite', group_id=TEAM, user_list=[ERIN])
        self.wait_true(lambda: waiting() == [(TEAM, ALICE, ERIN, '')], 'the second invitation')
        Peer(self.service, 'erin').post('/group/invite/handle', group_id=TEAM, user_id=ALICE, approval=False)
        self.wait_true(lambda: self.server.query(ERIN, 'SELECT id FROM list_entries WHERE list = 3 AND decided = 0') == [], 'its end elsewhere')
        self.service.stop()
        self.client.wait_state('waiting')
        found = self.groups('ListInvitations', '(su)', '', 50)[0]
        self.assertEqual([(one['group_id'], one['inviter_id'], one['status']) for one in found], [(TEAM, ALICE, 2)])

    def test_invite(self):
        self.scene()
        results = self.groups('Invite', '(xaxs)', TEAM, [ERIN, BOB, 9], 'hello')
        self.assertEqual([one['result'] for one in results], ['success', 'fail', 'fail'])
        self.assertEqual(set(results[0]), {'user_id', 'result', 'reason'})
        results = self.groups('Invite', '(xaxs)', PROJECT, [DAVE], '')
        self.assertEqual(results, ok(DAVE))
        self.wait_true(lambda: DAVE in self.members(PROJECT), 'the new member')
        self.fails('PermissionDenied', self.groups, 'Invite', '(xaxs)', LOUNGE, [DAVE], '')
        self.fails('InvalidArguments', self.groups, 'Invite', '(xaxs)', TEAM, [0], '')
        self.fails('InvalidArguments', self.groups, 'Invite', '(xaxs)', TEAM, [DAVE] * 1001, '')

    # -- members and rank --

    def test_members(self):
        """From the service page by page, then from the store, where notices keep them."""
        self.scene_at_rest()
        self.assertEqual(self.members(), [ALICE, BOB, CAROL, DAVE, ZHANG, ECHO])
        asked = self.requests('/group/member_list')
        self.assertEqual(self.members(), [ALICE, BOB, CAROL, DAVE, ZHANG, ECHO])
        self.assertEqual([one['user_id'] for one in self.all_pages('ListMembers', TEAM, 2)], [ALICE, BOB, CAROL, DAVE, ZHANG, ECHO])
        self.assertEqual(self.requests('/group/member_list'), asked)
        one = self.all_pages('ListMembers')[1]
        self.assertEqual(set(one) - {'expired_time'}, {'user_id', 'name', 'display_name', 'join_time', 'avatar', 'role'})
        Peer(self.service, 'carol').post('/group/display_name', group_id=TEAM, value='卡萝')
        self.client.wait_event('GroupMemberChanged')

        def name(user, field='display_name'):
            return next(one.get(field) for one in self.all_pages('ListMembers') if one['user_id'] == user)
        self.wait_true(lambda: name(CAROL) == '卡萝', 'the name')
        self.groups('SetDisplayName', '(xs)', TEAM, 'Boss')
        self.assertEqual(name(ALICE), 'Boss')
        # To show is what messages have as sender_name: the contact's alias goes before names of the user's own.
        self.assertEqual(name(CAROL, 'name'), 'Carol')
        self.client.call('Roster', 'SetAlias', '(xs)', CAROL, 'Caro')
        self.assertEqual(name(CAROL, 'name'), 'Caro')
        self.assertEqual(self.groups('GetMembers', '(xax)', TEAM, [CAROL])[0]['name'], 'Caro')
        Peer(self.service, 'dave').post('/group/leave', {'group_id': TEAM})
        self.wait_true(lambda: DAVE not in self.members(), 'the member gone')
        self.wait_true(lambda: self.info()['count'] == 5, 'their number')
        asked = self.requests('/group/member_list')
        self.assertEqual(self.members(), [ALICE, BOB, CAROL, ZHANG, ECHO])
        self.assertEqual(self.requests('/group/member_list'), asked)
        group = self.groups('Create', '(saxa{sv})', 'never asked for', [BOB], {})['group_id']
        self.service.stop()
        self.client.wait_state('waiting')
        self.assertEqual(self.members(), [ALICE, BOB, CAROL, ZHANG, ECHO])
        self.fails('Offline', self.groups, 'ListMembers', '(xsu)', group, '', 10)
        self.service.start()

    def test_get_members(self):
        self.scene()
        found = self.groups('GetMembers', '(xax)', TEAM, [BOB, ERIN])
        self.assertEqual([one['user_id'] for one in found], [BOB])
        self.assertEqual(self.groups('GetMembers', '(xax)', TEAM, [BOB])[0], found[0])
        self.fails('PermissionDenied', self.groups, 'GetMembers', '(xax)', LOUNGE, [CAROL])
        self.fails('PermissionDenied', self.groups, 'ListMembers', '(xsu)', LOUNGE, '', 10)
        self.fails('InvalidArguments', self.groups, 'ListMembers', '(xsu)', TEAM, '', 0)
        self.fails('InvalidArguments', self.groups, 'ListMembers', '(xsu)', TEAM, 'local:1', 10)

    def test_kick(self):
        self.scene()
        self.members()
        self.assertEqual(self.groups('Kick', '(xax)', TEAM, [DAVE]), ok(DAVE))
        self.assertEqual(self.members(), [ALICE, BOB, CAROL, ZHANG, ECHO])
        self.client.wait_event('GroupKicked')
        self.assertEqual(self.groups('Kick', '(xax)', TEAM, [DAVE])[0]['result'], 'fail')
        self.fails('PermissionDenied', self.groups, 'Kick', '(xax)', PROJECT, [CAROL])

    def test_admins(self):
        self.scene()
        self.assertEqual(self.admins(), [BOB])
        self.assertEqual(self.groups('AddAdmins', '(xax)', TEAM, [CAROL]), ok(CAROL))
        asked = self.requests('/group/admin_list')
        self.assertEqual(self.admins(), [BOB, CAROL])
        self.client.wait_event('GroupAdminGranted')
        self.assertEqual(self.groups('RemoveAdmins', '(xax)', TEAM, [BOB, DAVE])[0]['result'], 'success')
        self.assertEqual(self.admins(), [CAROL])
        self.client.wait_event('GroupAdminRevoked')
        self.assertEqual(self.requests('/group/admin_list'), asked)
        self.fails('PermissionDenied', self.groups, 'AddAdmins', '(xax)', PROJECT, [CAROL])
        self.fails('PermissionDenied', self.groups, 'RemoveAdmins', '(xax)', PROJECT, [BOB])

    def test_transfer(self):
        self.scene()
        self.assertEqual(self.groups('Transfer', '(xx)', TEAM, BOB)['result'], 'success')
        self.assertEqual(self.info()['owner_id'], BOB)
        self.assertEqual(self.groups('GetBrief', '(ax)', [TEAM])[0]['owner'], BOB)
        self.client.wait_event('GroupOwnerAssigned')
        self.assertEqual(self.info(refresh=True)['owner_id'], BOB)
        self.fails('PermissionDenied', self.groups, 'Transfer', '(xx)', TEAM, ALICE)

    def test_ban(self):
        self.scene()
        self.assertEqual(self.groups('Ban', '(xaxx)', TEAM, [CAROL, DAVE], 10), ok(CAROL, DAVE))
        event = self.client.wait_event('GroupBanned')
        self.assertEqual(event.args, (TEAM, [CAROL, DAVE], False, '10'))
        banned, cursor = self.groups('ListBanned', '(xsu)', TEAM, '', 1)
        self.assertEqual(len(banned), 1)
        self.assertGreater(banned[0]['expired_time'], time.time())
        self.assertEqual([one['user_id'] for one in self.all_pages('ListBanned', limit=1)], [CAROL, DAVE])
        with self.assertRaises(AssertionError):
            self.service.send('carol', TEAM, 'I cannot')
        self.assertEqual(self.groups('Unban', '(xax)', TEAM, [CAROL]), ok(CAROL))
        self.assertEqual(self.client.wait_event('GroupUnbanned').args, (TEAM, [CAROL], False))
        self.assertEqual([one['user_id'] for one in self.all_pages('ListBanned')], [DAVE])
        self.fails('InvalidArguments', self.groups, 'Ban', '(xaxx)', TEAM, [CAROL], -2)
        self.fails('InvalidArguments', self.groups, 'Ban', '(xaxx)', TEAM, [CAROL], 0)
        self.fails('PermissionDenied', self.groups, 'ListBanned', '(xsu)', PROJECT, '', 10)
        self.service.stop()
        self.client.wait_state('waiting')
        self.assertEqual([one['user_id'] for one in self.all_pages('ListBanned')], [DAVE])
        self.service.start()

    def test_ban_all(self):
        self.scene()
        until = self.groups('BanAll', '(xx)', TEAM, 60)
        self.assertGreater(until, time.time() + 3000)
        self.assertEqual(self.info()['ban_expire_time'], until)
        event = self.client.wait_event('GroupBanned')
        self.assertEqual((event.args[0], event.args[2]), (TEAM, True))
        self.groups('UnbanAll', '(x)', TEAM)
        self.assertEqual(self.info()['ban_expire_time'], 0)
        self.assertEqual(self.client.wait_event('GroupUnbanned').args[2], True)
        self.assertEqual(self.groups('BanAll', '(xx)', TEAM, -1), -1)
        self.fails('PermissionDenied', self.groups, 'BanAll', '(xx)', PROJECT, 1)
        self.fails('PermissionDenied', self.groups, 'UnbanAll', '(x)', PROJECT)

    def test_block(self):
        self.scene()
        self.members()
        self.assertEqual(self.groups('Block', '(xax)', TEAM, [DAVE, ERIN]), ok(DAVE, ERIN))
        self.client.wait_event('GroupBlocked')
        self.assertNotIn(DAVE, self.members())
        blocked = self.all_pages('ListBlocked', limit=1)
        self.assertEqual([(one['user_id'], one['group_id']) for one in blocked], [(DAVE, TEAM), (ERIN, TEAM)])
        self.assertEqual(set(blocked[0]), {'user_id', 'group_id', 'create_at'})
        with self.assertRaises(Refused):
            Peer(self.service, 'dave').post('/group/apply', group_id=TEAM)
        self.assertEqual(self.groups('Unblock', '(xax)', TEAM, [DAVE]), ok(DAVE))
        self.client.wait_event('GroupUnblocked')
        self.assertEqual([one['user_id'] for one in self.all_pages('ListBlocked')], [ERIN])
        self.fails('PermissionDenied', self.groups, 'Block', '(xax)', PROJECT, [CAROL])
        self.fails('PermissionDenied', self.groups, 'ListBlocked', '(xsu)', PROJECT, '', 10)

    # -- details --

    def check_set(self, method, signature, value, field):
        since = len(self.client.events)
        self.groups(method, signature, TEAM, value)
        self.assertEqual(self.info()[field], value, method)
        self.client.wait_event('GroupListUpdate', since=since)
        self.assertEqual(self.info(refresh=True)[field], value, method)

    def test_set(self):
        self.scene()
        self.info()
        for method, value, field in (('SetName', '新团队', 'name'), ('SetDescription', 'words', 'description'), ('SetExt', '{"a":1}', 'ext')):
            self.check_set(method, '(xs)', value, field)
        for method, value, field in (('SetMuteMode', 2, 'msg_mute_mode'), ('SetPushMode', 4, 'msg_push_mode'),
                                     ('SetJoinApproval', 2, 'apply_approval')):
            self.check_set(method, '(xi)', value, field)
            self.fails('InvalidArguments', self.groups, method, '(xi)', TEAM, 9)
        for method, field in (('SetMemberInvite', 'member_invite'), ('SetMemberModify', 'member_modify'), ('SetReadAck', 'read_ack'),
                              ('SetHistoryVisible', 'history_visible'), ('SetHideMemberInfo', 'hide_member_info')):
            self.check_set(method, '(xb)', not self.info()[field], field)
        self.fails('PermissionDenied', self.groups, 'SetReadAck', '(xb)', PROJECT, False)
        self.fails('NotFound', self.groups, 'SetName', '(xs)', 9, 'x')

    def late(self, path, method, signature, *args):
        """A call that the service answers now; what it returns is called for the result, and only then does the answer come."""
        before = self.requests(path)
        self.service.hold(path)
        pending = self.client.start('Groups', method, signature, *args)
        self.service.wait('request', path=path, count=before + 1)

        def answer():
            self.service.release()
            return pending.result()
        return answer

    def test_late_lists(self):
        """Nor does such an answer undo a change of a list."""
        service = self.sandbox()
        service.control('rest', path='/group/admin_list', code=20012, message='no', count=2)  # or the daemon had both lists of admins by itself
        self.scene(sandbox=service)
        self.all_fetched(self.service, self.server, self.client)
        answer = self.late('/group/member_list', 'ListMembers', '(xsu)', TEAM, '', 100)
        self.groups('Kick', '(xax)', TEAM, [DAVE])
        expected = [ALICE, BOB, CAROL, ZHANG, ECHO]
        self.assertEqual(sorted(one['user_id'] for one in answer()[0]), expected)
        self.assertEqual(self.members(), expected)
        answer = self.late('/group/admin_list', 'ListAdmins', '(x)', TEAM)
        self.groups('AddAdmins', '(xax)', TEAM, [CAROL])
        self.assertEqual(sorted(one['user_id'] for one in answer()), [BOB, CAROL])
        self.assertEqual(self.admins(), [BOB, CAROL])
        answer = self.late('/group/members/display_name', 'GetMembers', '(xax)', TEAM, [CAROL, DAVE])
        self.groups('Kick', '(xax)', TEAM, [CAROL])
        self.assertEqual(answer(), [])
        self.assertEqual(self.members(), [ALICE, BOB, ZHANG, ECHO])
        answer = self.late('/group/blocked_list', 'ListBlocked', '(xsu)', TEAM, '', 100)
        self.groups('Block', '(xax)', TEAM, [ZHANG])
        self.assertEqual([one['user_id'] for one in answer()[0]], [ZHANG])

    def test_late_list_and_a_notice(self):
        self.scene_at_rest()
        answer = self.late('/group/member_list', 'ListMembers', '(xsu)', TEAM, '', 100)
        since = len(self.client.events)
        Peer(self.service, 'dave').post('/group/leave', {'group_id': TEAM})
        self.client.wait_event('GroupMemberChanged', lambda event: event.args[0] == TEAM, since=since)
        self.assertNotIn(DAVE, [one['user_id'] for one in answer()[0]])
        self.assertNotIn(DAVE, self.members())

    def test_late_details(self):
        """The answer to a question from before a change does not undo it."""
        self.scene_at_rest()
        self.info()
        answer = self.late('/group/info', 'GetInfo', '(xb)', TEAM, True)
        self.groups('SetName', '(xs)', TEAM, '新团队')
        self.assertEqual(answer()['name'], '新团队')
        self.assertEqual(self.info()['name'], '新团队')

    def test_others_set(self):
        self.scene()
        self.info()
        bob = Peer(self.service, 'bob')
        bob.post('/group/info/name', group_id=TEAM, value='Bob was here')
        self.wait_true(lambda: self.info()['name'] == 'Bob was here', 'the name')
        self.assertEqual(self.groups('GetBrief', '(ax)', [TEAM])[0]['name'], 'Bob was here')
        Peer(self.service, 'alice').post('/group/msg/mute_mode', group_id=TEAM, msg_mute_mode=1)
        self.client.wait_event('GroupMuted')
        self.assertEqual(self.info()['msg_mute_mode'], 1)

    # -- what a group keeps --

    def test_announcements(self):
        self.scene()
        first = self.groups('ListAnnouncements', '(x)', TEAM)
        self.assertEqual([one['title'] for one in first], ['Welcome'])
        self.assertEqual(set(first[0]), {'id', 'group_id', 'author', 'title', 'content', 'created_at'})
        posted = self.groups('PostAnnouncement', '(xss)', TEAM, 'Title', 'Content 内容')
        self.assertEqual((posted['title'], posted['content'], posted['author']), ('Title', 'Content 内容', ALICE))
        self.client.wait_event('GroupAnnouncementUpdated')
        self.assertEqual(self.groups('GetLatestAnnouncement', '(x)', TEAM), posted)
        self.assertEqual(self.groups('GetAnnouncement', '(xx)', TEAM, posted['id']), posted)
        self.groups('DeleteAnnouncement', '(xx)', TEAM, posted['id'])
        self.assertEqual(self.groups('ListAnnouncements', '(x)', TEAM), first)
        self.fails('NotFound', self.groups, 'GetAnnouncement', '(xx)', TEAM, posted['id'])
        self.fails('NotFound', self.groups, 'GetLatestAnnouncement', '(x)', PROJECT)
        self.fails('PermissionDenied', self.groups, 'PostAnnouncement', '(xss)', PROJECT, 't', 'c')
        self.fails('PermissionDenied', self.groups, 'DeleteAnnouncement', '(xx)', PROJECT, 1)

    def test_files(self):
        self.scene()
        bob = Peer(self.service, 'bob')
        self.assertEqual(self.groups('ListFiles', '(x)', TEAM), [])
        file_id = bob.post('/group/file/upload', group_id=TEAM, name='a.txt', size=5, type='text', url='http://x/a')['file_id']
        self.client.wait_event('GroupFileUploaded')
        files = self.groups('ListFiles', '(x)', TEAM)
        self.assertEqual(set(files[0]), {'file_id', 'group_id', 'name', 'size', 'type', 'uploader', 'url', 'created_at', 'updated_at'})
        self.groups('RenameFile', '(xxs)', TEAM, file_id, 'b.txt')
        self.client.wait_event('GroupFileUpdated')
        self.assertEqual(self.groups('ListFiles', '(x)', TEAM)[0]['name'], 'b.txt')
        results = self.groups('DeleteFiles', '(xax)', TEAM, [file_id, 9])
        self.assertEqual([(one['file_id'], one['result']) for one in results], [(file_id, 'success'), (9, 'fail')])
        self.assertEqual(set(results[0]), {'file_id', 'result', 'reason'})
        self.client.wait_event('GroupFileDeleted')
        self.assertEqual(self.groups('ListFiles', '(x)', TEAM), [])
        self.fails('NotFound', self.groups, 'RenameFile', '(xxs)', TEAM, file_id, 'c.txt')

    # -- size and order --

    def test_a_group_of_5000(self):
        self.service = self.sandbox()
        self.service.control('crowd', count=5000, group=TEAM)
        self.server = self.daemon(sandbox=self.service)
        self.client = self.server.start()
        self.client.login('dave')  # in no group whose members the daemon wants for itself
        members = self.members(TEAM)
        self.assertEqual(len(members), 5006)
        self.assertEqual(len(set(members)), 5006)
        self.wait_true(lambda: self.info(TEAM)['count'] == 5006, 'the number')
        asked = self.requests('/group/member_list')
        self.assertLess(asked, 60)
        self.assertEqual(self.members(TEAM), members)
        self.assertEqual(self.requests('/group/member_list'), asked)
        self.assertEqual(len(self.groups('GetMembers', '(xax)', TEAM, members[3000:4000])), 1000)
        self.assertLess(self.server.rss(), harness.SLOWNESS * (100 << 20))  # sanitizers keep what is freed

    def test_two_readers(self):
        """A series of pages that began with the service's continues with them, also when another call has completed the list meanwhile."""
        self.service = self.sandbox()
        self.service.control('crowd', count=250, group=TEAM)
        self.server = self.daemon(sandbox=self.service)
        self.client = self.server.start()
        self.client.login('alice')
        self.wait_true(lambda: self.info()['count'] == 256, 'the number')
        read, cursor = self.groups('ListMembers', '(xsu)', TEAM, '', 100)
        self.assertNotEqual(cursor, '')
        whole = self.members()
        while cursor:
            page, cursor = self.groups('ListMembers', '(xsu)', TEAM, cursor, 100)
            read += page
        self.assertEqual(sorted(one['user_id'] for one in read), whole)

    def test_logout_meanwhile(self):
        """A call that waits for the service is answered when the account is logged out."""
        self.scene()
        self.service.control('rest', path='/group/announcement/list', delay_ms=15000, count=1)
        pending = self.client.start('Groups', 'ListAnnouncements', '(x)', TEAM)
        self.client.call('Account', 'Logout', '(a{sv})', {})
        self.fails('Cancelled', pending.result)


harness.main()
