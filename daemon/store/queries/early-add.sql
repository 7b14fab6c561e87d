-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id of the operation, ?2 message, ?3 time, ?4 type, ?5 1: ours, ?6 edit_timestamp, ?7 content, ?8 config, ?9 ext
INSERT INTO early (id, message, time, type, ours, edit_timestamp, content, config, ext) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT DO NOTHING;
