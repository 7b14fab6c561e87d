-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 kind, ?2 id
UPDATE contacts SET stale = 0 WHERE kind = ?1 AND id = ?2 AND stale = 1;
