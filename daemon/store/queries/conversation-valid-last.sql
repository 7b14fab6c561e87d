-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: last_message, 0 where that is gone
SELECT coalesce((SELECT id FROM messages WHERE id = last_message), 0) FROM conversations WHERE id = ?1;
