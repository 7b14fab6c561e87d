-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: pages of the file that nothing uses
PRAGMA freelist_count;
