-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 owner
DELETE FROM lists WHERE owner = ?1;
