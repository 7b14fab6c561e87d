# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface Roster: contacts come and go, are found, named, muted and blocked, on this device and by what others do."""

from gi.repository import GLib

import harness
from peer import Peer

ALICE, BOB, CAROL, DAVE, ERIN, ZHANG, ECHO = 1001, 1002, 1003, 1004, 1005, 1006, 1099


def text(value):
    return GLib.Variant('s', value)


class RosterTest(harness.Test):

    def scene(self, **arguments):
        self.service, self.server, self.client = self.one(**arguments)

    def roster(self, method, signature='()', *args):
        return self.client.call('Roster', method, signature, *args)

    def ids(self, refresh=False):
        return sorted(self.roster('List', '(b)', refresh)[0])

    def item(self, user, refresh=False):
        items = self.roster('GetItems', '(axb)', [user], refresh)
        return items[0] if items else None

    def wait_ids(self, ids):
        harness.wait_for(lambda: self.ids() == sorted(ids), lambda: 'roster %s, it is %s' % (ids, self.ids()))

    def applicants(self):
        return [one['user_id'] for one in self.roster('ListApplications', '(su)', '', 50)[0] if one['status'] == 0]

    def test_find(self):
        self.scene()
        dave = self.roster('FindById', '(x)', DAVE)
        self.assertEqual(dave['username'], 'dave')
        self.assertEqual(dave['relation'], 2)
        self.assertEqual(dave['auth_question'], 'What is my favourite colour?')
        self.assertEqual(self.roster('FindByName', '(s)', 'dave'), dave)
        self.assertEqual(self.roster('FindByMobile', '(s)', '13800001004'), dave)
        self.assertEqual(self.item(DAVE), dave)
        for method, signature, value in (('FindById', '(x)', 9), ('FindByName', '(s)', 'nobody'), ('FindByMobile', '(s)', '1')):
            self.assertTrue(self.fails('NotFound', self.roster, method, signature, value).startswith('10000: '))
        self.fails('InvalidArguments', self.roster, 'FindById', '(x)', 0)

    def test_apply_where_anyone_may(self):
        self.scene(user='dave')
        self.roster('Apply', '(xsa{sv})', CAROL, 'hello', {'alias': text('C.')})
        self.wait_ids([BOB, CAROL, ECHO])
        harness.wait_for(lambda: (self.item(CAROL) or {}).get('alias') == 'C.', 'the alias')
        self.fails('AlreadyDone', self.roster, 'Apply', '(xsa{sv})', CAROL, '', {})
        self.fails('InvalidArguments', self.roster, 'Apply', '(xsa{sv})', CAROL, '', {'name': text('C.')})

    def test_find_by_a_part_of_a_name(self):
        """By a part of any name, from the store alone; the best first."""
        def found(words, limit=10):
            return [one['id'] for one in self.client.call('Conversations', 'Find', '(su)', words, limit)]
        self.scene()
        self.assertEqual(found('BO'), [BOB])
        self.assertEqual(found('老'), [ZHANG])
        self.assertEqual(found('伟'), [ZHANG])
        self.assertEqual(found('wei'), [ZHANG], 'a word of the user name')
        self.assertEqual(found('组'), [2002])
        self.assertEqual(found('nobody'), [])
        [team] = self.client.call('Conversations', 'Find', '(su)', 'team', 10)
        self.assertEqual({key: team[key] for key in ('id', 'type', 'name', 'listed', 'conversation')},
                         {'id': 2001, 'type': 'group', 'name': 'Team', 'listed': True, 'conversation': True})
        self.roster('SetAlias', '(xs)', ECHO, 'My bobbin')
        harness.wait_for(lambda: found('bob') == [BOB, ECHO], 'the beginning before a word')
        self.assertEqual((found('bob', 1), found('obb')), ([BOB], [ECHO]))
        self.fails('InvalidArguments', self.client.call, 'Conversations', 'Find', '(su)', '', 10)
        self.fails('InvalidArguments', self.client.call, 'Conversations', 'Find', '(su)', 'x', 0)

    def test_apply_with_answer(self):
        self.scene()
        self.fails('PermissionDenied', self.roster, 'Apply', '(xsa{sv})', DAVE, '', {'auth_answer': text('red')})
        self.roster('Apply', '(xsa{sv})', DAVE, '', {'auth_answer': text('blue')})
        self.client.wait_event('RosterListUpdate')
        self.wait_ids([BOB, CAROL, DAVE, ZHANG, ECHO])

    def test_apply_where_nobody_may(self):
        self.scene()
        self.assertIn('10012', self.fails('PermissionDenied', self.roster, 'Apply', '(xsa{sv})', ERIN, 'please', {}))
        self.fails('NotFound', self.roster, 'Apply', '(xsa{sv})', 9, '', {})

    def test_our_application_is_decided(self):
        self.scene(user='dave')
        alice, zhang = Peer(self.service, 'alice'), Peer(self.service, 'zhang-wei')
        self.roster('Apply', '(xsa{sv})', ZHANG, 'hello', {})
        zhang.post('/roster/decline', user_id=DAVE, reason='not now')
        self.assertEqual(self.client.wait_event('RosterDeclined').args[0]['content'], 'not now')
        alice.post('/roster/accept', {'user_id': DAVE})
        notice = self.client.wait_event('RosterAccepted').args[0]
        self.assertEqual((notice['from'], notice['to'], notice['type']), (ALICE, [DAVE], 'accepted'))
        self.wait_ids([ALICE, BOB, ECHO])

    def test_accept(self):
        self.scene()
        applications, cursor = self.roster('ListApplications', '(su)', '', 1)
        self.assertEqual(applications[0]['reason'], 'Dave here, we met on Monday')
        self.assertEqual(set(applications[0]), {'user_id', 'reason', 'status', 'expired_time'})
        self.roster('Accept', '(x)', DAVE)
        self.assertIn(DAVE, self.ids())
        self.client.wait_event('RosterAccepted')
        self.assertEqual(self.applicants(), [])
        self.fails('NotFound', self.roster, 'Accept', '(x)', DAVE)

    def test_decline(self):
        self.scene()
        self.roster('Decline', '(xs)', DAVE, 'who are you?')
        self.client.wait_event('RosterDeclined')
        self.assertEqual(self.applicants(), [])
        self.assertNotIn(DAVE, self.ids(True))

    def test_applications_wait(self):
        """New ones are kept over a restart without the service, and go when another device decides."""
        self.scene(persist=True)
        carol, alice = Peer(self.service, 'carol'), Peer(self.service, 'alice')
        self.roster('Remove', '(x)', CAROL)
        self.client.wait_event('RosterRemoved')
        carol.post('/roster/apply', user_id=ALICE, reason='again?')
        notice = self.client.wait_event('RosterApplied').args[0]
        self.assertEqual((notice['from'], notice['content']), (CAROL, 'again?'))
        self.assertEqual(sorted(self.applicants()), [CAROL, DAVE])
        self.server.stop()
        self.service.stop()
        self.client = self.server.start()
        self.assertEqual(sorted(self.applicants()), [CAROL, DAVE])
        self.assertEqual(self.roster('ListApplications', '(su)', '', 1)[1][:6], 'local:')
        self.service.start()
        self.client.wait_state('online')
        alice.post('/roster/decline', user_id=CAROL, reason='no')
        self.client.wait_event('RosterDeclined')
        harness.wait_for(lambda: [row for row in self.server.query(ALICE, 'SELECT id FROM list_entries WHERE list = 2 AND decided = 0')] == [(DAVE,)],
                         'the application gone')
        self.fails('InvalidArguments', self.roster, 'ListApplications', '(su)', 'local:x', 10)
        self.service.stop()
        self.client.wait_state('waiting')
        found = self.roster('ListApplications', '(su)', '', 10)[0]
        self.assertEqual([(one['user_id'], one['status'], one['reason']) for one in found],
                         [(CAROL, 2, 'again?'), (DAVE, 0, 'Dave here, we met on Monday')])

    def test_remove(self):
        self.scene()
        self.roster('Remove', '(x)', BOB)
        self.assertNotIn(BOB, self.ids())
        self.client.wait_event('RosterRemoved')
        deleted = self.client.wait_event('FlooNotice', lambda event: event.args[0] == 'conversation_deleted')
        self.assertEqual(deleted.args[1], {'id': BOB, 'source': 'user_operation'})
        self.fails('NotFound', self.client.call, 'Conversations', 'Get', '(x)', BOB)
        self.fails('NotFound', self.roster, 'Remove', '(x)', BOB)

    def test_removed_by_the_other(self):
        self.scene()
        Peer(self.service, 'bob').post('/roster/delete', {'user_id': ALICE})
        self.client.wait_event('RosterRemoved')
        self.assertEqual(self.item(BOB)['relation'], 1)
        self.client.call('Conversations', 'Get', '(x)', BOB)

    def test_block(self):
        self.scene()
        self.assertEqual(self.roster('ListBlocked', '(b)', False), [])
        self.roster('Block', '(x)', CAROL)
        self.assertEqual(self.roster('ListBlocked', '(b)', False), [CAROL])
        self.assertEqual(self.roster('ListBlocked', '(b)', True), [CAROL])
        self.client.wait_event('RosterBlocked')
        harness.wait_for(lambda: self.item(CAROL)['relation'] == 3, 'the relation')
        alice = Peer(self.service, 'alice')
        alice.post('/roster/block', {'user_id': BOB})
        harness.wait_for(lambda: self.roster('ListBlocked', '(b)', False) == [BOB, CAROL], 'the block of another device')
        self.roster('Unblock', '(x)', CAROL)
        self.client.wait_event('RosterUnblocked')
        self.assertEqual(self.roster('ListBlocked', '(b)', False), [BOB])
        alice.post('/roster/unblock', {'user_id': BOB})
        harness.wait_for(lambda: self.roster('ListBlocked', '(b)', False) == [], 'the end of the block')

    def test_set(self):
        self.scene()
        since = len(self.client.events)
        self.roster('SetAlias', '(xs)', BOB, 'Bobby 鲍勃')
        self.client.wait_event('RosterInfoUpdate', lambda event: event.args[0] == [BOB], since=since)
        self.roster('SetExt', '(xs)', BOB, '{"colour":"blue"}')
        self.roster('SetMuted', '(xb)', BOB, True)
        for refresh in (False, True):
            item = self.item(BOB, refresh)
            self.assertEqual((item['alias'], item['ext'], item['mute_notification']), ('Bobby 鲍勃', '{"colour":"blue"}', True))
        self.roster('SetMuted', '(xb)', BOB, False)
        self.assertIs(self.item(BOB)['mute_notification'], False)
        self.roster('SetAlias', '(xs)', BOB, '')
        self.assertEqual(self.item(BOB, True)['alias'], '')
        for method, signature, value in (('SetAlias', '(xs)', 'x'), ('SetExt', '(xs)', 'x'), ('SetMuted', '(xb)', True)):
            self.fails('NotFound', self.roster, method, signature, DAVE, value)
        self.fails('TooLarge', self.roster, 'SetExt', '(xs)', BOB, 'x' * 300000)

    # -- stale responses --

    def late(self, path, method, signature, *args):
        """A call that the service answers now; what it returns is called for the result, and only then does the answer come."""
        harness.wait_for(lambda: len(self.roster('GetItems', '(axb)', self.ids(), False)) == len(self.ids()), 'the details of all friends')
        before = len([one for one in self.service.control('requests')['requests'] if one['path'] == path])
        self.service.hold(path)
        pending = self.client.start('Roster', method, signature, *args)
        self.service.wait('request', path=path, count=before + 1)

        def answer():
            self.service.release()
            return pending.result()
        return answer

    def test_late_details(self):
        self.scene()
        answer = self.late('/roster/list', 'GetItems', '(axb)', [BOB, CAROL], True)
        self.roster('SetAlias', '(xs)', BOB, 'Bobby')
        self.assertEqual([one.get('alias') for one in answer()], ['Bobby', ''])
        self.assertEqual(self.item(BOB)['alias'], 'Bobby')

    def test_late_find(self):
        self.scene()
        answer = self.late('/roster/id', 'FindById', '(x)', BOB)
        self.roster('SetAlias', '(xs)', BOB, 'Bobby')
        self.assertEqual(answer()['alias'], 'Bobby')
        self.assertEqual(self.item(BOB)['alias'], 'Bobby')

    def test_late_list(self):
        self.scene()
        answer = self.late('/roster/list', 'List', '(b)', True)
        self.roster('Remove', '(x)', CAROL)
        self.assertNotIn(CAROL, answer()[0])
        self.assertNotIn(CAROL, self.ids())

    def test_late_block_list(self):
        self.scene()
        answer = self.late('/roster/blocked_list', 'ListBlocked', '(b)', True)
        self.roster('Block', '(x)', CAROL)
        self.assertEqual(answer(), [CAROL])
        answer = self.late('/roster/blocked_list', 'ListBlocked', '(b)', True)
        self.roster('Unblock', '(x)', CAROL)
        self.assertEqual(answer(), [])
        self.assertEqual(self.roster('ListBlocked', '(b)', False), [])

    def test_details_of_others_change(self):
        self.scene()
        Peer(self.service, 'bob').post('/user/profile', nick_name='Robert', description='new')
        self.client.wait_event('RosterInfoUpdate', lambda event: event.args[0] == [BOB] and self.item(BOB)['nick_name'] == 'Robert')
        self.assertEqual(self.item(BOB)['description'], 'new')
        self.assertEqual(self.item(BOB)['username'], 'bob')

    def test_signed_out_and_offline(self):
        self.scene(user=None)
        self.fails('NotLoggedIn', self.roster, 'Accept', '(x)', DAVE)
        self.client.login('alice')
        self.assertEqual(self.roster('ListBlocked', '(b)', False), [])
        self.service.stop()
        self.client.wait_state('waiting')
        self.fails('Offline', self.roster, 'Accept', '(x)', DAVE)
        self.fails('Offline', self.roster, 'ListBlocked', '(b)', True)
        self.assertEqual(self.roster('ListBlocked', '(b)', False), [])
        self.service.start()

    def test_a_roster_of_10000(self):
        """Opens in bounded time and memory: the list at login, details behind it in batches."""
        self.service = self.sandbox()
        self.service.control('crowd', count=10000, friends_of='alice')
        self.server = self.daemon(sandbox=self.service)
        self.client = self.server.start()
        self.client.login('alice')
        self.assertEqual(len(self.ids()), 10004)
        ids = self.ids()
        items = self.roster('GetItems', '(axb)', ids[9000:10000], False)
        self.assertEqual(sorted(one['user_id'] for one in items), ids[9000:10000])
        self.assertLess(self.server.rss(), harness.SLOWNESS * (120 << 20))  # sanitizers keep what is freed
        requests = [one for one in self.service.control('requests')['requests'] if one['path'] == '/roster/list' and one['method'] == 'POST']
        self.assertLessEqual(len(requests), 30)


harness.main()
