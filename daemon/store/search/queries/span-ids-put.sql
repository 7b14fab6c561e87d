-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 base, ?2 ids
INSERT OR REPLACE INTO span_ids (base, ids) VALUES (?1, ?2);
