-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- A conversation that a message of ours made, which is not to be sent any more: nothing else was ever in it, and we know nobody by this id.
UPDATE conversations SET present = 0, listed = 0, activity = 0
WHERE id = ?1 AND last_message = 0 AND draft IS NULL AND pinned = 0
  AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation = ?1)
  AND NOT EXISTS (SELECT 1 FROM outbox WHERE conversation = ?1 AND operation = 0 AND type <> 6 AND state <> 6)
  AND NOT EXISTS (SELECT 1 FROM contacts k WHERE k.id = ?1 AND k.kind = (conversations.type = 1) AND k.listed = 1);
