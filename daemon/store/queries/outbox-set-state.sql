-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id, ?2 state, ?3 what is added to attempts, ?4 next_retry, ?5 device_sn (0: as it is), ?6 permanent, ?7 error
UPDATE outbox SET
  state = ?2, attempts = min(attempts, 1000000) + ?3, next_retry = ?4, device_sn = iif(?5 = 0, device_sn, ?5), permanent = ?6, error = ?7
WHERE client_id = ?1;
