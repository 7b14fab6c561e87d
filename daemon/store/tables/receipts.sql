-- SPDX-License-Identifier: GPL-3.0-or-later
-- The tables receipts and receipt_counts (receipts.h).

-- name: receipt-add
-- in: ?1 message, ?2 user, ?3 bits, ?4 how many users a message has at most
-- Changes nothing where the user has these bits, or there are too many users.
INSERT INTO receipts (message, user, done)
SELECT ?1, ?2, ?3
WHERE coalesce((SELECT users FROM receipt_counts WHERE message = ?1), 0) < ?4 OR EXISTS (SELECT 1 FROM receipts WHERE message = ?1 AND user = ?2)
ON CONFLICT DO UPDATE SET done = done | ?3 WHERE done & ?3 <> ?3;

-- name: receipt-count
-- in: ?1 message, ?2 users more, ?3 who read it more, ?4 who played it more
INSERT INTO receipt_counts (message, users, read, played) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO UPDATE SET users = users + ?2, read = read + ?3, played = played + ?4;

-- name: receipt-counts-forget
-- in: ?1 message
DELETE FROM receipt_counts WHERE message = ?1;

-- name: receipt-get
-- in: ?1 message, ?2 user
-- out: bits
SELECT done FROM receipts WHERE message = ?1 AND user = ?2;

-- name: receipt-message
-- in: ?1 id
-- out: conversation, to_type, status, flags, audience
SELECT conversation, to_type, status, flags, audience FROM messages WHERE id = ?1;

-- name: receipt-read-count
-- in: ?1 message
-- out: how many read it
SELECT read FROM receipt_counts WHERE message = ?1;

-- name: receipts-forget
-- in: ?1 message
DELETE FROM receipts WHERE message = ?1;

-- name: receipts-next
-- in: ?1 message
-- out: the oldest one that has receipts, up to it
SELECT message FROM receipt_counts WHERE message <= ?1 ORDER BY message LIMIT 1;

-- name: receipts-of-message
-- in: ?1 message
-- out: user, bits; by user
SELECT user, done FROM receipts WHERE message = ?1 ORDER BY user;

-- name: receipts-oldest
-- in: ?1 how many messages keep theirs
-- out: the newest message that does not, if there is one
SELECT message FROM receipt_counts ORDER BY message DESC LIMIT 1 OFFSET ?1;

-- name: message-forget-audience
-- in: ?1 id
UPDATE messages SET audience = NULL WHERE id = ?1;
