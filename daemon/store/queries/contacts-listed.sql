-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 kind
-- out: id, ascending
SELECT id FROM contacts INDEXED BY contacts_listed WHERE kind = ?1 AND listed = 1 ORDER BY id;
