-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 status, ?3 unread
UPDATE messages SET status = ?2, unread = ?3 WHERE id = ?1;
