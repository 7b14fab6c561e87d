-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: conversation, to_type, type, status, flags, unread, edit_timestamp, characters, whether there are pieces, config, ext
SELECT conversation, to_type, type, status, flags, unread, edit_timestamp, coalesce(characters, length(content)), characters IS NOT NULL,
       config, ext
FROM messages WHERE id = ?1;
