/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/config.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/names.h"

#define MAX_INSTANCE 64
#define MAX_APP_ID 64
#define MAX_TEXT 256
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* FALSE: not among the values; the caller says so. */
typedef gboolean (*ParseFunc) (const FlooConfigKey *key, const char *text, gpointer field);

static gboolean
set_text (gpointer field, const char *text)
{
  char **target = field;

  g_free (*target);
  *target = g_strdup (text);
  return TRUE;
}

static gboolean
parse_text (const FlooConfigKey *key, const char *text, gpointer field)
{
  return strlen (text) <= MAX_TEXT && set_text (field, text);
}

/* It becomes the name of a folder and a header. */
gboolean
floo_config_is_app_id (const char *text)
{
  gsize len = strlen (text);

  return len > 0 && len <= MAX_APP_ID && strspn (text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-") == len;
}

static gboolean
parse_app_id (const FlooConfigKey *key, const char *text, gpointer field)
{
  return (*text == '\0' || floo_config_is_app_id (text)) && set_text (field, text);
}

gboolean
floo_config_is_url (const char *text)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

  return uri != NULL && g_strcmp0 (g_uri_get_host (uri), "") > 0
         && (strcmp (g_uri_get_scheme (uri), "https") == 0 || strcmp (g_uri_get_scheme (uri), "http") == 0);
}

static gboolean
parse_url (const FlooConfigKey *key, const char *text, gpointer field)
{
  return (*text == '\0' || floo_config_is_url (text)) && set_text (field, text);
}

/* A server: a scheme, a host and maybe a port, nothing else. */
static gboolean
is_server (const char *text, const char *const *schemes)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_HAS_PASSWORD, NULL);

  return uri != NULL && g_strcmp0 (g_uri_get_host (uri), "") > 0 && g_strv_contains (schemes, g_uri_get_scheme (uri))
         && (*g_uri_get_path (uri) == '\0' || strcmp (g_uri_get_path (uri), "/") == 0) && g_uri_get_query (uri) == NULL
         && g_uri_get_fragment (uri) == NULL;
}

static gboolean
parse_rest_url (const FlooConfigKey *key, const char *text, gpointer field)
{
  static const char *const schemes[] = { "http", "https", NULL };

  return (*text == '\0' || (is_server (text, schemes) && strchr (text, '@') == NULL)) && set_text (field, text);
}

static gboolean
parse_socket_url (const FlooConfigKey *key, const char *text, gpointer field)
{
  static const char *const schemes[] = { "ws", "wss", NULL };

  return (*text == '\0' || (is_server (text, schemes) && strchr (text, '@') == NULL)) && set_text (field, text);
}

static gboolean
parse_proxy (const FlooConfigKey *key, const char *text, gpointer field)
{
  static const char *const schemes[] = { "http", "https", "socks4", "socks4a", "socks5", NULL };

  return (*text == '\0' || is_server (text, schemes)) && set_text (field, text);
}

static gboolean
parse_source (const FlooConfigKey *key, const char *text, gpointer field)
{
  return floo_config_is_app_id (text) && set_text (field, text);
}

static gboolean
parse_hosts (const FlooConfigKey *key, const char *text, gpointer field)
{
  g_auto (GStrv) hosts = g_strsplit (text, " ", -1);

  for (guint i = 0; hosts[i] != NULL && *text != '\0'; i++)
    if (!g_hostname_is_ip_address (hosts[i]) && (*hosts[i] == '\0' || strpbrk (hosts[i], "/:@[]%") != NULL))
      return FALSE;
  return strlen (text) <= MAX_TEXT && set_text (field, text);
}

static gboolean
parse_path (const FlooConfigKey *key, const char *text, gpointer field)
{
  return (*text == '\0' || g_path_is_absolute (text)) && set_text (field, text);
}

static gboolean
parse_choice (const FlooConfigKey *key, const char *text, gpointer field)
{
  g_auto (GStrv) choices = g_strsplit (key->values, ", ", -1);

  return g_strv_contains ((const char *const *) choices, text) && set_text (field, text);
}

