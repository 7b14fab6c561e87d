-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 id of a message, notice or operation
-- out: a row where nothing can be missing there
SELECT 1 FROM messages WHERE id = ?2
UNION ALL SELECT 1 FROM tombstones WHERE id = ?2
UNION ALL SELECT 1 FROM applied WHERE id = ?2
UNION ALL SELECT 1 FROM conversations WHERE id = ?1 AND deleted_up_to >= ?2;
