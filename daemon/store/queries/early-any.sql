-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: a row where there is any that waits for its message
SELECT 1 FROM early WHERE type <> 3 LIMIT 1;
