-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
INSERT INTO tombstones (id) VALUES (?1) ON CONFLICT DO NOTHING;
