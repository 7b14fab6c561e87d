-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 list, ?2 owner, ?3 where the reading goes on, ?4 where it was to go on: another reading's page changes nothing
UPDATE lists SET cursor = ?3 WHERE list = ?1 AND owner = ?2 AND cursor = ?4;
