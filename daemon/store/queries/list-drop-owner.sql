-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 owner
DELETE FROM list_entries WHERE owner = ?1;
