-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 last message that shows in the list, 0: none
-- After a deletion that was older than some of the messages: as these make it.
UPDATE conversations SET
  present = 1, listed = ?2 > 0, last_message = ?2,
  activity = coalesce((SELECT timestamp FROM messages WHERE id = ?2), 0),
  unread = (SELECT count(*) FROM messages WHERE conversation = ?1 AND unread = 1),
  mentioned = EXISTS (SELECT 1 FROM messages WHERE conversation = ?1 AND unread = 1 AND flags & 16)
WHERE id = ?1 AND EXISTS (SELECT 1 FROM messages WHERE conversation = ?1);
