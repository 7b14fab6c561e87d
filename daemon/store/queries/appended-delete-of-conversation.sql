-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation
DELETE FROM appended WHERE message IN (SELECT id FROM messages WHERE conversation = ?1 AND characters IS NOT NULL);
