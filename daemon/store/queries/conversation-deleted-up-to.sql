-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation
-- out: the highest message id that went with it when it was deleted, 0 or NULL: it was not
SELECT deleted_up_to FROM conversations WHERE id = ?1;
