-- SPDX-License-Identifier: GPL-3.0-or-later
-- The table gaps, and what a conversation says of its beginning (gaps.h).

-- name: gap-add
-- in: ?1 conversation, ?2 id, ?3 missed
INSERT OR IGNORE INTO gaps (conversation, id, missed) VALUES (?1, ?2, ?3);

-- name: gap-cover
-- in: ?1 conversation, ?2 from id (excluded), ?3 to id (included)
DELETE FROM gaps WHERE conversation = ?1 AND id > ?2 AND id <= ?3;

-- name: gap-give-up
-- in: ?1 conversation, ?2 id
UPDATE gaps SET missed = 0 WHERE conversation = ?1 AND id = ?2;

-- name: gap-highest-missed
-- in: ?1 conversation, ?2 from id (excluded), ?3 to id (included)
-- out: the highest gap there in which something was missed, NULL: none
SELECT max(id) FROM gaps WHERE conversation = ?1 AND id > ?2 AND id <= ?3 AND missed = 1;

-- name: gap-highest
-- in: ?1 conversation, ?2 from id (excluded), ?3 to id (included)
-- out: the highest gap there, NULL: none
SELECT max(id) FROM gaps WHERE conversation = ?1 AND id > ?2 AND id <= ?3;

-- name: gap-is-complete
-- in: ?1 conversation
-- out: complete
SELECT complete FROM conversations WHERE id = ?1;

-- name: gap-is-known
-- in: ?1 conversation, ?2 id of a message, notice or operation
-- out: a row where nothing can be missing there
SELECT 1 FROM messages WHERE id = ?2
UNION ALL SELECT 1 FROM tombstones WHERE id = ?2
UNION ALL SELECT 1 FROM applied WHERE id = ?2
UNION ALL SELECT 1 FROM conversations WHERE id = ?1 AND deleted_up_to >= ?2;

-- name: gap-lowest
-- in: ?1 conversation, ?2 from id (excluded), ?3 to id (included)
-- out: the lowest gap there, NULL: none
SELECT min(id) FROM gaps WHERE conversation = ?1 AND id > ?2 AND id <= ?3;

-- name: gap-next-missed
-- in: ?1 id after which it goes on
-- out: conversation, id; the lowest gap in which something was missed
SELECT conversation, id FROM gaps WHERE missed = 1 AND id > ?1 ORDER BY id LIMIT 1;

-- name: gap-set-complete
-- in: ?1 conversation
UPDATE conversations SET complete = 1 WHERE id = ?1 AND complete = 0;
