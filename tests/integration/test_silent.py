# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that does not answer, or is slow: every call is answered before D-Bus itself times out."""

import os

import harness
from harness import GLib
from gi.repository import Gio

LIMIT = 25  # s: D-Bus's own; calls are given 20, and 22 where they ask more than once
DBUS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'dbus')
BY_NAME = {'group': 2001, 'group_id': 2001, 'groups': [2001], 'group_ids': [2001], 'to_type': 'roster', 'type': 'text', 'cursor': '', 'options': {},
           'limit': 10, 'token': 'a' * 32, 'everywhere': False}
BY_TYPE = {'x': 1002, 'ax': [1002], 'a(sx)': [('', 1002)], 's': 'silence', 'b': True, 'i': 1, 'u': 1, 't': 0, 'd': 1.0, 'a{sv}': {}}


def methods():
    """(interface, method, signature, arguments) of each method that takes no descriptor."""
    for name in sorted(os.listdir(DBUS)):
        if not name.endswith('.xml'):
            continue
        with open(os.path.join(DBUS, name), encoding='utf-8') as file:
            node = Gio.DBusNodeInfo.new_for_xml(file.read())
        for interface in node.interfaces:
            short = interface.name.rpartition('.')[2]
            for method in interface.methods if short != 'Transfer' else []:
                types = [arg.signature for arg in method.in_args]
                if 'h' not in types:
                    yield short, method.name, '(%s)' % ''.join(types), [BY_NAME.get(arg.name, BY_TYPE[arg.signature]) for arg in method.in_args]


class SilentTest(harness.Test):

    def test_each_call_is_answered(self):
        sandbox, daemon, client = self.one()
        self.secrets = []  # of another user than those calls name
        sandbox.control('rest', delay_ms=600000, count=-1)
        sandbox.control('stall')
        calls = [('%s.%s' % (interface, method), client.start(interface, method, signature, *args, timeout=60000))
                 for interface, method, signature, args in methods() if method != 'Logout']
        self.assertGreater(len(calls), 90)
        calls.append(('Logout everywhere', client.start('Account', 'Logout', '(a{sv})', {'everywhere': GLib.Variant('b', True)}, timeout=60000)))
        harness.wait_for(lambda: all(pending.done for _, pending in calls), lambda: [name for name, pending in calls if not pending.done], 90)
        self.assertEqual([(name, pending.took) for name, pending in calls if pending.took > LIMIT * harness.SLOWNESS], [])
        answers = dict(calls)
        self.assertEqual(answers['Roster.SetAlias'].failure.name, 'Timeout')
        self.assertIsNone(answers['Account.GetStatus'].failure)
        # The daemon is as it was.
        self.assertEqual(client.call('Account', 'GetStatus')['UserId'], 1001)

    def test_many_requests_for_one_call(self):
        """Each of them is in time, all together are not; the next call is not affected."""
        sandbox, daemon, client = self.one()
        sandbox.control('rest', path='/roster/list', delay_ms=12000, count=-1)
        pending = client.start('Roster', 'GetItems', '(axb)', list(range(5000, 5300)), True, timeout=60000)
        self.assertRaises(harness.Failure, pending.result, 90)
        self.assertEqual(pending.failure.name, 'Timeout')
        self.assertLess(pending.took, LIMIT * harness.SLOWNESS)
        sandbox.control('rest', clear=True)
        self.assertEqual(len(client.call('Roster', 'GetItems', '(axb)', [1002, 1003], True)), 2)


if __name__ == '__main__':
    harness.main()
