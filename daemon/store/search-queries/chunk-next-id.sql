-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: an id above all
SELECT coalesce(max(id), 0) + 1 FROM chunks;
