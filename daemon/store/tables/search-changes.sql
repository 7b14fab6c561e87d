-- SPDX-License-Identifier: GPL-3.0-or-later
-- The table search_changes (search-changes.h).

-- name: search-change-add
-- in: ?1 message (NULL: a conversation has gone), ?2 conversation (NULL: a message)
INSERT INTO search_changes (message, conversation) VALUES (?1, ?2);

-- name: search-changes-after
-- in: ?1 seq, ?2 limit
-- out: seq, message, conversation
SELECT seq, message, conversation FROM search_changes WHERE seq > ?1 ORDER BY seq LIMIT ?2;

-- name: search-changes-first
-- out: the lowest number; NULL: there is none
SELECT min(seq) FROM search_changes;

-- name: search-changes-last
-- out: the highest number; 0: there never was one
SELECT coalesce(max(seq), 0) FROM search_changes;

-- name: search-changes-prune
-- in: ?1 the first number that stays
DELETE FROM search_changes WHERE seq < ?1;
