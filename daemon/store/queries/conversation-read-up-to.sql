-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 message, ?2 our user id
-- A message of ours that the other one has read.
UPDATE conversations SET read_up_to = ?1
WHERE read_up_to < ?1 AND type = 0 AND id = (SELECT conversation FROM messages WHERE id = ?1 AND sender = ?2 AND status = 2);
