-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 highest message id that goes with it, ?3 type
-- Nothing older comes back, so there is nothing before what comes next.
INSERT INTO conversations (id, type, complete, deleted_up_to) VALUES (?1, ?3, 1, ?2)
ON CONFLICT (id) DO UPDATE SET
  present = 0, listed = 0, activity = 0, unread = 0, mentioned = 0, pinned = 0, draft = NULL, draft_timestamp = 0,
  complete = 1,
  deleted_up_to = max(deleted_up_to, ?2), last_message = 0;
