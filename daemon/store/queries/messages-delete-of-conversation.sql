-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation
DELETE FROM messages WHERE conversation = ?1;
