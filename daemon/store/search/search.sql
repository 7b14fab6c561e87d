-- SPDX-License-Identifier: GPL-3.0-or-later
-- The search index (index.h).

-- name: search/add
-- in: ?1 rowid, ?2 tokens
INSERT INTO messages (rowid, tokens) VALUES (?1, ?2);

-- name: search/count
-- in: ?1 expression
-- out: how many messages match
SELECT count(*) FROM messages WHERE messages MATCH ?1;

-- name: search/find
-- in: ?1 expression, ?2 lowest and ?3 highest rowid
-- out: rowids, descending
SELECT rowid FROM messages WHERE messages MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC;

-- name: search/free-pages
-- out: pages of the file that nothing uses
PRAGMA freelist_count;

-- name: search/gone-add
-- in: ?1 messages that were deleted one by one
INSERT INTO gone (conversation, messages) VALUES (-1, ?1) ON CONFLICT DO UPDATE SET messages = messages + excluded.messages;

-- name: search/gone-put
-- in: ?1 conversation, ?2 messages
INSERT OR REPLACE INTO gone (conversation, messages) VALUES (?1, ?2);

-- name: search/gone-total
-- out: how many messages have gone
SELECT coalesce(sum(messages), 0) FROM gone;

-- name: search/merge
-- in: ?1 pages to write at most, ?2 the command of FTS5: merge
INSERT INTO messages (messages, rank) VALUES (?2, ?1);

-- name: search/messages-added
-- out: how many messages were added
SELECT coalesce(sum(messages), 0) FROM spans;

-- name: search/span-ids-put
-- in: ?1 base, ?2 ids
INSERT OR REPLACE INTO span_ids (base, ids) VALUES (?1, ?2);

-- name: search/span-ids
-- in: ?1 base
-- out: ids
SELECT ids FROM span_ids WHERE base = ?1;

-- name: search/span-largest
-- out: messages of the span that has most
SELECT coalesce(max(messages), 0) FROM spans;

-- name: search/span-lowest
-- in: ?1 message id that is below all spans
-- out: first, base, oldest, newest of the lowest span
SELECT first, base, oldest, newest FROM spans WHERE first > ?1 ORDER BY first LIMIT 1;

-- name: search/span-next
-- in: ?1 first of a span
-- out: first of the span behind it
SELECT first FROM spans WHERE first > ?1 ORDER BY first LIMIT 1;

-- name: search/span-of
-- in: ?1 message id
-- out: first, base, oldest, newest of the span that has it; none where it is below all spans
SELECT first, base, oldest, newest FROM spans WHERE first <= ?1 ORDER BY first DESC LIMIT 1;

-- name: search/span-put
-- in: ?1 base, ?2 first, ?3 messages, ?4 oldest, ?5 newest
INSERT OR REPLACE INTO spans (base, first, messages, oldest, newest) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: search/spans-in
-- in: ?1 since, ?2 until, ?3 message id
-- out: base of each span that may have messages of this time with lower ids, the highest first
SELECT base FROM spans WHERE newest >= ?1 AND oldest <= ?2 AND first < ?3 ORDER BY base DESC;

-- name: search/state-get
-- in: ?1 name
-- out: value
SELECT value FROM state WHERE name = ?1;

-- name: search/state-put
-- in: ?1 name, ?2 value
INSERT INTO state (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value;

-- name: search/vacuum
-- Gives the file's last 256 pages back, or as many as nothing uses.
PRAGMA incremental_vacuum (256);
