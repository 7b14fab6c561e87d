-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 kind, ?2 id
-- out: whether there are no fresh details
SELECT details IS NULL OR stale = 1 FROM contacts WHERE kind = ?1 AND id = ?2;
