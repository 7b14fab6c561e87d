/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notices.h: a roster or group notice, unpacked, and the rows that say what it does. Store thread; only for notices.c and group-notices.c.
 */
#pragma once

#include "base/record.h"
#include "session/apply/batch.h"

G_BEGIN_DECLS

typedef struct {
  gint64 id;
  gint64 timestamp;
  int type;
  gint64 group_id;
  gint64 from;
  const Floo__XID *const *to;
  gsize n_to;
  const char *content;
  gboolean by_us;               /* from is us */
  gboolean for_us;              /* we are among `to` */
  const char *type_name;
} FlooNotice;

typedef gboolean (*FlooNoticeEffect) (FlooApply *apply, const FlooNotice *notice, GError **error);

typedef struct {
  FlooSignal signal;            /* 0: none of its own */
  FlooNoticeEffect effect;      /* (nullable) */
} FlooNoticeRow;

/* By GroupNotice.Type. */
extern const FlooNoticeRow floo_group_notices[];
extern const gsize floo_n_group_notices;

/* Returns: (transfer floating): ((a{sv})), the body of most signals. */
GVariant *floo_notice_body (const FlooNotice *notice);
/* Returns: (transfer full) (nullable): the fields of a JSON content, as far as the record has them; NULL where it is no JSON.
 * @property: (out) (transfer full) (optional): the one that the notice is about, where it says so */
JsonObject *floo_notice_fields (const FlooNotice *notice, const FlooRecord *record, char **property);

G_END_DECLS
