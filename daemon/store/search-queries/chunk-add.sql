-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 docs, ?3 entries, ?4 highest, ?5 lowest, ?6 newest, ?7 oldest, ?8 ranges, ?9 pages
INSERT INTO chunks (id, docs, dead, entries, highest, lowest, newest, oldest, ranges, pages) VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9);
