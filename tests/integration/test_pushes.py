# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages that the service sends unasked and nobody acknowledges: none is lost that has arrived, and what is lost on the way is noticed and fetched."""

import sqlite3

import harness

BOB, CAROL = 1002, 1003


class PushesTest(harness.Test):

    def lock(self, daemon):
        """Nothing can be committed as long as the transaction lasts that this returns."""
        db = sqlite3.connect(daemon.store_path(1001), isolation_level=None, timeout=10)
        db.execute('begin immediate')
        self.addCleanup(db.close)
        return db

    def received(self, client, conversation):
        self.settle(client)
        return [one.content for one in client.received(conversation)]

    def test_not_acknowledged_before_it_is_stored(self):
        """A notice of the same conversation comes behind a pushed page: asking without a key would acknowledge the page, which is not stored."""
        sandbox, daemon, client = self.one()
        lock = self.lock(daemon)
        sandbox.control('settings', delivery='push')
        sandbox.send('bob', 'alice', 'pushed')
        sandbox.control('settings', delivery='notice')
        sandbox.send('bob', 'alice', 'announced')
        later = sandbox.send('carol', 'alice', 'of another')
        sandbox.wait('sent', user='alice', conversation=CAROL)  # so what came before it is handled
        daemon.kill()
        lock.close()
        client = daemon.start()
        client.wait_message(lambda one: one.id == later)
        client.wait_message(lambda one: one.content == 'announced')
        self.assertEqual(self.received(client, BOB), ['pushed', 'announced'])

    def test_keys(self):
        """Pushed pages that have a key are asked on with, and so acknowledged."""
        sandbox, daemon, client = self.one()
        sandbox.control('settings', delivery='push', pushed_page='key', page_size=10)
        mids = [sandbox.send('bob', 'alice', 'number %d' % i) for i in range(30)]
        client.wait_message(lambda one: one.id == mids[-1])
        sandbox.wait('delivered', user='alice')
        self.assertEqual([one.id for one in client.received(BOB)][-30:], mids)


if __name__ == '__main__':
    harness.main()
