# SPDX-License-Identifier: GPL-3.0-or-later
"""Other users of the sandbox, who use the service's REST operations without a daemon."""

import http.client
import json
import urllib.parse


class Refused(Exception):
    """The service's code and message."""

    def __init__(self, code, message):
        self.code = code
        super().__init__('%s: %s' % (code, message))


class Peer:
    """A user who is logged in by REST alone."""

    def __init__(self, sandbox, name, password=None):
        self.sandbox = sandbox
        self.token = None
        data = self.post('/token/user', name=name, password=password or name + '-secret')
        self.token = data['token']
        self.user_id = data['user_id']

    def _request(self, method, path, query, body):
        connection = http.client.HTTPConnection('127.0.0.1', self.sandbox.port, timeout=60)
        headers = {'app_id': 'sandbox', 'Content-Type': 'application/json'}
        if self.token:
            headers['access-token'] = self.token
        if query:
            path += '?' + urllib.parse.urlencode(sorted(query.items()))
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        if answer['code'] != 200:
            raise Refused(answer['code'], answer['message'])
        return answer['data']

    def get(self, path, **query):
        return self._request('GET', path, query, None)

    def post(self, path, query=None, **body):
        return self._request('POST', path, query, body)
