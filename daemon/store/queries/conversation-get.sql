-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: id, type, last_message, unread, mentioned, pinned, draft, draft_timestamp, name, avatar, muted, activity
SELECT c.id, c.type, c.last_message, c.unread, c.mentioned, c.pinned, c.draft, c.draft_timestamp, k.name, k.avatar, k.muted, c.activity
FROM conversations c LEFT JOIN contacts k ON k.kind = (c.type = 1) AND k.id = c.id
WHERE c.id = ?1 AND c.present <> 0;
