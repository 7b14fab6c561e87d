-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
DELETE FROM chunks WHERE id = ?1;
