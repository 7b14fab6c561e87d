-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 highest id
DELETE FROM appended WHERE message IN (SELECT id FROM messages WHERE conversation = ?1 AND id <= ?2 AND characters IS NOT NULL);
