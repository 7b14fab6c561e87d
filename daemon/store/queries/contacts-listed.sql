-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 kind
-- out: id, ascending
SELECT id FROM contacts WHERE kind = ?1 AND listed = 1 ORDER BY id;
