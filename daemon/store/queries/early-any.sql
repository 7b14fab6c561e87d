-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: a row where there is any
SELECT 1 FROM early LIMIT 1;
