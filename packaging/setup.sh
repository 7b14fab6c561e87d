# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# setup.sh: what the scripts of this folder share; they source it. It names the packages of Debian 12 and installs those that are missing.

# The tests and examples need the python3 that python3-gi belongs to.
readonly PYTHON=/usr/bin/python3

# Building the daemon.
readonly BUILD_PACKAGES=(
  build-essential meson ninja-build pkg-config
  libglib2.0-dev libsoup-3.0-dev libjson-glib-dev libprotobuf-c-dev protobuf-c-compiler libsqlite3-dev zlib1g-dev libsecret-1-dev
  libqrencode-dev
)
# Running it, and the example clients, on a private bus.
readonly RUN_PACKAGES=(
  libglib2.0-bin dbus dbus-daemon python3 python3-gi gir1.2-glib-2.0 curl
)
# What only the tests need.
readonly TEST_PACKAGES=(
  aspell aspell-en clang clang-format libclang-rt-dev valgrind systemd man-db groff-base ca-certificates openssl cron fish jq zsh libgdk-pixbuf-2.0-dev
  xdg-dbus-proxy gnome-keyring zbar-tools python3-sphinx python3-myst-parser furo libgtk-4-dev xvfb
  dunst fonts-wqy-microhei python3-dasbus qtbase5-dev-tools qt6-base-dev-tools
)

die ()
{
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

section ()
{
  printf '\n== %s\n' "$*"
}

is_installed ()
{
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root ()
{
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "these packages have to be installed as root: ${missing[*]}"
  fi
}

# install_packages PACKAGE...: installs those that are not installed yet
install_packages ()
{
  local package
  local -a missing=()

  command -v apt-get >/dev/null || die "this script installs packages of Debian 12 or its kin; elsewhere install them, then use meson (see README.md)"
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  section "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet update </dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends install "${missing[@]}" </dev/null
}

# configure FOLDER OPTION...: makes the build folder, or gives an existing one the options; meson is heard only when it fails
configure ()
{
  local folder=$1 output

  shift
  if [ -e "$folder/build.ninja" ]; then
    set -- meson configure "$folder" "$@"
  else
    set -- meson setup "$folder" "$SOURCE" "$@"
  fi
  output=$("$@" 2>&1) || { printf '%s\n' "$output" >&2; return 1; }
}
