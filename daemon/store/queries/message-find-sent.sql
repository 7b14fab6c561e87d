-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 our user id, ?3 type, ?4 content, ?5 earliest timestamp
-- out: id of the oldest such message that no client_id names; from the newest on back, as far as the time goes
SELECT min(id) FROM (
  SELECT id, sender, type, client_id, content FROM messages
  WHERE conversation = ?1 AND id >= (SELECT coalesce(max(id), 0) FROM messages WHERE conversation = ?1 AND timestamp < ?5))
WHERE sender = ?2 AND type = ?3 AND client_id IS NULL AND content IS ?4;
