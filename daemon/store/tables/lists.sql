-- SPDX-License-Identifier: GPL-3.0-or-later
-- The tables lists and list_entries (lists.h).

-- name: list-begin
-- in: ?1 list, ?2 owner, ?3 where the reading goes on
INSERT INTO lists (list, owner, generation, cursor) VALUES (?1, ?2, 1, ?3)
ON CONFLICT (list, owner) DO UPDATE SET generation = iif(generation < 9007199254740992, generation, 0) + 1, cursor = ?3;

-- name: list-complete
-- in: ?1 list, ?2 owner
UPDATE lists SET complete = 1, cursor = NULL WHERE list = ?1 AND owner = ?2;

-- name: list-continue
-- in: ?1 list, ?2 owner, ?3 where the reading goes on, ?4 where it was to go on: another reading's page changes nothing
UPDATE lists SET cursor = ?3 WHERE list = ?1 AND owner = ?2 AND cursor = ?4;

-- name: list-count
-- in: ?1 list, ?2 owner
-- out: entries
SELECT count(*) FROM list_entries WHERE list = ?1 AND owner = ?2;

-- name: list-drop-expired
-- in: ?1 list, ?2 now, in ms
DELETE FROM list_entries WHERE list = ?1 AND expires > 0 AND expires <= ?2;

-- name: list-drop-old
-- in: ?1 list, ?2 owner, -1: whatever it is, ?3 generation
-- What is decided stays, whether the service still tells of it or not.
DELETE FROM list_entries WHERE list = ?1 AND (?2 = -1 OR owner = ?2) AND generation < ?3 AND decided = 0;

-- name: list-drop-owner
-- in: ?1 owner
DELETE FROM list_entries WHERE owner = ?1 AND decided = 0;

-- name: list-drop-states-of-owner
-- in: ?1 owner
DELETE FROM lists WHERE owner = ?1;

-- name: list-entries-decide
-- in: ?1 list, ?2 owner, ?3 id, 0: all of the owner, ?4 status, ?5 now
UPDATE list_entries SET decided = ?5, expires = 0,
  details = iif(json_valid(details), json_set(details, '$.status', ?4), json_object('status', ?4))
WHERE list = ?1 AND owner = ?2 AND (?3 = 0 OR id = ?3) AND decided = 0;

-- name: list-entries-trim-decided
-- in: ?1 list, ?2 how many stay: those that were decided last
DELETE FROM list_entries WHERE list = ?1 AND decided > 0 AND (owner, id) IN (
  SELECT owner, id FROM list_entries WHERE list = ?1 AND decided > 0 ORDER BY decided DESC, owner DESC, id DESC LIMIT -1 OFFSET ?2);

-- name: list-entries-stale
-- in: ?1 list, ?2 at most that many
-- out: owner, id
SELECT owner, id FROM list_entries WHERE list = ?1 AND stale = 1 ORDER BY owner, id LIMIT ?2;

-- name: list-entry-get
-- in: ?1 list, ?2 owner, ?3 id
-- out: details, stale
SELECT details, stale FROM list_entries WHERE list = ?1 AND owner = ?2 AND id = ?3;

-- name: list-entry-mark-stale
-- in: ?1 list, ?2 owner, ?3 id
UPDATE list_entries SET stale = 1 WHERE list = ?1 AND owner = ?2 AND id = ?3;

-- name: list-entry-put
-- in: ?1 list, ?2 owner, ?3 id, ?4 generation, ?5 stale, ?6 expires, ?7 when it was decided, 0: it is not, ?8 details
INSERT INTO list_entries (list, owner, id, generation, stale, expires, decided, details) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (list, owner, id) DO UPDATE SET
  generation = ?4, stale = ?5, expires = ?6, decided = iif(?7 > 0 AND decided > 0, decided, ?7), details = ?8;

-- name: list-entry-remove
-- in: ?1 list, ?2 owner, ?3 id
DELETE FROM list_entries WHERE list = ?1 AND owner = ?2 AND id = ?3;

-- name: list-forget
-- in: ?1 list, ?2 owner
UPDATE lists SET complete = 0, cursor = NULL WHERE list = ?1 AND owner = ?2;

-- name: list-get
-- in: ?1 list, ?2 owner
-- out: generation, complete
SELECT generation, complete FROM lists WHERE list = ?1 AND owner = ?2;

-- name: list-page
-- in: ?1 list, ?2 and ?3 owner and id after which to go on, ?4 owner, -1: whatever it is
-- out: owner, id, details
SELECT owner, id, details FROM list_entries
WHERE list = ?1 AND (owner, id) > (?2, ?3) AND (?4 = -1 OR owner = ?4)
ORDER BY owner, id;
