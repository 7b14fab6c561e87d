# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of the service that would keep a daemon busy for ever: it continues, at a limited rate, with the data that it has."""

import itertools
import json

import files
import front
import harness


def page(ids, cursor):
    return 200, json.dumps({'code': 200, 'data': ids, 'cursor': cursor})


class LoopTest(harness.Test):
    """Every loop that the service's answers drive has a bound."""

    def scene(self, **arguments):
        sandbox = self.sandbox()
        return sandbox, front.Front(self, sandbox)

    def test_lists_without_end(self):
        sandbox, service = self.scene()
        # The same page and cursor again and again; cursors in a circle; new cursors and ids without end.
        service.answers['/roster/list'] = lambda one: page([1002, 1003], 'same') if one.method == 'GET' else None
        circle = itertools.count()
        service.answers['/group/user_joined'] = lambda one: page([2001, 2002, 3000 + next(circle)], 'abc'[next(circle) % 3])
        daemon = self.daemon(config=service.config)
        client = daemon.start()
        client.login('alice')
        self.assertEqual(len(service.asked('/group/user_joined')), 4)
        self.assertEqual(len([one for one in service.asked('/roster/list') if one.method == 'GET']), 2)
        self.assertEqual(client.call('Roster', 'List', '(b)', False)[0], [1002, 1003])
        # Without end: what is stored beyond stays.
        endless = itertools.count(5000)
        service.answers['/roster/list'] = lambda one: page([next(endless)], 'cursor %d' % next(endless)) if one.method == 'GET' else None
        before = len(service.requests)
        ids = client.call('Roster', 'List', '(b)', True)[0]
        asked = [one for one in service.requests[before:] if one.path == '/roster/list' and one.method == 'GET']
        self.assertLessEqual(len(asked), 200)
        self.assertLess(len(asked) / (asked[-1].time - asked[0].time), 40)
        self.assertEqual(set(ids) & {1002, 1003, 5000, 5002}, {1002, 1003, 5000, 5002})
        self.assertEqual(client.state, 'online')

    def test_members_without_end(self):
        """Members for reading acknowledgements: bounded, and not asked for again; a client's page that leads to itself is the last."""
        sandbox, service = self.scene()
        endless = itertools.count()

        def members(one):
            cursor = 'same' if one.query['group_id'] == '2001' else 'cursor %d' % next(endless)
            return page([{'user_id': 5000 + next(endless) % 7, 'display_name': 'x'}], cursor)
        service.answers['/group/member_list'] = members
        daemon = self.daemon(config=service.config)
        client = daemon.start()
        client.login('alice')
        harness.wait_for(lambda: 'the list of members of 2002 does not end' in daemon.process.text(), 'the loop over members ends')
        self.assertLessEqual(len(service.asked('/group/member_list')), 200)
        client.call('Groups', 'GetInfo', '(xb)', 2002, True)
        asked = len(service.asked('/group/member_list'))
        self.settle(client)
        self.assertEqual(len(service.asked('/group/member_list')), asked)
        first = client.call('Groups', 'ListMembers', '(xsu)', 2001, '', 10)
        self.assertEqual(first[1], 'same')
        self.assertEqual(client.call('Groups', 'ListMembers', '(xsu)', 2001, 'same', 10)[1], '')

    def token_times(self, service):
        """When tokens were asked for. A request whose connection was closed at that moment is repeated at once, and counts once."""
        times = [one.time for one in service.asked('/token/user')]
        return [time for before, time in zip([0] + times, times) if time - before > 0.3]

    def check_waits(self, service, leasts):
        """Each new token is asked for more than so many seconds after the one before."""
        harness.wait_for(lambda: len(self.token_times(service)) > len(leasts), '%d new tokens' % len(leasts))
        times = self.token_times(service)
        for least, earlier, later in zip(leasts, times, times[1:]):
            self.assertGreater(later - earlier, least)

    def test_tokens_without_end(self):
        """Each login is accepted, and its token void at once: new ones are asked for more and more slowly."""
        sandbox, service = self.scene()
        daemon = self.daemon(config=service.config)
        client = daemon.start()
        client.login('alice')
        sandbox.control('message', status='UNAUTHORIZED', reason='you must login first', count=-1)
        client.send_text(1099, 'refused for ever')
        self.check_waits(service, (1, 2, 4, 8))

    def test_unread_refused_without_end(self):
        """The same if the request for the unread list is answered so."""
        sandbox, service = self.scene()
        sandbox.control('fetch', what='unread', status='UNAUTHORIZED', reason='you must login first', count=-1)
        daemon = self.daemon(config=service.config)
        daemon.start().login('alice')
        self.check_waits(service, (1, 2, 4))

    def test_notices_without_end(self):
        """The same if each login is redirected to another server."""
        sandbox, service = self.scene()
        daemon = self.daemon(config=service.config)
        client = daemon.start()
        client.login('alice')
        for least in (2, 2, 4):
            since, asked = len(client.events), len(service.asked('/dns'))
            sandbox.control('notice', ns='user', to='alice', type='CLUSTER_CHANGED')
            client.wait_event('FlooNotice', lambda one: one.args == ('action', 'relogin'), since=since)
            moved = service.requests[-1].time
            client.wait_online(since)
            self.assertGreater(service.asked('/dns')[asked].time - moved, least)


class UploadTest(files.Test):

    def test_uploads_that_come_to_nothing(self):
        """A storage that swallows slowly, and one whose gateway gives up after all was sent: a few tries, the reason is told at each."""
        sandbox = self.sandbox()
        service = front.Front(self, sandbox)
        tarpit = front.Tarpit(self)
        broken = front.Broken(self, status=504)
        storages = iter([tarpit] * 3 + [broken] * 100)

        def address(one):
            url = 'http://127.0.0.1:%d/here' % next(storages).port
            return 200, json.dumps({'code': 200, 'data': {'upload_url': url, 'download_url': url}})
        service.answers['/file/upload/chat'] = address
        daemon = self.daemon(config=service.config + '[files]\nstall_seconds=2\n')
        client = daemon.start()
        client.login('alice')
        for reason in ('no answer in time', 'HTTP 504'):
            changes = self.watch(client)
            path = self.begin(client, 'Files', 'Upload', '(sxshs)', 'roster', 1002, 'file', self.source(bytes(4 << 20)), 'large')
            transfer = self.ended(client, path, 'error')
            self.assertEqual(self.error(transfer), 'Timeout')
            self.assertIn(reason, transfer['Error'][1])
            told = [change['Error'][1] for _, change in changes[path] if 'Error' in change]
            self.assertGreater(len([text for text in told if reason in text]), 1, told)
        self.assertEqual(tarpit.connections, 3)
        self.assertEqual(len(broken.requests), 3)


if __name__ == '__main__':
    harness.main()
