-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: bitmap, NULL where there are none
SELECT dead_bitmap FROM chunks WHERE id = ?1;
