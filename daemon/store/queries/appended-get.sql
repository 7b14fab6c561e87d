-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 message
-- out: content of its pieces in order
SELECT content FROM appended WHERE message = ?1 ORDER BY seq;
