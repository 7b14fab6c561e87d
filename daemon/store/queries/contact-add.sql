-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 kind, ?2 id
INSERT INTO contacts (kind, id, listed) VALUES (?1, ?2, 1) ON CONFLICT (kind, id) DO UPDATE SET listed = 1 WHERE listed = 0;
