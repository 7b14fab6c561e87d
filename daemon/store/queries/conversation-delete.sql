-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 highest message id that it had (NULL or 0: none)
-- Nothing older comes back, so there is nothing before what comes next.
UPDATE conversations SET
  present = 0, listed = 0, activity = 0, unread = 0, mentioned = 0, pinned = 0, draft = NULL, draft_timestamp = 0,
  complete = 1,
  deleted_up_to = max(deleted_up_to, last_message, ?2), last_message = 0
WHERE id = ?1;
