-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 what is added to unread
UPDATE conversations SET unread = max(unread + ?2, 0), mentioned = mentioned AND unread + ?2 > 0 WHERE id = ?1;
