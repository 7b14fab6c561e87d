-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: conversation
SELECT conversation FROM messages WHERE id = ?1;
