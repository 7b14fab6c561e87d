-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 time
INSERT INTO applied (id, time) VALUES (?1, ?2) ON CONFLICT DO NOTHING;
