-- SPDX-License-Identifier: GPL-3.0-or-later
-- Looking for damaged rows, and removing them (repair.h).

-- name: repair-conversations
DELETE FROM conversations WHERE id < 0;

-- name: repair-free-client-id
-- out: a client_id that no message of ours ever had: those are times
SELECT coalesce(max(client_id), 0) + 1 FROM outbox WHERE client_id BETWEEN 1 AND 999999;

-- name: repair-is-due
-- out: 1: there is something under numbers that were never given
SELECT EXISTS (SELECT 1 FROM journal WHERE serial < 1) OR EXISTS (SELECT 1 FROM journal WHERE serial > 9007199254740992)
       OR EXISTS (SELECT 1 FROM search_changes WHERE seq < 1) OR EXISTS (SELECT 1 FROM search_changes WHERE seq > 9007199254740992)
       OR EXISTS (SELECT 1 FROM messages WHERE id < 1) OR EXISTS (SELECT 1 FROM conversations WHERE id < 0);

-- name: repair-journal-id
DELETE FROM meta WHERE key = 'journal_id';

-- name: repair-journal
DELETE FROM journal WHERE serial < 1 OR serial > 9007199254740992;

-- name: repair-messages
DELETE FROM messages WHERE id < 1;

-- name: repair-outbox-misplaced
-- out: client_ids of rows of which nobody knows whether they are in an order, or the first in it
SELECT client_id FROM outbox WHERE (head IN (0, 1)) IS NOT TRUE OR (ordered IN (0, 1)) IS NOT TRUE;

-- name: repair-search-changes
DELETE FROM search_changes WHERE seq < 1 OR seq > 9007199254740992;

-- name: table-columns
-- in: ?1 table
-- out: name, type, whether it may not be NULL, default as SQL (NULL: none), place in the primary key (0: none); not those that follow from others
SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?1) WHERE hidden NOT IN (2, 3);

-- name: tables
-- out: name
SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\';
