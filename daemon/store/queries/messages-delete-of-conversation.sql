-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 highest id
DELETE FROM messages WHERE conversation = ?1 AND id <= ?2;
