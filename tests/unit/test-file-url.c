/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which addresses of files are fetched, where they lead, and who gets the token. */
#include "base/error.h"
#include "net/storage/file-url.h"

static const char service[] = "https://s1.example.com";

static void
test_ours (void)
{
  static const struct {
    const char *service, *text, *result;
    gboolean ours;
  } cases[] = {
    { service, "https://s1.example.com/file?a=b", "https://s1.example.com/file?a=b", TRUE },
    { service, "HTTPS://S1.EXAMPLE.COM:443/file", "https://S1.EXAMPLE.COM/file", TRUE },
    { service, "http://s1.example.com/file", "http://s1.example.com/file", FALSE },        /* a weaker scheme */
    { service, "https://s1.example.com:8443/file", "https://s1.example.com:8443/file", FALSE },
    { service, "https://s1.example.com.evil.org/", "https://s1.example.com.evil.org/", FALSE },
    { service, "https://oss.example.org/x?sign=1", "https://oss.example.org/x?sign=1", FALSE },
    { service, "https://u1.maximtop.com.cn/file?a=b%20c", "https://s1.example.com/file?a=b%20c", TRUE },
    { service, "http://maximtop.cn/file", "https://s1.example.com/file", TRUE },
    { service, "https://evilmaximtop.cn/file", "https://evilmaximtop.cn/file", FALSE },
    { "http://127.0.0.1:8080", "http://127.0.0.1:9090/x", "http://127.0.0.1:9090/x", FALSE },
    { "http://localhost:8080", "http://127.0.0.1:9090/x", "http://127.0.0.1:9090/x", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean ours = !cases[i].ours;
      g_autoptr (GUri) uri = floo_file_url_resolve (cases[i].text, NULL, cases[i].service, &ours, &error);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      text = g_uri_to_string (uri);
      g_assert_cmpstr (text, ==, cases[i].result);
      g_assert_cmpint (ours, ==, cases[i].ours);
    }
}

static void
test_refused (void)
{
  static const char *const texts[] = {
    "", "x", "/x", "//host/x", "file:///etc/passwd", "ftp://example.org/", "http://", "http:///x", "https://user@example.org/",
    "https://u:p@s1.example.com/", "https://a b/", "https://a\\b/", "https://example.org/\r\nX: y", "https://[::1",
    "https://example.org:99999/",
  };
  g_autofree char *fill = g_strnfill (9000, 'a');
  g_autofree char *long_text = g_strconcat ("https://example.org/", fill, NULL);

  for (guint i = 0; i <= G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean ours;
      GUri *uri = floo_file_url_resolve (i < G_N_ELEMENTS (texts) ? texts[i] : long_text, NULL, service, &ours, &error);

      g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
      g_assert_null (uri);
    }
}

/* Hosts that a stranger must not make us connect to. */
static void
test_hosts (void)
{
  static const struct {
    const char *host;
    gboolean is_public;
  } cases[] = {
    { "127.0.0.1", FALSE }, { "127.255.255.255", FALSE }, { "126.255.255.255", TRUE }, { "128.0.0.1", TRUE },
    { "0.0.0.0", FALSE }, { "0.1.2.3", FALSE }, { "1.0.0.1", TRUE },
    { "10.0.0.1", FALSE }, { "10.255.255.255", FALSE }, { "9.255.255.255", TRUE }, { "11.0.0.0", TRUE },
    { "172.15.255.255", TRUE }, { "172.16.0.0", FALSE }, { "172.31.255.255", FALSE }, { "172.32.0.0", TRUE },
    { "192.167.255.255", TRUE }, { "192.168.0.0", FALSE }, { "192.168.255.255", FALSE }, { "192.169.0.0", TRUE },
    { "169.254.169.254", FALSE }, { "169.253.0.1", TRUE },
    { "100.63.255.255", TRUE }, { "100.64.0.0", FALSE }, { "100.100.100.200", FALSE }, { "100.127.255.255", FALSE },
    { "100.128.0.0", TRUE },
    { "192.0.0.192", FALSE }, { "192.0.1.1", TRUE },
    { "223.255.255.255", TRUE }, { "224.0.0.1", FALSE }, { "240.0.0.1", FALSE }, { "255.255.255.255", FALSE },
    { "8.8.8.8", TRUE }, { "198.18.0.1", TRUE },
    { "::", FALSE }, { "::1", FALSE }, { "::7f00:1", FALSE }, { "2001:4860:4860::8888", TRUE },
    { "fe80::1", FALSE }, { "fe80::1%25eth0", FALSE }, { "febf::1", FALSE }, { "fec0::1", FALSE },
    { "fc00::1", FALSE }, { "fdff:ffff::1", FALSE }, { "fbff::1", TRUE }, { "ff02::1", FALSE },
    { "::ffff:127.0.0.1", FALSE }, { "::ffff:10.0.0.1", FALSE }, { "::ffff:8.8.8.8", TRUE },
    { "64:ff9b::c0a8:1", FALSE }, { "64:ff9b::808:808", TRUE }, { "64:ff9b:1::808:808", FALSE },
    { "2002:7f00:1::1", FALSE }, { "2002:a00:1::1", FALSE }, { "2002:808:808::1", TRUE },
    { "localhost", FALSE }, { "LOCALHOST.", FALSE }, { "a.localhost", FALSE }, { "localhost.example.org", TRUE }, { "example.org", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (floo_file_host_is_public (cases[i].host) != cases[i].is_public)
      g_error ("%s is taken for %s", cases[i].host, cases[i].is_public ? "private" : "public");
}

static void
test_redirects (void)
{
  g_autoptr (GUri) secure = g_uri_parse ("https://oss.example.org/a/b?c", G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (GError) error = NULL;
  gboolean ours = TRUE;
  g_autoptr (GUri) relative = floo_file_url_resolve ("../d", secure, service, &ours, &error);
  g_autofree char *text = NULL;
  GUri *none;

  g_assert_no_error (error);
  text = g_uri_to_string (relative);
  g_assert_cmpstr (text, ==, "https://oss.example.org/d");
  g_assert_false (ours);
  none = floo_file_url_resolve ("http://oss.example.org/d", secure, service, &ours, &error);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  g_assert_null (none);
}

/* Our parameters replace those that somebody wrote there. */
static void
test_query (void)
{
  static const char *const query[] = { "access-token", "t&1", "app_id", "app", NULL };
  static const char *const cases[][2] = {
    { "https://h/x", "https://h/x?access-token=t%261&app_id=app" },
    { "https://h/x?a=b%26&c", "https://h/x?a=b%26&c&access-token=t%261&app_id=app" },
    { "https://h/x?access-token=other&a=1&app%5Fid=2", "https://h/x?a=1&access-token=t%261&app_id=app" },
    { "https://h/x?a=1#part", "https://h/x?a=1&access-token=t%261&app_id=app" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GUri) uri = g_uri_parse (cases[i][0], G_URI_FLAGS_ENCODED, NULL);
      g_autoptr (GUri) result = floo_file_url_with_query (uri, query);
      g_autofree char *text = g_uri_to_string (result);

      g_assert_cmpstr (text, ==, cases[i][1]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/file-url/ours", test_ours);
  g_test_add_func ("/net/file-url/refused", test_refused);
  g_test_add_func ("/net/file-url/hosts", test_hosts);
  g_test_add_func ("/net/file-url/redirects", test_redirects);
  g_test_add_func ("/net/file-url/query", test_query);
  return g_test_run ();
}