static gboolean
parse_bool (const FlooConfigKey *key, const char *text, gpointer field)
{
  gboolean *target = field;

  *target = strcmp (text, "true") == 0;
  return *target || strcmp (text, "false") == 0;
}

static gboolean
parse_number (const FlooConfigKey *key, const char *text, gpointer field)
{
  guint *target = field;
  guint min = 0, max = 0;
  guint64 number;

  if (sscanf (key->values, "%u to %u", &min, &max) != 2 || !g_ascii_string_to_unsigned (text, 10, min, max, &number, NULL))
    return FALSE;
  *target = (guint) number;
  return TRUE;
}

static gboolean
parse_level (const FlooConfigKey *key, const char *text, gpointer field)
{
  return floo_log_level_from_string (text, field);
}

#define FIELD(name) offsetof (FlooConfig, name)

static const struct
{
  FlooConfigKey key;
  ParseFunc parse;
  gsize field;
} rows[] = {
  { { "service", "app_id", "", "letters, digits, \"_\" and \"-\", at most 64",
      "The application at the service whose users log in here. If empty, each login must name it." },
    parse_app_id, FIELD (app_id) },
  { { "service", "dns_server", "", "an http or https URL",
      "The discovery server, a whole URL that is used unchanged. If empty, the service's own servers are asked." },
    parse_url, FIELD (dns_server) },
  { { "service", "discovery_source", "sdk", "letters, digits, \"_\" and \"-\", at most 64",
      "How the daemon identifies itself to the discovery server. Change it only for an installation of your own that expects another value." },
    parse_source, FIELD (discovery_source) },
  { { "service", "rest_url", "", "an http or https URL of a host and maybe a port, without a path",
      "The server for requests of an installation of your own, as in https://im.example.com. If it is set, discovery is not used, unless a "
      "login names a discovery server. If empty, the server is found by discovery." },
    parse_rest_url, FIELD (rest_url) },
  { { "service", "socket_url", "", "a ws or wss URL of a host and maybe a port, without a path",
      "With rest_url: the server for the connection, as in wss://im.example.com. If empty, the one of rest_url." },
    parse_socket_url, FIELD (socket_url) },
  { { "service", "proxy", "", "an http, https, socks4, socks4a or socks5 URL of a host and a port",
      "The proxy for everything that the daemon sends; http://NAME:PASSWORD@HOST:PORT if it requires a login. If empty, the desktop's "
      "settings and the environment decide." },
    parse_proxy, FIELD (proxy) },
  { { "service", "ca_file", "", "a path from the root",
      "Certificates (PEM) of the authorities that are trusted for the service. If empty, those that the system trusts." },
    parse_path, FIELD (ca_file) },
  { { "service", "auto_login", "true", "true, false",
      "Whether the daemon logs in again by itself when it starts, if the last session was not ended by a logout." },
    parse_bool, FIELD (auto_login) },
  { { "service", "os_type", "web", "web, linux, win, osx, ios, andr",
      "The kind of device that the daemon reports itself as. Clients of this kind are web to the service; change it only if it requires "
      "another." },
    parse_choice, FIELD (os_type) },
  { { "service", "device_info", "Web", "a text of at most 256 bytes", "What the user's other devices see in the list of devices." },
    parse_text, FIELD (device_info) },
  { { "service", "acknowledge_delivery", "false", "true, false",
      "Whether senders are told when their message has arrived on this device. Reading is acknowledged in either case." },
    parse_bool, FIELD (acknowledge_delivery) },
  { { "store", "journal_days", "14", "1 to 3650",
      "How many days events can be replayed for a client that was away. How long messages are kept is set by keep_days. Time during which the "
      "daemon did not run counts as one day at most, so that a wrong clock deletes nothing." },
    parse_number, FIELD (journal_days) },
  { { "store", "journal_events", "200000", "1000 to 100000000",
      "How many events can be replayed at most. The stricter of journal_days and this applies." },
    parse_number, FIELD (journal_events) },
  { { "store", "keep_days", "0", "0 to 36500",
      "How many days messages are kept here, by the service's time; 0: for ever. Unread messages, the last one of each conversation and those "
      "that are not sent yet are always kept. Deleted messages are not fetched again, and neither is anything older that the service has. "
      "Old messages are deleted once an hour." },
    parse_number, FIELD (keep_days) },
  { { "store", "keep_messages", "0", "0 to 1000000000",
      "How many messages are kept here, the newest ones of all conversations together; 0: all. Otherwise like keep_days; the stricter of both "
      "applies." },
    parse_number, FIELD (keep_messages) },
  { { "store", "keep_left_groups", "false", "true, false",
      "Whether the messages of a group are kept here when the user leaves it or is removed from it, or when it is destroyed. If false, its "
      "conversation is deleted." },
    parse_bool, FIELD (keep_left_groups) },
  { { "files", "cache_size", "1024", "10 to 1000000",
      "How many MiB of downloaded files are kept at most. Beyond it the least recently used ones are deleted, except those that are open." },
    parse_number, FIELD (cache_size) },
  { { "files", "cache_days", "30", "1 to 3650", "After how many days without use a downloaded file is deleted." },
    parse_number, FIELD (cache_days) },
  { { "files", "max_size", "4096", "1 to 1000000", "The largest file, in MiB, that is sent or downloaded." },
    parse_number, FIELD (max_size) },
  { { "files", "stall_seconds", "60", "1 to 3600",
      "How many seconds a transfer may make no progress before it is retried. There is no limit for a transfer as a whole." },
    parse_number, FIELD (stall_seconds) },
  { { "files", "auto_download", "false", "true, false",
      "Whether thumbnails of received images, and images of at most 256 KiB, are downloaded without being asked for. This applies only "
      "to files at the service itself, so that no other host learns that a message was received." },
    parse_bool, FIELD (auto_download) },
  { { "files", "private_hosts", "", "names or addresses of hosts, one space between two, at most 256 bytes",
      "Hosts on this machine or in a private network that files may come from and go to. A message can name any address, so no other "
      "private host is ever contacted, except for the service itself." },
    parse_hosts, FIELD (private_hosts) },
  { { "secrets", "backend", "auto", "auto, keyring, file",
      "Where the access token and a remembered password are kept: in the Secret Service (keyring), in a file that only the user can "
      "read (file), or in the Secret Service if the session has one and else in the file (auto)." },
    parse_choice, FIELD (secrets_backend) },
  { { "log", "level", "info", "error, warning, info, debug",
      "The least important messages that are logged. Personal data is left out at every level." },
    parse_level, FIELD (log_level) },
};

