-- SPDX-License-Identifier: GPL-3.0-or-later
-- The table conversations (conversations.h).

-- name: conversation-clear
-- in: ?1 id, ?2 highest message id that goes
-- Its place in the list stays. Nothing older comes back, so there is nothing before what comes next.
UPDATE conversations SET unread = 0, mentioned = 0, complete = 1, deleted_up_to = max(deleted_up_to, ?2), last_message = 0 WHERE id = ?1;

-- name: conversation-clear-draft
-- in: ?1 id
-- What was in the list by its draft alone (conversation-set-draft) leaves it.
UPDATE conversations SET draft = NULL, draft_timestamp = 0, listed = iif(present & 2, 0, listed), present = present & 1 WHERE id = ?1;

-- name: conversation-clear-unread
-- in: ?1 id
UPDATE conversations SET unread = 0, mentioned = 0 WHERE id = ?1 AND unread > 0;

-- name: conversation-count
-- in: ?1 id, ?2 what is added to unread
-- It mentions us where an unread message does (flag 16).
UPDATE conversations SET
  unread = max(min(unread, 4294967295) + ?2, 0),
  mentioned = EXISTS (SELECT 1 FROM messages WHERE conversation = ?1 AND unread = 1 AND flags & 16)
WHERE id = ?1;

-- name: conversation-delete
-- in: ?1 id, ?2 highest message id that goes with it, ?3 type
-- Nothing older comes back, so there is nothing before what comes next.
INSERT INTO conversations (id, type, complete, deleted_up_to) VALUES (?1, ?3, 1, ?2)
ON CONFLICT (id) DO UPDATE SET
  present = 0, listed = 0, activity = 0, unread = 0, mentioned = 0, pinned = 0, draft = NULL, draft_timestamp = 0,
  complete = 1,
  deleted_up_to = max(deleted_up_to, ?2), last_message = 0;

-- name: conversation-deleted-up-to
-- in: ?1 conversation
-- out: the highest message id that went with it when it was deleted, 0 or NULL: it was not
SELECT deleted_up_to FROM conversations WHERE id = ?1;

-- name: conversation-drop-empty
-- in: ?1 id
-- A conversation that a message of ours made, which is not to be sent any more: nothing else was ever in it, and we know nobody by this id.
UPDATE conversations SET present = 0, listed = 0, activity = 0
WHERE id = ?1 AND last_message = 0 AND draft IS NULL AND pinned = 0
  AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation = ?1)
  AND NOT EXISTS (SELECT 1 FROM outbox WHERE conversation = ?1 AND operation = 0 AND type <> 6 AND state <> 6)
  AND NOT EXISTS (SELECT 1 FROM contacts k WHERE k.id = ?1 AND k.kind = (conversations.type = 1) AND k.listed = 1);

-- name: conversation-enter
-- in: ?1 id of a group, ?2 time
INSERT INTO conversations (id, type, present, listed, activity) VALUES (?1, 1, 1, 1, ?2)
ON CONFLICT (id) DO UPDATE SET type = 1, present = 1, listed = 1, activity = max(activity, ?2), kept = 0;

-- name: conversation-get-type
-- in: ?1 id
-- out: type
SELECT type FROM conversations WHERE id = ?1 AND present <> 0;

-- name: conversation-get-unread
-- in: ?1 id
-- out: unread
SELECT unread FROM conversations WHERE id = ?1;

-- name: conversation-get
-- in: ?1 id
-- out: id, type, activity, then the fields of entries.c in their order
SELECT c.id, c.type, c.activity, c.unread, c.mentioned, c.pinned, k.muted, c.draft, c.draft_timestamp, k.name, k.avatar, c.last_content,
       c.last_timestamp, c.last_id, c.last_from, coalesce(f.name, c.last_from_name), c.last_type, c.last_outgoing, c.last_status,
       c.last_send_state, c.first_unread, c.failed, c.read_up_to, iif(c.type = 1 AND k.id IS NULL, 0, k.role), k.my_name,
       coalesce(k.banned_until, 0)
FROM conversations c LEFT JOIN contacts k ON k.kind = (c.type = 1) AND k.id = c.id
LEFT JOIN contacts f ON f.kind = 0 AND f.id = c.last_from AND (f.listed = 1 OR k.hidden IS NOT 1)
WHERE c.id = ?1 AND c.present <> 0;

-- name: conversation-is-kept
-- in: ?1 id
-- out: kept
SELECT kept FROM conversations WHERE id = ?1;

