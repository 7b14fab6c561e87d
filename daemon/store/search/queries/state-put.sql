-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 name, ?2 value
INSERT INTO state (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value;
