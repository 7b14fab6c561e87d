-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: ranges
SELECT ranges FROM chunks WHERE id = ?1;
