-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: token, digest, client_id
SELECT token, digest, client_id FROM tokens;
