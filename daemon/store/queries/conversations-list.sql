-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 not used, ?2 activity and ?3 id of the place after which it goes on, ?4 type (-1: any), ?5 limit
-- out: id, type, last_message, unread, mentioned, pinned, draft, draft_timestamp, name, avatar, muted, activity; newest activity first
SELECT c.id, c.type, c.last_message, c.unread, c.mentioned, c.pinned, c.draft, c.draft_timestamp, k.name, k.avatar, k.muted, c.activity
FROM conversations c LEFT JOIN contacts k ON k.kind = (c.type = 1) AND k.id = c.id
WHERE c.listed = 1 AND (c.activity, c.id) < (?2, ?3) AND (?4 = -1 OR c.type = ?4)
ORDER BY c.activity DESC, c.id DESC LIMIT ?5;
