-- SPDX-License-Identifier: GPL-3.0-or-later
-- The table tokens (tokens.h).

-- name: token-get
-- in: ?1 token
-- out: digest, client_id, used
SELECT digest, client_id, used FROM tokens WHERE token = ?1;

-- name: token-put
-- in: ?1 token, ?2 digest, ?3 client_id, ?4 time
INSERT INTO tokens (token, digest, client_id, used) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (token) DO UPDATE SET digest = excluded.digest, client_id = excluded.client_id, used = excluded.used;

-- name: tokens-all
-- out: token, digest, client_id
SELECT token, digest, client_id FROM tokens;

-- name: tokens-prune
-- in: ?1 time before which they go, ?2 limit
DELETE FROM tokens WHERE token IN (SELECT token FROM tokens WHERE used < ?1 ORDER BY used LIMIT ?2);
