-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: the highest number; 0: there never was one
SELECT coalesce(max(seq), 0) FROM search_changes;
