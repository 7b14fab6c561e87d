-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 token
-- out: digest, client_id
SELECT digest, client_id FROM tokens WHERE token = ?1;
