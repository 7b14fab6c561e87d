-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 key, ?2 bytes: tries whether there is room
INSERT INTO meta (key, value) VALUES (?1, zeroblob(?2)) ON CONFLICT (key) DO UPDATE SET value = excluded.value;
