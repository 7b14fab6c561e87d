-- SPDX-License-Identifier: GPL-3.0-or-later
-- The tables messages, appended and tombstones (messages.h).

-- name: appended-add
-- in: ?1 message, ?2 content of a new piece
INSERT INTO appended (message, seq, content) VALUES (?1, coalesce((SELECT max(seq) FROM appended WHERE message = ?1), 0) + 1, ?2);

-- name: appended-delete-of-conversation
-- in: ?1 conversation, ?2 highest id
DELETE FROM appended WHERE message IN (SELECT id FROM messages WHERE conversation = ?1 AND id <= ?2 AND characters IS NOT NULL);

-- name: appended-delete
-- in: ?1 message
DELETE FROM appended WHERE message = ?1;

-- name: appended-extend
-- in: ?1 message, ?2 content, ?3 bytes up to which a piece grows
-- Changes nothing where there is no piece or the last one is full.
UPDATE appended SET content = content || ?2
WHERE message = ?1 AND seq = (SELECT max(seq) FROM appended WHERE message = ?1) AND length(CAST (content AS BLOB)) < ?3;

-- name: appended-get
-- in: ?1 message
-- out: content of its pieces in order
SELECT content FROM appended WHERE message = ?1 ORDER BY seq;

-- name: message-delete
-- in: ?1 id
DELETE FROM messages WHERE id = ?1;

-- name: message-find-sent
-- in: ?1 conversation, ?2 our user id, ?3 type, ?4 content, ?5 earliest timestamp, ?6 device_sn, 0: not known
-- out: id of the oldest such message that no client_id names, of that device rather than of one that is not told; NULL: there is none.
-- From the newest on back, as far as the time goes.
SELECT coalesce(min(iif(device_sn = ?6, id, NULL)), min(id)) FROM (
  SELECT id, sender, type, client_id, content, device_sn FROM messages
  WHERE conversation = ?1 AND id >= (SELECT coalesce(max(id), 0) FROM messages WHERE conversation = ?1 AND timestamp < ?5))
WHERE sender = ?2 AND type = ?3 AND client_id IS NULL AND content IS ?4 AND (device_sn IS NULL OR ?6 IN (0, device_sn));

-- name: message-find
-- in: ?1 id
-- out: conversation, to_type
SELECT conversation, to_type FROM messages WHERE id = ?1;

-- name: message-get-by-client-id
-- in: ?1 client_id
-- out: the message, as floo_message_row_read() takes it
SELECT id, conversation, sender, to_type, type, timestamp, status, flags, client_id, edit_timestamp, characters, content, ext, config,
       attachment,
       iif(to_type = 1 AND NOT flags & 8, coalesce((SELECT name FROM contacts WHERE kind = 0 AND id = sender AND (listed = 1 OR NOT
           EXISTS (SELECT 1 FROM contacts g WHERE g.kind = 1 AND g.id = conversation AND g.hidden = 1))), sender_name), sender_name),
       audience, (SELECT read FROM receipt_counts r WHERE audience IS NOT NULL AND r.message = messages.id)
FROM messages WHERE client_id = ?1;

-- name: message-get-state
-- in: ?1 id
-- out: conversation, to_type, type, status, flags, unread, edit_timestamp, characters, whether there are pieces, config, ext
SELECT conversation, to_type, type, status, flags, unread, edit_timestamp, coalesce(characters, length(content)), characters IS NOT NULL,
       config, ext
FROM messages WHERE id = ?1;

-- name: message-get
-- in: ?1 id
-- out: the message, as floo_message_row_read() takes it
SELECT id, conversation, sender, to_type, type, timestamp, status, flags, client_id, edit_timestamp, characters, content, ext, config,
       attachment,
       iif(to_type = 1 AND NOT flags & 8, coalesce((SELECT name FROM contacts WHERE kind = 0 AND id = sender AND (listed = 1 OR NOT
           EXISTS (SELECT 1 FROM contacts g WHERE g.kind = 1 AND g.id = conversation AND g.hidden = 1))), sender_name), sender_name),
       audience, (SELECT read FROM receipt_counts r WHERE audience IS NOT NULL AND r.message = messages.id)
