-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 id (excluded), ?3 limit
-- out: the message, as floo_message_row_read() takes it, newest first
SELECT id, conversation, sender, to_type, type, timestamp, status, flags, client_id, edit_timestamp, characters, content, ext, config,
       attachment, sender_name
FROM messages WHERE conversation = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3;
