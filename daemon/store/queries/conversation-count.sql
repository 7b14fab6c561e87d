-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 what is added to unread
-- It mentions us where an unread message does (flag 16).
UPDATE conversations SET
  unread = max(min(unread, 4294967295) + ?2, 0),
  mentioned = EXISTS (SELECT 1 FROM messages WHERE conversation = ?1 AND unread = 1 AND flags & 16)
WHERE id = ?1;
