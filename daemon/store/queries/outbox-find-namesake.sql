-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 an id that the service gave, ?2 client_id of the row that it gave it to, ?3 conversation, ?4 our user id
-- out: a row where something else is called so already
SELECT 1 FROM outbox WHERE client_id = ?1
UNION ALL
SELECT 1 FROM messages WHERE client_id = ?1
UNION ALL
SELECT 1 FROM messages WHERE id = ?1 AND (conversation <> ?3 OR sender <> ?4 OR coalesce(client_id, ?2) <> ?2);
