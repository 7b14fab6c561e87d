-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 type, ?3 time, ?4 text
-- What is in the list by its draft alone has 2 in present.
INSERT INTO conversations (id, type, present, listed, activity, draft, draft_timestamp) VALUES (?1, ?2, 2, 1, ?3, ?4, ?3)
ON CONFLICT (id) DO UPDATE SET
  type = iif(present, type, excluded.type), present = iif(listed, present, present | 2), listed = 1,
  activity = max(activity, ?3), draft = ?4, draft_timestamp = ?3;
