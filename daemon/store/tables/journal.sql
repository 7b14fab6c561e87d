-- SPDX-License-Identifier: GPL-3.0-or-later
-- The table journal, and the marks of its days in meta (journal.h).

-- name: journal-after
-- in: ?1 serial (excluded), ?2 limit
-- out: serial, time, signal, refs, body
SELECT serial, time, signal, refs, body FROM journal WHERE serial > ?1 ORDER BY serial LIMIT ?2;

-- name: journal-delete-before
-- in: ?1 serial (excluded)
DELETE FROM journal WHERE serial < ?1;

-- name: journal-first-to-keep
-- in: ?1 the last serial that is old enough, ?2 the last one that is beyond the number of events, ?3 the last serial, which stays, ?4 rows to look at
-- out: the first serial that stays
SELECT coalesce(
  (SELECT serial FROM (SELECT serial FROM journal ORDER BY serial LIMIT ?4)
   WHERE serial >= ?3 OR (serial > ?2 AND serial > ?1) LIMIT 1),
  (SELECT max(serial) + 1 FROM (SELECT serial FROM journal ORDER BY serial LIMIT ?4)),
  0);

-- name: journal-first
-- out: the lowest serial, NULL: none
SELECT min(serial) FROM journal;

-- name: journal-insert
-- in: ?1 serial, ?2 time, ?3 signal, ?4 body, ?5 refs
INSERT INTO journal (serial, time, signal, body, refs) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: journal-last
-- out: the highest serial, NULL: none
SELECT max(serial) FROM journal;

-- name: journal-mark-get
-- in: ?1 key of the first day possible, ?2 key of the day looked for
-- out: the last serial before that day began, or the latest known day before it; no row: none is known
SELECT value FROM meta WHERE key >= ?1 AND key <= ?2 ORDER BY key DESC LIMIT 1;

-- name: journal-mark-prune
-- in: ?1 key of the first day possible, ?2 key of the first day that stays
DELETE FROM meta WHERE key >= ?1 AND key < (SELECT max(key) FROM meta WHERE key >= ?1 AND key <= ?2);

-- name: journal-mark-put
-- in: ?1 key of a day (journal.c), ?2 the last serial before it began
INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING;
