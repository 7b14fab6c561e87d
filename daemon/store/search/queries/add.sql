-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 rowid, ?2 tokens
INSERT INTO messages (rowid, tokens) VALUES (?1, ?2);
