-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: the highest client id in the store, 0: none
SELECT max(coalesce((SELECT max(client_id) FROM outbox), 0),
           coalesce((SELECT max(client_id) FROM messages WHERE client_id IS NOT NULL), 0));