const FlooConfigKey *
floo_config_get_key (guint index)
{
  return index < G_N_ELEMENTS (rows) ? &rows[index].key : NULL;
}

static int
find_row (const char *group, const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i].key.group, group) == 0 && strcmp (rows[i].key.key, key) == 0)
      return (int) i;
  return -1;
}

static gboolean
known_group (const char *group)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i].key.group, group) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
set_value (FlooConfig *config, guint row, const char *text)
{
  return rows[row].parse (&rows[row].key, text, G_STRUCT_MEMBER_P (config, rows[row].field));
}

static gboolean
read_key (FlooConfig *config, GKeyFile *file, const char *group, const char *key, GError **error)
{
  int row = find_row (group, key);
  g_autoptr (GError) local = NULL;
  g_autofree char *value = NULL;

  if (row < 0)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s: unknown key \"%s\" in group [%s]", config->path, key, group);
      return FALSE;
    }
  value = g_key_file_get_string (file, group, key, &local);
  if (value == NULL)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s: [%s] %s: %s", config->path, group, key, local->message);
      return FALSE;
    }
  if (!set_value (config, (guint) row, g_strchomp (value)))
    {
      /* An address may have a password in it. */
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s: [%s] %s: \"%s\" is not valid; expected: %s", config->path,
                   group, key, strchr (value, '@') != NULL ? "..." : value, rows[row].key.values);
      return FALSE;
    }
  return TRUE;
}

