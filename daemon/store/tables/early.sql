-- SPDX-License-Identifier: GPL-3.0-or-later
-- The tables early and applied (early.h).

-- name: applied-add
-- in: ?1 id, ?2 time
INSERT INTO applied (id, time) VALUES (?1, ?2) ON CONFLICT DO NOTHING;

-- name: applied-prune
-- in: ?1 time before which they go, ?2 rows to look at: the lowest ids, which are the oldest
DELETE FROM applied WHERE id IN (SELECT id FROM (SELECT id, time FROM applied ORDER BY id LIMIT ?2) WHERE time < ?1);

-- name: early-add
-- in: ?1 id of the operation, ?2 message, ?3 time, ?4 type, ?5 1: ours, ?6 edit_timestamp, ?7 content, ?8 config, ?9 ext, ?10 sender
INSERT INTO early (id, message, time, type, ours, edit_timestamp, content, config, ext, sender)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT DO NOTHING;

-- name: early-any
-- out: a row where there is any that waits for its message
SELECT 1 FROM early WHERE type <> 3 LIMIT 1;

-- name: early-delete
-- in: ?1 message
DELETE FROM early WHERE message = ?1 AND type <> 3;

-- name: early-get
-- in: ?1 message
-- out: id, type, ours, edit_timestamp, content, config, ext, sender; in the order in which they were done
SELECT id, type, ours, edit_timestamp, content, config, ext, sender FROM early WHERE message = ?1 AND type <> 3 ORDER BY id;

-- name: early-is-unread-after
-- in: ?1 message, ?2 id of an operation
-- out: a row where the message was made unread after it
SELECT 1 FROM early WHERE message = ?1 AND type = 3 AND id > ?2 LIMIT 1;

-- name: early-prune
-- in: ?1 time before which they go, ?2 how many stay, ?3 rows to look at: the lowest ids, which are the oldest
DELETE FROM early WHERE id IN (
  SELECT id FROM (SELECT id, time FROM early ORDER BY id LIMIT ?3)
  WHERE time < ?1 OR id <= (SELECT id FROM early ORDER BY id DESC LIMIT 1 OFFSET ?2));
