-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: directory
SELECT directory FROM chunks WHERE id = ?1;
