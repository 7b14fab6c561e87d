-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: a client_id that no message of ours ever had: those are times
SELECT coalesce(max(client_id), 0) + 1 FROM outbox WHERE client_id BETWEEN 1 AND 999999;
