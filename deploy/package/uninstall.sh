#!/bin/sh
# Removes what install.sh put there. Configuration and state stay, unless --purge is given.
set -eu
cd "$(dirname "$0")"
[ "$(id -u)" = 0 ] || { echo "uninstall.sh: run this as root" >&2; exit 1; }
case ${1:-} in
  '' | --purge) ;;
  *) echo "uninstall.sh [--purge]" >&2; exit 2 ;;
esac

systemctl disable --now gateway.socket gateway.service 2>/dev/null || true
# Gone already, if it was removed before and is purged now.
[ ! -x /usr/lib/gateway/link-newer-systemd ] || /usr/lib/gateway/link-newer-systemd remove
# What was installed may be of another version than this, or of two.
for list in manifest /usr/share/gateway/manifest /usr/share/gateway/manifest.begun; do
  [ -e "$list" ] || continue
  while read -r file; do
    case $file in /etc/*) ;; *) rm -f "$file" ;; esac
  done <"$list"
done
rm -rf /usr/lib/gateway /usr/share/gateway
rmdir /usr/share/doc/gateway 2>/dev/null || true
systemctl daemon-reload
if [ "${1:-}" = --purge ]; then
  for folder in /etc/gateway /var/lib/gateway; do
    # Of a link only the link goes; of a disk that is mounted there what is in it, and the mount stays.
    if [ -L "$folder" ]; then rm -f "$folder"; fi
    if [ -d "$folder" ]; then find "$folder" -mindepth 1 -delete || true; fi
    rmdir "$folder" 2>/dev/null || true
  done
else
  echo "Configuration and state are kept: /etc/gateway, /var/lib/gateway"
fi
