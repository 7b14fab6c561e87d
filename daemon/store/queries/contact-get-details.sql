-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 kind, ?2 id
-- out: details
SELECT details FROM contacts WHERE kind = ?1 AND id = ?2;
