-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 message, ?2 content, ?3 bytes up to which a piece grows
-- Changes nothing where there is no piece or the last one is full.
UPDATE appended SET content = content || ?2
WHERE message = ?1 AND seq = (SELECT max(seq) FROM appended WHERE message = ?1) AND length(CAST (content AS BLOB)) < ?3;
