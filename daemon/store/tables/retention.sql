-- SPDX-License-Identifier: GPL-3.0-or-later
-- What goes of the messages (retention.h).

-- name: retention-candidates
-- in: ?1 id after which it goes on, ?2 limit
-- out: id, conversation, timestamp, whether it stays however old it is: unread, or the last one of its conversation
SELECT m.id, m.conversation, m.timestamp, m.unread = 1 OR coalesce(c.last_message = m.id, 0)
FROM messages AS m LEFT JOIN conversations AS c ON c.id = m.conversation
WHERE m.id > ?1 ORDER BY m.id LIMIT ?2;

-- name: retention-count
-- out: how many messages there are
SELECT count(*) FROM messages;

-- name: retention-newest
-- out: timestamp of the newest message, NULL: there is none
SELECT timestamp FROM messages WHERE id = (SELECT max(id) FROM messages);

-- name: retention-raise
-- in: ?1 conversation, ?2 the highest id of it that has gone
UPDATE conversations SET complete = 1, deleted_up_to = max(deleted_up_to, ?2) WHERE id = ?1;
