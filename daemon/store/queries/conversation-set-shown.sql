-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 shown
UPDATE conversations SET shown = ?2 WHERE id = ?1;
