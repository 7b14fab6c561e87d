-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 token, ?2 digest, ?3 client_id, ?4 time
INSERT INTO tokens (token, digest, client_id, used) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (token) DO UPDATE SET digest = excluded.digest, client_id = excluded.client_id, used = excluded.used;
