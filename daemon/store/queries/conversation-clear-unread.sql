-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
UPDATE conversations SET unread = 0, mentioned = 0 WHERE id = ?1 AND unread > 0;
