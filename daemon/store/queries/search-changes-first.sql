-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: the lowest number; NULL: there is none
SELECT min(seq) FROM search_changes;
