-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 kind, ?2 limit
-- out: id of what is listed without fresh details
SELECT id FROM contacts INDEXED BY contacts_missing
WHERE kind = ?1 AND listed = 1 AND (details IS NULL OR stale = 1) LIMIT ?2;
