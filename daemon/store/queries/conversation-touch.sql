-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 type, ?3 listed, ?4 unread delta, ?5 mentioned, ?6 last message, ?7 its timestamp
-- out: unread afterwards
-- One that stays out of the list, as a call that is no record does, is no activity and no last message.
INSERT INTO conversations (id, type, present, listed, activity, last_message, unread, mentioned)
VALUES (?1, ?2, 1, ?3, iif(?3, ?7, 0), iif(?3, ?6, 0), max(?4, 0), ?5 AND ?4 > 0)
ON CONFLICT (id) DO UPDATE SET
  type = excluded.type,
  present = iif(excluded.listed, 1, present | 1),
  listed = max(listed, excluded.listed),
  activity = max(activity, excluded.activity),
  last_message = max(last_message, excluded.last_message),
  unread = max(min(unread, 4294967295) + ?4, 0),
  mentioned = (mentioned OR ?5) AND min(unread, 4294967295) + ?4 > 0
RETURNING unread;
