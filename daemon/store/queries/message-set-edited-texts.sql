-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 edit_timestamp, ?3 characters of the whole content, ?4 config, ?5 ext
UPDATE messages SET edit_timestamp = ?2, characters = ?3, config = ?4, ext = ?5 WHERE id = ?1;
