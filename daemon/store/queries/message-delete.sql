-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
DELETE FROM messages WHERE id = ?1;
