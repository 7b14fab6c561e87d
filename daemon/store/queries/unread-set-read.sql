-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 highest id
UPDATE messages SET unread = 0, status = 2 WHERE conversation = ?1 AND unread = 1 AND id <= ?2;
