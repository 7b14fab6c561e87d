-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, then the last message: ?2 id, ?3 beginning of its content, ?4 timestamp, ?5 from, ?6 name of the sender, ?7 type, ?8 outgoing, ?9 status,
-- ?10 send state
UPDATE conversations SET
  last_id = ?2, last_content = ?3, last_timestamp = ?4, last_from = ?5, last_from_name = ?6, last_type = ?7, last_outgoing = ?8,
  last_status = ?9, last_send_state = ?10,
  first_unread = coalesce((SELECT min(id) FROM messages WHERE conversation = ?1 AND unread = 1), 0),
  failed = (SELECT count(*) FROM outbox WHERE conversation = ?1 AND operation = 0 AND state = 4)
WHERE id = ?1;
