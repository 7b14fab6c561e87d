-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id, ?2 file (NULL: it is uploaded, the message takes its place in the order, and was never on its way), ?3 attachment
UPDATE outbox SET
  file = ?2, attachment = ?3, ordered = iif(?2 IS NULL, 1, 0), attempts = iif(?2 IS NULL, 0, attempts)
WHERE client_id = ?1;
