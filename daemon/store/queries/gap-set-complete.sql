-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation
UPDATE conversations SET complete = 1 WHERE id = ?1 AND complete = 0;
