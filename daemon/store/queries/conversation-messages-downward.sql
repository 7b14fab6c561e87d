-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation
-- out: id, type, config, newest first
SELECT id, type, config FROM messages WHERE conversation = ?1 ORDER BY id DESC;
