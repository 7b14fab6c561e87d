/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/names.h"

#include <string.h>

#include "store/engine/query.h"
#include "store/tables/contacts.h"

/* The columns of the statement. */
enum { KIND, ID, LISTED, AVATAR, ACTIVITY, FIRST_NAME };
static const char *const name_fields[] = { "alias", "nick_name", "username", "name" };

/* How well a name fits, best first. */
typedef enum { FITS_WHOLE, FITS_BEGINNING, FITS_WORD, FITS_WITHIN, FITS_NOT } Fit;

typedef struct {
  Fit fit;
  gint64 activity;      /* of the conversation, ms; 0: there is none */
  gint64 id;
  GVariant *item;
} Found;

static void
found_clear (gpointer data)
{
  g_clear_pointer (&((Found *) data)->item, g_variant_unref);
}

/* @wanted: folded */
static Fit
fit_of (const char *name, const char *wanted)
{
  g_autofree char *folded = g_utf8_casefold (name, -1);
  const char *at = strstr (folded, wanted);

  if (at == NULL)
    return FITS_NOT;
  if (at == folded)
    return strlen (folded) == strlen (wanted) ? FITS_WHOLE : FITS_BEGINNING;
  for (; at != NULL; at = strstr (at + 1, wanted))
    if (!g_unichar_isalnum (g_utf8_get_char (g_utf8_prev_char (at))))
      return FITS_WORD;
  return FITS_WITHIN;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const Found *first = a, *second = b;

  if (first->fit != second->fit)
    return first->fit < second->fit ? -1 : 1;
  if (first->activity != second->activity)
    return first->activity > second->activity ? -1 : 1;
  return first->id < second->id ? -1 : first->id > second->id;
}

static GVariant *
make_item (FlooQuery *row)
{
  gboolean is_group = floo_query_int (row, KIND) == FLOO_CONTACT_GROUP;
  const char *avatar = floo_query_text (row, AVATAR);
  GVariantDict item;

  g_variant_dict_init (&item, NULL);
  g_variant_dict_insert (&item, "id", "x", floo_query_int (row, ID));
  g_variant_dict_insert (&item, "type", "s", is_group ? "group" : "roster");
  g_variant_dict_insert (&item, "listed", "b", floo_query_int (row, LISTED) != 0);
  g_variant_dict_insert (&item, "conversation", "b", !floo_query_is_null (row, ACTIVITY));
  if (avatar != NULL && *avatar != '\0')
    g_variant_dict_insert (&item, "avatar", "s", avatar);
  for (guint i = 0; i < G_N_ELEMENTS (name_fields); i++)
    {
      const char *name = floo_query_text (row, FIRST_NAME + (int) i);

      if (name != NULL && *name != '\0')
        g_variant_dict_insert (&item, name_fields[i], "s", name);
    }
  return g_variant_ref_sink (g_variant_dict_end (&item));
}

static void
look_at_row (FlooQuery *row, const char *wanted, GArray *found)
{
  Found one = { .fit = FITS_NOT, .activity = floo_query_int (row, ACTIVITY), .id = floo_query_int (row, ID) };

  for (guint i = 0; i < G_N_ELEMENTS (name_fields); i++)
    {
      const char *name = floo_query_text (row, FIRST_NAME + (int) i);

      if (name != NULL && *name != '\0')
        one.fit = MIN (one.fit, fit_of (name, wanted));
    }
  if (one.fit == FITS_NOT)
    return;
  one.item = make_item (row);
  g_array_append_val (found, one);
}

GVariant *
floo_names_find (FlooDb *db, const char *text, guint limit, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "contact-names", error);
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Found));
  g_autofree char *wanted = g_utf8_casefold (text, -1);
  GVariantBuilder items = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  gboolean row;

  g_array_set_clear_func (found, found_clear);
  do
    {
      if (!floo_query_next (query, &row, error))
        {
          g_variant_builder_clear (&items);
          return NULL;
        }
      if (row)
        look_at_row (query, wanted, found);
    }
  while (row);
  g_array_sort (found, compare);
  for (guint i = 0; i < MIN (found->len, limit); i++)
    g_variant_builder_add_value (&items, g_array_index (found, Found, i).item);
  return g_variant_builder_end (&items);
}
