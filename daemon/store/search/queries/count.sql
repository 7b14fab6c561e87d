-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 expression
-- out: how many messages match
SELECT count(*) FROM messages WHERE messages MATCH ?1;
