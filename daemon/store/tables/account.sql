-- SPDX-License-Identifier: GPL-3.0-or-later
-- The table account: the account's small values (account.h).

-- name: value-delete
-- in: ?1 key
DELETE FROM account WHERE key = ?1;

-- name: value-get
-- in: ?1 key
-- out: value
SELECT value FROM account WHERE key = ?1;

-- name: value-set
-- in: ?1 key, ?2 value
INSERT INTO account (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: values-all
-- out: key, value
SELECT key, value FROM account;
