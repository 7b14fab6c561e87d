-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 highest id
-- out: id, sender, to_type, config of the messages that count as unread, oldest first
SELECT id, sender, to_type, config FROM messages WHERE conversation = ?1 AND unread = 1 AND id <= ?2 ORDER BY id;