FROM messages WHERE id = ?1;

-- name: message-highest-ever
-- out: no message with a higher id ever was in the store
SELECT max(coalesce((SELECT max(id) FROM messages), 0), coalesce((SELECT max(id) FROM tombstones), 0),
           coalesce((SELECT max(deleted_up_to) FROM conversations), 0));

-- name: message-id-by-client-id
-- in: ?1 client_id
-- out: id
SELECT id FROM messages WHERE client_id = ?1;

-- name: message-id
-- in: ?1 id
-- out: id, where it is a message
SELECT id FROM messages WHERE id = ?1;

-- name: message-insert
-- in: ?1 id, ?2 conversation, ?3 sender, ?4 to_type, ?5 type, ?6 timestamp, ?7 status, ?8 flags, ?9 unread, ?10 client_id,
-- ?11 edit_timestamp, ?12 content, ?13 ext, ?14 config, ?15 attachment, ?16 sender_name, ?17 device_sn, ?18 audience
-- Nothing is changed where the id is there. Of values, not of a SELECT: SQLite would begin a savepoint for each, whose end costs more the more the
-- transaction has written.
INSERT INTO messages (id, conversation, sender, to_type, type, timestamp, status, flags, unread, client_id, edit_timestamp, content, ext,
                      config, attachment, sender_name, device_sn, audience)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
ON CONFLICT DO NOTHING;

-- name: message-is-deleted
-- in: ?1 id, ?2 conversation
-- out: a row where it was deleted by itself or with its conversation
SELECT 1 FROM tombstones WHERE id = ?1
UNION ALL
SELECT 1 FROM conversations WHERE id = ?2 AND deleted_up_to >= ?1;

-- name: message-is-known
-- in: ?1 id
-- out: a row where it is or was in the store
SELECT 1 FROM messages WHERE id = ?1
UNION ALL
SELECT 1 FROM tombstones WHERE id = ?1;

-- name: message-is-received
-- in: ?1 id
-- out: a row where it is a message that this device has not sent
SELECT 1 FROM messages WHERE id = ?1 AND client_id IS NULL;

-- name: message-last-received
-- in: ?1 conversation, ?2 highest id
-- out: the newest message up to it that this device has not sent; where there is none among the newest thousand, the lowest of these; NULL: none
SELECT coalesce(max(id) FILTER (WHERE client_id IS NULL), iif(count(*) = 1000, min(id), NULL))
FROM (SELECT id, client_id FROM messages WHERE conversation = ?1 AND id <= ?2 ORDER BY id DESC LIMIT 1000);

-- name: message-set-client-id
-- in: ?1 id, ?2 client_id
-- A message of ours that came by a page before its acknowledgement.
UPDATE messages SET client_id = ?2 WHERE id = ?1 AND client_id IS NULL;

-- name: message-set-content
-- in: ?1 id, ?2 content
UPDATE messages SET content = ?2 WHERE id = ?1;

-- name: message-set-edited-texts
-- in: ?1 id, ?2 edit_timestamp, ?3 characters of the whole content, ?4 config, ?5 ext
UPDATE messages SET edit_timestamp = ?2, characters = ?3, config = ?4, ext = ?5 WHERE id = ?1;

-- name: message-set-edited
-- in: ?1 id, ?2 edit_timestamp, ?3 characters of the whole content
UPDATE messages SET edit_timestamp = ?2, characters = ?3 WHERE id = ?1;

-- name: message-set-flags
-- in: ?1 id, ?2 flags to be added
UPDATE messages SET flags = flags | ?2 WHERE id = ?1;

-- name: message-set-status
-- in: ?1 id, ?2 status, ?3 unread
UPDATE messages SET status = ?2, unread = ?3 WHERE id = ?1;

-- name: messages-above
-- in: ?1 id (excluded), ?2 limit
-- out: the message, as floo_message_row_read() takes it
SELECT id, conversation, sender, to_type, type, timestamp, status, flags, client_id, edit_timestamp, characters, content, ext, config,
       attachment, sender_name, audience, (SELECT read FROM receipt_counts r WHERE audience IS NOT NULL AND r.message = messages.id)
