-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 last message
-- Activity: the last message, what waits in the outbox (no commands, nothing cancelled), the draft.
UPDATE conversations SET
  last_message = ?2,
  activity = max(coalesce((SELECT timestamp FROM messages WHERE id = ?2), 0),
                 coalesce((SELECT timestamp FROM outbox WHERE conversation = ?1 AND operation = 0 AND type <> 6 AND state <> 6
                           ORDER BY client_id DESC LIMIT 1), 0),
                 draft_timestamp)
WHERE id = ?1;
