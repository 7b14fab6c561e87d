-- SPDX-License-Identifier: GPL-3.0-or-later
-- The table meta: the file's own values.

-- name: meta-delete
-- in: ?1 key
DELETE FROM meta WHERE key = ?1;

-- name: meta-get
-- in: ?1 key
-- out: value
SELECT value FROM meta WHERE key = ?1;

-- name: meta-put-zeros
-- in: ?1 key, ?2 bytes: tries whether there is room
INSERT INTO meta (key, value) VALUES (?1, zeroblob(?2)) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: meta-put
-- in: ?1 key, ?2 value
INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: store-created
-- out: when this store was made, ms
SELECT value FROM meta WHERE key = 'created';
