-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 base
-- out: ids
SELECT ids FROM span_ids WHERE base = ?1;