-- name: conversation-keep
-- in: ?1 id of a group
UPDATE conversations SET kept = 1 WHERE id = ?1;

-- name: conversation-last-message-up-to
-- in: ?1 conversation, ?2 highest id
-- out: the highest message id up to it
SELECT max(id) FROM messages WHERE conversation = ?1 AND id <= ?2;

-- name: conversation-messages-downward
-- in: ?1 conversation
-- out: id, type, config, newest first
SELECT id, type, config FROM messages WHERE conversation = ?1 ORDER BY id DESC;

-- name: conversation-pin
-- in: ?1 id
-- One that is not there yet is remembered as pinned.
INSERT INTO conversations (id, pinned) VALUES (?1, 1) ON CONFLICT (id) DO UPDATE SET pinned = 1 WHERE pinned = 0;

-- name: conversation-read-up-to
-- in: ?1 conversation, ?2 a message of ours that the other one has read
UPDATE conversations SET read_up_to = ?2 WHERE id = ?1 AND type = 0 AND read_up_to < ?2;

-- name: conversation-restore
-- in: ?1 id, ?2 last message that shows in the list, 0: none
-- After a deletion that was older than some of the messages: as these make it.
UPDATE conversations SET
  present = 1, listed = ?2 > 0, last_message = ?2,
  activity = coalesce((SELECT timestamp FROM messages WHERE id = ?2), 0),
  unread = (SELECT count(*) FROM messages WHERE conversation = ?1 AND unread = 1),
  mentioned = EXISTS (SELECT 1 FROM messages WHERE conversation = ?1 AND unread = 1 AND flags & 16)
WHERE id = ?1 AND EXISTS (SELECT 1 FROM messages WHERE conversation = ?1);

-- name: conversation-set-draft
-- in: ?1 id, ?2 type, ?3 time, ?4 text
-- What is in the list by its draft alone has 2 in present.
INSERT INTO conversations (id, type, present, listed, activity, draft, draft_timestamp) VALUES (?1, ?2, 2, 1, ?3, ?4, ?3)
ON CONFLICT (id) DO UPDATE SET
  type = iif(present, type, excluded.type), present = iif(listed, present, present | 2), listed = 1,
  activity = max(activity, ?3), draft = ?4, draft_timestamp = ?3;

-- name: conversation-set-shown
-- in: ?1 id, ?2 shown
UPDATE conversations SET shown = ?2 WHERE id = ?1;

-- name: conversation-settle
-- in: ?1 id, ?2 last message
-- Activity: the last message, what waits in the outbox (no commands, nothing cancelled or not due yet), the draft; a group without any of these keeps its place.
UPDATE conversations SET
  last_message = ?2,
  activity = coalesce(nullif(max(coalesce((SELECT timestamp FROM messages WHERE id = ?2), 0),
                                 coalesce((SELECT timestamp FROM outbox WHERE conversation = ?1 AND operation = 0 AND type <> 6 AND state <> 6
                                                   AND not_before = 0 ORDER BY client_id DESC LIMIT 1), 0),
                                 draft_timestamp), 0),
                      iif(type = 1, activity, 0))
WHERE id = ?1;

-- name: conversation-show
-- in: ?1 id, then the last message: ?2 id, ?3 beginning of its content, ?4 timestamp, ?5 from, ?6 name of the sender, ?7 type, ?8 outgoing, ?9 status,
-- ?10 send state
UPDATE conversations SET
  last_id = ?2, last_content = ?3, last_timestamp = ?4, last_from = ?5, last_from_name = ?6, last_type = ?7, last_outgoing = ?8,
  last_status = ?9, last_send_state = ?10,
  first_unread = coalesce((SELECT min(id) FROM messages WHERE conversation = ?1 AND unread = 1), 0),
  failed = (SELECT count(*) FROM outbox WHERE conversation = ?1 AND operation = 0 AND state = 4)
WHERE id = ?1;

-- name: conversation-shown
-- in: ?1 id
-- out: listed, shown, last_message
SELECT listed, shown, last_message FROM conversations WHERE id = ?1;

-- name: conversation-touch
-- in: ?1 id, ?2 type, ?3 listed, ?4 unread delta, ?5 mentioned, ?6 last message, ?7 its timestamp
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
  mentioned = (mentioned OR ?5) AND min(unread, 4294967295) + ?4 > 0;

-- name: conversation-unpin
-- in: ?1 id
UPDATE conversations SET pinned = 0 WHERE id = ?1 AND pinned = 1;

