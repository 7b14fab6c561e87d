-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 list, ?2 owner
-- out: generation, complete
SELECT generation, complete FROM lists WHERE list = ?1 AND owner = ?2;
