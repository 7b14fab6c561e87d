-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 content
UPDATE messages SET content = ?2 WHERE id = ?1;
