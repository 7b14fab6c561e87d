-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 flags to be added
UPDATE messages SET flags = flags | ?2 WHERE id = ?1;
