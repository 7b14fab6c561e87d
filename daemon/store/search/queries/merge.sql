-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 pages to write at most, ?2 the command of FTS5: merge
INSERT INTO messages (messages, rank) VALUES (?2, ?1);
