-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: id, type, activity, then the fields of entries.c in their order
SELECT c.id, c.type, c.activity, c.unread, c.mentioned, c.pinned, k.muted, c.draft, c.draft_timestamp, k.name, k.avatar, c.last_content,
       c.last_timestamp, c.last_id, c.last_from, coalesce(f.name, c.last_from_name), c.last_type, c.last_outgoing, c.last_status,
       c.last_send_state, c.first_unread, c.failed, c.read_up_to
FROM conversations c LEFT JOIN contacts k ON k.kind = (c.type = 1) AND k.id = c.id
LEFT JOIN contacts f ON f.kind = 0 AND f.id = c.last_from
WHERE c.id = ?1 AND c.present <> 0;
