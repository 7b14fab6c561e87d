-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 list, ?2 now, in ms
DELETE FROM list_entries WHERE list = ?1 AND expires > 0 AND expires <= ?2;
