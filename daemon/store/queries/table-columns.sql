-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 table
-- out: name, type, whether it may not be NULL, default as SQL (NULL: none), place in the primary key (0: none)
SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?1);
