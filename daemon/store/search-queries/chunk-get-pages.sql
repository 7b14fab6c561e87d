-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: pages
SELECT pages FROM chunks WHERE id = ?1;