FROM messages WHERE id > ?1 ORDER BY id LIMIT ?2;

-- name: messages-delete-of-conversation
-- in: ?1 conversation, ?2 highest id
DELETE FROM messages WHERE conversation = ?1 AND id <= ?2;

-- name: messages-of-conversation-count
-- in: ?1 conversation
-- out: how many messages it has
SELECT count(*) FROM messages WHERE conversation = ?1;

-- name: page-messages-after
-- in: ?1 conversation, ?2 id (excluded), ?3 limit
-- out: the message, as floo_message_row_read() takes it, oldest first
SELECT id, conversation, sender, to_type, type, timestamp, status, flags, client_id, edit_timestamp, characters, content, ext, config,
       attachment,
       iif(to_type = 1 AND NOT flags & 8, coalesce((SELECT name FROM contacts WHERE kind = 0 AND id = sender AND (listed = 1 OR NOT
           EXISTS (SELECT 1 FROM contacts g WHERE g.kind = 1 AND g.id = conversation AND g.hidden = 1))), sender_name), sender_name),
       audience, (SELECT read FROM receipt_counts r WHERE audience IS NOT NULL AND r.message = messages.id)
FROM messages WHERE conversation = ?1 AND id > ?2 ORDER BY id ASC LIMIT ?3;

-- name: page-messages-before
-- in: ?1 conversation, ?2 id (excluded), ?3 limit
-- out: the message, as floo_message_row_read() takes it, newest first
SELECT id, conversation, sender, to_type, type, timestamp, status, flags, client_id, edit_timestamp, characters, content, ext, config,
       attachment,
       iif(to_type = 1 AND NOT flags & 8, coalesce((SELECT name FROM contacts WHERE kind = 0 AND id = sender AND (listed = 1 OR NOT
           EXISTS (SELECT 1 FROM contacts g WHERE g.kind = 1 AND g.id = conversation AND g.hidden = 1))), sender_name), sender_name),
       audience, (SELECT read FROM receipt_counts r WHERE audience IS NOT NULL AND r.message = messages.id)
FROM messages WHERE conversation = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3;

-- name: page-messages-touch
-- in: ?1 conversation, ?2 id (excluded), ?3 limit
-- out: nothing of use. It visits the rows that page-messages-before finds, in the file's order: IN sorts the ids, which the index alone gives.
SELECT max(timestamp) FROM messages WHERE id IN (SELECT id FROM messages WHERE conversation = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3);

-- name: tombstone-add
-- in: ?1 id
INSERT INTO tombstones (id) VALUES (?1) ON CONFLICT DO NOTHING;

-- name: unread-get
-- in: ?1 conversation, ?2 highest id
-- out: id, sender, to_type, config of the messages that count as unread, oldest first
SELECT id, sender, to_type, config FROM messages WHERE conversation = ?1 AND unread = 1 AND id <= ?2 ORDER BY id;

-- name: unread-set-read
-- in: ?1 conversation, ?2 highest id
UPDATE messages SET unread = 0, status = 2 WHERE conversation = ?1 AND unread = 1 AND id <= ?2;

-- name: messages-changed
-- in: ?1 JSON array of ids, ?2 our user id
-- out: conversation, id where it is ours and read, else 0
SELECT conversation, iif(sender = ?2 AND status = 2, id, 0) FROM messages WHERE id IN (SELECT value FROM json_each(?1));

-- name: messages-of-type
-- in: ?1 type, ?2 id (excluded)
-- out: id, newest first
SELECT id FROM messages INDEXED BY messages_of_files WHERE type = ?1 AND attachment IS NOT NULL AND id < ?2 ORDER BY id DESC;

-- name: messages-of-type-here
-- in: ?1 type, ?2 id (excluded), ?3 conversation
-- out: id, newest first
SELECT id FROM messages INDEXED BY messages_of_files_here
WHERE conversation = ?3 AND type = ?1 AND attachment IS NOT NULL AND id < ?2 ORDER BY id DESC;
