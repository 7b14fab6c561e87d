-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 message
DELETE FROM early WHERE message = ?1 AND type <> 3;
