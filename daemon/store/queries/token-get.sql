-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 token
-- out: digest, client_id, used
SELECT digest, client_id, used FROM tokens WHERE token = ?1;
