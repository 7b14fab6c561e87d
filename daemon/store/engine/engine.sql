-- SPDX-License-Identifier: GPL-3.0-or-later
-- Transactions, and what a file says of itself.

-- name: begin-read
-- The snapshot is taken by the first query after it.
BEGIN;

-- name: begin-write
-- Takes the write lock at once, so that a job never finds it taken later.
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: count-schema-objects
-- out: how many; 0 is an empty file
SELECT count(*) FROM sqlite_schema;

-- name: get-application-id
-- out: application id
PRAGMA application_id;

-- name: get-user-version
-- out: version of the schema
PRAGMA user_version;

-- name: release
RELEASE job;

-- name: rollback
ROLLBACK;

-- name: savepoint
-- One job in a transaction.
SAVEPOINT job;

-- name: undo
ROLLBACK TO job;
