-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- One that is not there yet is remembered as pinned.
INSERT INTO conversations (id, pinned) VALUES (?1, 1) ON CONFLICT (id) DO UPDATE SET pinned = 1 WHERE pinned = 0;
