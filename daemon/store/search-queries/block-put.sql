-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 key, ?2 data
INSERT INTO blocks (key, data) VALUES (?1, ?2);
