-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 time before which they go, ?2 limit
DELETE FROM tokens WHERE token IN (SELECT token FROM tokens WHERE used < ?1 ORDER BY used LIMIT ?2);
