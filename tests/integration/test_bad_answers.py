# SPDX-License-Identifier: GPL-3.0-or-later
"""Invalid answers of the service, for each kind of record: a clear error, no crash, and nothing half-written in the store."""

import json

from gi.repository import GLib

import harness

TEAM = 2001

RECORD, RECORDS, IDS, NUMBER = 'record', 'records', 'ids', 'number'

# Path, how it is called, what its answer is, a good record, and a field of an integer type.
OPERATIONS = (
    ('/user/profile', ('Account', 'GetProfile', '(b)', True), RECORD, {'user_id': 1001, 'username': 'alice'}, 'user_id'),
    ('/user/settings', ('Account', 'GetSettings', '()'), RECORD, {'user_id': 1001, 'no_push': True}, 'auth_mode'),
    ('/user/device/list', ('Account', 'ListDevices', '()'), RECORDS, {'device_sn': 1}, 'device_sn'),
    ('/roster/id', ('Roster', 'FindById', '(x)', 1002), RECORD, {'user_id': 1002}, 'user_id'),
    ('/roster/list', ('Roster', 'GetItems', '(axb)', [1002], True), RECORDS, {'user_id': 1002}, 'relation'),
    ('/roster/list', ('Roster', 'List', '(b)', True), IDS, None, None),
    ('/roster/blocked_list', ('Roster', 'ListBlocked', '(b)', True), IDS, None, None),
    ('/roster/apply/list', ('Roster', 'ListApplications', '(su)', '', 10), RECORDS, {'user_id': 1004}, 'expired_time'),
    ('/group/user_joined', ('Groups', 'ListJoined', '(b)', True), IDS, None, None),
    ('/group/public_list', ('Groups', 'ListPublic', '()'), IDS, None, None),
    ('/group/info', ('Groups', 'GetInfo', '(xb)', TEAM, True), RECORD, {'group_id': TEAM, 'owner_id': 1001}, 'count'),
    ('/group/info/batch', ('Groups', 'GetBrief', '(ax)', [2003]), RECORDS, {'group_id': 2003}, 'capacity'),
    ('/group/member_list', ('Groups', 'ListMembers', '(xsu)', TEAM, '', 10), RECORDS, {'user_id': 1001}, 'join_time'),
    ('/group/members/display_name', ('Groups', 'GetMembers', '(xax)', TEAM, [1002]), RECORDS, {'user_id': 1002}, 'user_id'),
    ('/group/admin_list', ('Groups', 'ListAdmins', '(x)', TEAM), RECORDS, {'user_id': 1002}, 'user_id'),
    ('/group/banned_list', ('Groups', 'ListBanned', '(xsu)', TEAM, '', 10), RECORDS, {'user_id': 1002}, 'expired_time'),
    ('/group/blocked_list', ('Groups', 'ListBlocked', '(xsu)', TEAM, '', 10), RECORDS, {'user_id': 1002}, 'group_id'),
    ('/group/invitation_list', ('Groups', 'ListInvitations', '(su)', '', 10), RECORDS, {'group_id': 2003, 'inviter_id': 1005}, 'status'),
    ('/group/application_list', ('Groups', 'ListApplications', '(axsu)', [TEAM], '', 10), RECORDS,
     {'group_id': TEAM, 'applicant_id': 1005}, 'applicant_id'),
    ('/group/kick', ('Groups', 'Kick', '(xax)', TEAM, [1002]), RECORDS, {'user_id': 1002, 'result': 'success'}, 'user_id'),
    ('/group/settings/ban_all', ('Groups', 'BanAll', '(xx)', TEAM, 5), NUMBER, {'ban_expire_time': 5}, 'ban_expire_time'),
    ('/group/announcement/list', ('Groups', 'ListAnnouncements', '(x)', TEAM), RECORDS, {'id': 1}, 'author'),
    ('/group/file/list', ('Groups', 'ListFiles', '(x)', TEAM), RECORDS, {'file_id': 1}, 'size'),
    ('/group/file/delete', ('Groups', 'DeleteFiles', '(xax)', TEAM, [1]), RECORDS, {'file_id': 1, 'result': 'fail'}, 'file_id'),
)

