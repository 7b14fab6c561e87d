-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 type, ?3 time, ?4 text
INSERT INTO conversations (id, type, present, listed, activity, draft, draft_timestamp) VALUES (?1, ?2, 1, 1, ?3, ?4, ?3)
ON CONFLICT (id) DO UPDATE SET
  type = iif(present, type, excluded.type), present = 1, listed = 1, activity = max(activity, ?3), draft = ?4, draft_timestamp = ?3;
