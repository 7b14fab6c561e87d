-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 the first number that stays
DELETE FROM search_changes WHERE seq < ?1;
