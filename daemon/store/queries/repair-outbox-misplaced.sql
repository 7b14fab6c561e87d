-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: client_ids of rows of which nobody knows whether they are in an order, or the first in it
SELECT client_id FROM outbox WHERE (head IN (0, 1)) IS NOT TRUE OR (ordered IN (0, 1)) IS NOT TRUE;
