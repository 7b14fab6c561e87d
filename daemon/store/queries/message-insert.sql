-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 conversation, ?3 sender, ?4 to_type, ?5 type, ?6 timestamp, ?7 status, ?8 flags, ?9 unread, ?10 client_id,
-- ?11 edit_timestamp, ?12 content, ?13 ext, ?14 config, ?15 attachment, ?16 sender_name, ?17 device_sn
-- Nothing is changed where the id is there, or was deleted by itself or with its conversation.
INSERT INTO messages (id, conversation, sender, to_type, type, timestamp, status, flags, unread, client_id, edit_timestamp, content, ext,
                      config, attachment, sender_name, device_sn)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17
WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE id = ?1)
  AND NOT EXISTS (SELECT 1 FROM conversations WHERE id = ?2 AND deleted_up_to >= ?1)
ON CONFLICT DO NOTHING;
