-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 message, ?2 content of a new piece
INSERT INTO appended (message, seq, content) VALUES (?1, coalesce((SELECT max(seq) FROM appended WHERE message = ?1), 0) + 1, ?2);
