#!/bin/sh
# Installs the gateway as a systemd service, or a newer version over an older one. Configuration that is there already is kept.
set -eu
cd "$(dirname "$0")"
[ "$(id -u)" = 0 ] || { echo "install.sh: run this as root" >&2; exit 1; }
command -v systemctl >/dev/null || { echo "install.sh: systemd is needed; without it, unpack files/ and run 'gateway run' by other means" >&2; exit 1; }

installed=/usr/share/gateway/manifest # the last thing that an installation writes
begun=$installed.begun                # the first, and gone at the end: what may be there, of every version since the last that came to its end
is_update=false
if [ -e $installed ] || systemctl --quiet is-active gateway || systemctl --quiet is-enabled gateway 2>/dev/null; then is_update=true; fi
if [ "$(systemctl is-enabled gateway 2>/dev/null)" = masked ]; then
  echo "install.sh: gateway.service is masked, as a removed Debian package leaves it; nothing was changed. Say: systemctl unmask gateway.service gateway.socket" >&2
  exit 1
fi
umask 022
new=/usr/lib/gateway.new
rm -rf "$new"
trap 'rm -rf "$new"' EXIT
cp -R --preserve=mode,timestamps files "$new"
(cd files && find . -type d) | while read -r folder; do mkdir -p "/$folder"; done
# Renamed over the old ones: what runs keeps those that it has open, and never finds half of one.
cat manifest $installed $begun 2>/dev/null | sort -u >$begun.new
mv -f $begun.new $begun
while read -r file; do
  if [ "$file" != /etc/gateway/gateway.yaml ] || [ ! -e "$file" ]; then
    mv -f "$new$file" "$file"
  fi
done <manifest
# What only versions before had.
while read -r file; do
  case $file in /etc/*) continue ;; esac
  grep -qxF "$file" manifest || rm -f "$file"
done <$begun
systemd-sysusers gateway.conf
systemd-tmpfiles --create gateway.conf
/usr/lib/gateway/link-newer-systemd
systemctl daemon-reload
udevadm control --reload 2>/dev/null || true
udevadm trigger --subsystem-match=gpio --subsystem-match=i2c-dev --subsystem-match=spidev --subsystem-match=w1 --subsystem-match=leds --subsystem-match=pwm --subsystem-match=usb-serial 2>/dev/null || true
udevadm settle --timeout=10 2>/dev/null || true
systemd-modules-load 2>/dev/null || /usr/lib/systemd/systemd-modules-load 2>/dev/null || true

if $is_update && ! /usr/lib/gateway/check-as-service; then
  if systemctl --quiet is-active gateway; then
    echo "install.sh: this version does not accept the configuration (see above). The old one still runs, but its files are gone: mend the configuration soon, then: systemctl restart gateway" >&2
    exit 1
  fi
  echo "install.sh: this version does not accept the configuration (see above). The service starts, and polls nothing unless it has kept an earlier one that this version accepts; mend the files, it takes them up by itself" >&2
fi
install -m 644 manifest $installed
rm -f $begun
if ! $is_update; then
  systemctl enable gateway
elif ! systemctl --quiet is-enabled gateway && ! systemctl --quiet is-active gateway; then
  echo "The gateway is installed, and switched off as it was: systemctl enable --now gateway"
  exit
fi
systemctl restart gateway
echo "The gateway runs. Maps go to /etc/gateway/devicemaps; what it made of them: gateway status"
