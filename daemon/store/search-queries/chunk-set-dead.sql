-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 how many, ?3 bitmap
UPDATE chunks SET dead = ?2, dead_bitmap = ?3 WHERE id = ?1;
