-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: id
SELECT id FROM conversations WHERE pinned = 1;
