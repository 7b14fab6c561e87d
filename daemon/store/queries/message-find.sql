-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: conversation, to_type
SELECT conversation, to_type FROM messages WHERE id = ?1;
