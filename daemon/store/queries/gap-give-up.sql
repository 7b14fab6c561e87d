-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 id
UPDATE gaps SET missed = 0 WHERE conversation = ?1 AND id = ?2;
