-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 kind, ?2 id
-- out: listed
SELECT listed FROM contacts WHERE kind = ?1 AND id = ?2;
