-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id (excluded), ?2 limit
-- out: the message, as floo_message_row_read() takes it
SELECT id, conversation, sender, to_type, type, timestamp, status, flags, client_id, edit_timestamp, characters, content, ext, config,
       attachment, sender_name
FROM messages WHERE id > ?1 ORDER BY id LIMIT ?2;
