-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 id (excluded), ?3 limit
-- out: nothing of use. It visits the rows that page-messages-before finds, in the file's order: IN sorts the ids, which the index alone gives.
SELECT max(timestamp) FROM messages WHERE id IN (SELECT id FROM messages WHERE conversation = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3);
