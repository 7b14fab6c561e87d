-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 expression, ?2 lowest and ?3 highest rowid
-- out: rowids, descending
SELECT rowid FROM messages WHERE messages MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC;
