-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 from id (excluded), ?3 to id (included)
-- out: the lowest gap there, NULL: none
SELECT min(id) FROM gaps WHERE conversation = ?1 AND id > ?2 AND id <= ?3;