-- name: conversation-valid-last
-- in: ?1 id
-- out: last_message, 0 where that is gone
SELECT coalesce((SELECT id FROM messages WHERE id = last_message), 0) FROM conversations WHERE id = ?1;

-- name: conversations-by-last-from
-- in: ?1 user
-- out: ids of the conversations whose last message is by this user
SELECT id FROM conversations WHERE last_from = ?1 AND listed = 1;

-- name: conversations-drop-empty-groups
-- Groups in which we are not, and of which the list shows nothing but the name.
UPDATE conversations SET present = 0, listed = 0, activity = 0
WHERE type = 1 AND listed = 1 AND last_message = 0 AND draft IS NULL AND pinned = 0
  AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation = conversations.id)
  AND NOT EXISTS (SELECT 1 FROM outbox WHERE conversation = conversations.id AND operation = 0 AND type <> 6 AND state <> 6)
  AND NOT EXISTS (SELECT 1 FROM contacts k WHERE k.id = conversations.id AND k.kind = 1 AND k.listed = 1);

-- name: conversations-list-pinned
-- in: ?1 pinned, ?2 activity and ?3 id of the place after which it goes on, ?4 type (-1: any), ?5 limit, ?6 only unread ones
-- out: id, type, activity, then the fields of entries.c in their order; pinned ones first, then newest activity
SELECT c.id, c.type, c.activity, c.unread, c.mentioned, c.pinned, k.muted, c.draft, c.draft_timestamp, k.name, k.avatar, c.last_content,
       c.last_timestamp, c.last_id, c.last_from, coalesce(f.name, c.last_from_name), c.last_type, c.last_outgoing, c.last_status,
       c.last_send_state, c.first_unread, c.failed, c.read_up_to, iif(c.type = 1 AND k.id IS NULL, 0, k.role), k.my_name,
       coalesce(k.banned_until, 0)
FROM conversations c LEFT JOIN contacts k ON k.kind = (c.type = 1) AND k.id = c.id
LEFT JOIN contacts f ON f.kind = 0 AND f.id = c.last_from AND (f.listed = 1 OR k.hidden IS NOT 1)
WHERE c.listed = 1 AND (c.pinned, c.activity, c.id) < (?1, ?2, ?3) AND (?4 = -1 OR c.type = ?4) AND (?6 = 0 OR c.unread > 0)
ORDER BY c.pinned DESC, c.activity DESC, c.id DESC LIMIT ?5;

-- name: conversations-list
-- in: ?1 not used, ?2 activity and ?3 id of the place after which it goes on, ?4 type (-1: any), ?5 limit, ?6 only unread ones
-- out: id, type, activity, then the fields of entries.c in their order; newest activity first
SELECT c.id, c.type, c.activity, c.unread, c.mentioned, c.pinned, k.muted, c.draft, c.draft_timestamp, k.name, k.avatar, c.last_content,
       c.last_timestamp, c.last_id, c.last_from, coalesce(f.name, c.last_from_name), c.last_type, c.last_outgoing, c.last_status,
       c.last_send_state, c.first_unread, c.failed, c.read_up_to, iif(c.type = 1 AND k.id IS NULL, 0, k.role), k.my_name,
       coalesce(k.banned_until, 0)
FROM conversations c LEFT JOIN contacts k ON k.kind = (c.type = 1) AND k.id = c.id
LEFT JOIN contacts f ON f.kind = 0 AND f.id = c.last_from AND (f.listed = 1 OR k.hidden IS NOT 1)
WHERE c.listed = 1 AND (c.activity, c.id) < (?2, ?3) AND (?4 = -1 OR c.type = ?4) AND (?6 = 0 OR c.unread > 0)
ORDER BY c.activity DESC, c.id DESC LIMIT ?5;

-- name: conversations-pinned
-- out: id
SELECT id FROM conversations WHERE pinned = 1;

-- name: conversations-recent
-- in: ?1 how many
-- out: id; those with users and groups in which something happened last
SELECT id FROM conversations WHERE listed = 1 AND type <> 2 AND activity > 0 ORDER BY activity DESC, id DESC LIMIT ?1;

-- name: conversations-unread-total
-- out: sum of the unread counts of what is not muted
SELECT coalesce(sum(min(c.unread, 4294967295)), 0)
FROM conversations c LEFT JOIN contacts k ON k.kind = (c.type = 1) AND k.id = c.id
WHERE c.unread > 0 AND coalesce(k.muted, 0) = 0;
