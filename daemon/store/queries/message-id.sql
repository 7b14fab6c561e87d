-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: id, where it is a message
SELECT id FROM messages WHERE id = ?1;