static gboolean
read_groups (FlooConfig *config, GKeyFile *file, GError **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (guint g = 0; groups[g] != NULL; g++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (file, groups[g], NULL, NULL);

      if (!known_group (groups[g]))
        {
          g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s: unknown group [%s]", config->path, groups[g]);
          return FALSE;
        }
      for (guint k = 0; keys[k] != NULL; k++)
        if (!read_key (config, file, groups[g], keys[k], error))
          return FALSE;
    }
  return TRUE;
}

static gboolean
read_file (FlooConfig *config, gboolean must_exist, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;
  gsize len, mark = 0;

  if (g_file_get_contents (config->path, &text, &len, &local))
    {
      if (g_str_has_prefix (text, BYTE_ORDER_MARK)) /* which some editors put there invisibly */
        mark = strlen (BYTE_ORDER_MARK);
      /* Translations are kept to be refused: there are none. */
      if (g_key_file_load_from_data (file, text + mark, len - mark, G_KEY_FILE_KEEP_TRANSLATIONS, &local))
        return read_groups (config, file, error);
    }
  if (!must_exist && g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  if (local->domain == G_KEY_FILE_ERROR)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s: %s", config->path, local->message);
  else
    g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_FILE, local->message); /* which names the file */
  return FALSE;
}

/* An element of a bus name, and of a path. */
static gboolean
valid_instance (const char *name)
{
  gsize len = strlen (name);

  return len > 0 && len <= MAX_INSTANCE && !g_ascii_isdigit (name[0])
         && strspn (name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-") == len;
}

static char *
instance_dir (const char *base, const char *instance)
{
  return instance != NULL ? g_build_filename (base, FLOO_DIR_NAME, "instances", instance, NULL)
                          : g_build_filename (base, FLOO_DIR_NAME, NULL);
}

FlooConfig *
floo_config_load (const char *instance, const char *path, const char *data_dir, GError **error)
{
  g_autoptr (FlooConfig) config = g_new0 (FlooConfig, 1);

  if (instance != NULL && !valid_instance (instance))
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS,
                   "\"%s\" is not a valid instance name: at most %d letters, digits, \"_\" and \"-\", not beginning with a digit", instance,
                   MAX_INSTANCE);
      return NULL;
    }
  config->instance = g_strdup (instance);
  if (path != NULL)
    config->path = g_canonicalize_filename (path, NULL);
  else
    {
      g_autofree char *name = instance != NULL ? g_strdup_printf ("flooimd-%s.conf", instance) : g_strdup ("flooimd.conf");

      config->path = g_build_filename (g_get_user_config_dir (), FLOO_DIR_NAME, name, NULL);
    }
  config->data_dir = data_dir != NULL ? g_canonicalize_filename (data_dir, NULL) : instance_dir (g_get_user_data_dir (), instance);
  config->cache_dir = instance_dir (g_get_user_cache_dir (), instance);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gboolean valid = set_value (config, i, rows[i].key.fallback);

      g_assert (valid);
    }
  if (!read_file (config, path != NULL, error))
    return NULL;
  return g_steal_pointer (&config);
}

void
floo_config_free (FlooConfig *config)
{
  g_free (config->instance);
  g_free (config->path);
  g_free (config->data_dir);
  g_free (config->cache_dir);
  g_free (config->app_id);
  g_free (config->dns_server);
  g_free (config->discovery_source);
  g_free (config->rest_url);
  g_free (config->socket_url);
  if (config->proxy != NULL)
    explicit_bzero (config->proxy, strlen (config->proxy));
  g_free (config->proxy);
  g_free (config->ca_file);
  g_free (config->os_type);
  g_free (config->device_info);
  g_free (config->private_hosts);
  g_free (config->secrets_backend);
  g_free (config);
}
