-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 key of a day (journal.c), ?2 the last serial before it began
INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING;