# No answers at all.
TEXTS = (
    '',
    'null',
    '[]',
    '<!DOCTYPE html><html><body>502 Bad Gateway</body></html>',
    '{"code": 200, "data": ',
    '{"data": {}}',
    '{"code": null, "data": {}}',
    '{"code": "OK"}',
    '{"code": 9223372036854775808, "data": {}}',
    '{"code": 200, "data": %s1%s}' % ('[' * 1000, ']' * 1000),
    '{"code": 200, "data": %s1%s}' % ('{"a":' * 1000, '}' * 1000),
    '{"code": 200, "data": [1e999]}',
)


def envelope(data):
    return '{"code": 200, "message": null, "data": %s}' % data


class BadAnswerTest(harness.Test):

    def state(self):
        """All of the store that answers could change."""
        return {table: self.server.query(1001, 'SELECT * FROM ' + table)
                for table in ('contacts', 'lists', 'list_entries', 'account', 'conversations')}

    def setUp(self):
        super().setUp()
        service = self.sandbox()
        service.control('rest', path='/group/admin_list', code=20012, message='no', count=2)  # which the daemon asks for by itself
        self.service, self.server, self.client = self.one(sandbox=service)
        self.client.call('Groups', 'ListMembers', '(xsu)', 2002, '', 500)  # so that nothing is complete of TEAM, and something of another
        missing = ("SELECT count(*) FROM contacts WHERE listed = 1"
                   " AND (details IS NULL OR stale OR kind = 1 AND (json_extract(details, '$.owner_id') IS NULL OR standing <> 2))")
        harness.wait_for(lambda: self.server.query(1001, missing) == [(0,)], 'the details of all')
        self.before = self.state()

    def check(self, path, call, body, name='ProtocolError', **fault):
        if body is not None:
            fault['body'] = body
        self.service.control('rest', path=path, **dict({'count': 1}, **fault))
        words = 'answer %s to %s' % ((body or str(fault))[:80], call[:2])
        try:
            value = self.client.call(*call)
        except harness.Failure as failure:
            self.assertEqual(failure.name, name, words + ': ' + failure.text)
            self.assertLess(len(failure.text), 600)
        else:
            self.fail(words + ' was taken: %s' % str(value)[:200])
        self.assertEqual(self.state(), self.before, words)

    def test_no_answer_of_the_service(self):
        for path, call, *_ in OPERATIONS:
            for text in TEXTS:
                self.check(path, call, text)
            self.check(path, call, None, status=500)
            self.check(path, call, None, code=99999, message='no\nreason\x00', name='Rejected')
        self.assertTrue(self.server.process.running)

    def test_wrong_data(self):
        for path, call, kind, good, field in OPERATIONS:
            for data in ('5', '"text"', 'true', '{}' if kind != RECORD or good is None else '[]'):
                self.check(path, call, envelope(data))
            if kind == IDS:
                for data in ('["x"]', '[1.5]', '[null]', '[[1]]', '[9223372036854775808]'):
                    self.check(path, call, envelope(data))
                continue
            if kind == RECORDS:
                self.check(path, call, envelope('[null]'))
            for value in ('"x"', '1.5', '[]', '{}', '9223372036854775808', '-9223372036854775809', '1e30', 'false', '"9223372036854775808"'):
                record = json.dumps(dict(good, **{field: '@'})).replace('"@"', value)
                self.check(path, call, envelope('[%s]' % record if kind == RECORDS else record))

    def test_one_bad_item_of_many(self):
        """An invalid record is left out, and the others are used."""
        members = '[{"user_id": "x"}, {"user_id": 1001}, null, 5, {"user_id": 1002, "join_time": [1]}, {"user_id": 1003}]'
        self.service.control('rest', path='/group/member_list', count=1, body=envelope(members))
        page, cursor = self.client.call('Groups', 'ListMembers', '(xsu)', TEAM, '', 10)
        self.assertEqual([one['user_id'] for one in page], [1001, 1003])
        self.service.control('rest', path='/group/public_list', count=1, body=envelope('[2003, {}, "x", 9223372036854775808, 2004]'))
        self.assertEqual(self.client.call('Groups', 'ListPublic', '()'), [2003, 2004])
        self.service.control('rest', path='/roster/list', count=1, body=envelope('[1002, null, 1003, 1006, 1099]'))
        self.assertEqual(sorted(self.client.call('Roster', 'List', '(b)', True)[0]), [1002, 1003, 1006, 1099])

    def test_missing_key(self):
        for path, call, kind, good, field in OPERATIONS:
            if kind == IDS or path in ('/user/profile', '/user/settings'):
                continue  # nothing in these has to be there
            for record in ('{}', '{"%s": null}' % next(iter(good))):
                self.check(path, call, envelope('[%s]' % record if kind == RECORDS else record))

    def test_nulls_and_strangers(self):
        """A null is a missing field, and unknown fields are ignored."""
        record = json.dumps({'user_id': 1002, 'username': None, 'nick_name': None, 'relation': None, 'news': {'a': [1]}, 'avatar': 7})
        self.service.control('rest', path='/roster/id', count=1, body=envelope(record))
        self.assertEqual(self.client.call('Roster', 'FindById', '(x)', 1002), {'user_id': 1002, 'avatar': '7'})
        for path, call, kind, *_ in OPERATIONS:
            if kind in (RECORDS, IDS) and call[1] not in ('List', 'ListJoined', 'GetItems', 'GetBrief'):
                self.service.control('rest', path=path, count=1, body='{"code": 200}')
                value = self.client.call(*call)
                self.assertEqual(value[0] if isinstance(value, tuple) else value, [], call)

    def test_ten_megabytes(self):
        """An answer above the size limit is not read to its end; and one of the largest size, with a record that is too long."""
        for path, call, kind, good, field in OPERATIONS:
            self.check(path, call, envelope('true'), body_size=10 << 20)
        big = envelope('{"user_id": 1, "username": 1.5, "nick_name": "%s"}' % ('x' * 3000000))
        self.check('/roster/id', ('Roster', 'FindById', '(x)', 1002), big)
        self.assertLess(self.server.rss(), harness.SLOWNESS * (150 << 20))  # sanitizers keep what is freed

    def test_refused_by_false(self):
        self.check('/roster/block', ('Roster', 'Block', '(x)', 1003), envelope('false'), name='Rejected')
        self.check('/group/leave', ('Groups', 'Leave', '(xa{sv})', 2002, {}), envelope('false'), name='Rejected')

    def test_dropped(self):
        self.check('/group/announcement/list', ('Groups', 'ListAnnouncements', '(x)', TEAM), None, drop=True, count=-1, name='Offline')
        self.service.control('rest', clear=True)
        self.assertEqual(len(self.client.call('Groups', 'ListAnnouncements', '(x)', TEAM)), 1)

    def test_profile_fields(self):
        self.check('/user/profile', ('Account', 'GetProfile', '(b)', True), envelope('{"nick_name": {"a": 1}}'))
        self.fails('InvalidArguments', self.client.call, 'Account', 'UpdateProfile', '(a{sv})', {'nick_name': GLib.Variant('as', [])})

    def test_codes(self):
        """The service's codes under the names of the interface, with code and text."""
        for code, name in ((400, 'InvalidArguments'), (403, 'PermissionDenied'), (404, 'NotFound'), (409, 'Rejected'), (429, 'RateLimited'),
                           (10000, 'NotFound'), (10001, 'WrongCode'), (10004, 'Taken'), (10005, 'AlreadyDone'),
                           (20010, 'LimitReached'), (20014, 'Expired'), (20018, 'Blocked'), (10028, 'RateLimited'), (30021, 'AppUnavailable'), (30022, 'AppUnavailable'),
                           (40000, 'NotFound'), (40003, 'AppUnavailable'), (12345, 'Rejected'), (-1, 'Rejected')):
            self.service.control('rest', path='/group/announcement/list', count=1, code=code, message='words of the service')
            text = self.fails(name, self.client.call, 'Groups', 'ListAnnouncements', '(x)', TEAM)
            self.assertEqual(text, '%d: words of the service' % code)


harness.main()
