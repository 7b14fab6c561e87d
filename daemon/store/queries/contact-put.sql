-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 kind, ?2 id, ?3 details, ?4 name, ?5 avatar, ?6 muted, ?7 whether they are fresh
INSERT INTO contacts (kind, id, details, name, avatar, muted) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (kind, id) DO UPDATE SET details = ?3, name = ?4, avatar = ?5, muted = ?6, stale = iif(?7, 0, stale);
