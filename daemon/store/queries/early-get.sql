-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 message
-- out: id, type, ours, edit_timestamp, content, config, ext; in the order in which they were done
SELECT id, type, ours, edit_timestamp, content, config, ext FROM early WHERE message = ?1 AND type <> 3 ORDER BY id;
