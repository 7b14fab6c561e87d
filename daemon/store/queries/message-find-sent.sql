-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 our user id, ?3 type, ?4 content, ?5 earliest timestamp, ?6 device_sn, 0: not known
-- out: id of the oldest such message that no client_id names, of that device rather than of one that is not told; NULL: there is none.
-- From the newest on back, as far as the time goes.
SELECT coalesce(min(iif(device_sn = ?6, id, NULL)), min(id)) FROM (
  SELECT id, sender, type, client_id, content, device_sn FROM messages
  WHERE conversation = ?1 AND id >= (SELECT coalesce(max(id), 0) FROM messages WHERE conversation = ?1 AND timestamp < ?5))
WHERE sender = ?2 AND type = ?3 AND client_id IS NULL AND content IS ?4 AND (device_sn IS NULL OR ?6 IN (0, device_sn));
