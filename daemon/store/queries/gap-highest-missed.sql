-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 from id (excluded), ?3 to id (included)
-- out: the highest gap there in which something was missed, NULL: none
SELECT max(id) FROM gaps WHERE conversation = ?1 AND id > ?2 AND id <= ?3 AND missed = 1;
