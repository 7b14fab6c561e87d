-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation
-- out: how many messages it has
SELECT count(*) FROM messages WHERE conversation = ?1;
