#!/bin/sh
# Installs the gateway as a systemd service, or a newer version over an older one. Configuration that is there already is kept.
set -eu
cd "$(dirname "$0")"
[ "$(id -u)" = 0 ] || { echo "install.sh: run this as root" >&2; exit 1; }
command -v systemctl >/dev/null || { echo "install.sh: systemd is needed; without it, unpack files/ and run 'gateway run' by other means" >&2; exit 1; }

is_update=false
[ ! -e /usr/lib/gateway/gateway ] || is_update=true
kept=
[ ! -e /etc/gateway/gateway.yaml ] || kept=--exclude=./etc/gateway/gateway.yaml
# Unlinked first: what runs keeps the files that it has open.
tar -C files -cf - $kept . | tar -C / --no-same-owner --unlink-first -xf -
systemd-sysusers gateway.conf
systemd-tmpfiles --create gateway.conf
/usr/lib/gateway/link-newer-systemd
systemctl daemon-reload
udevadm control --reload 2>/dev/null || true
udevadm trigger --subsystem-match=gpio --subsystem-match=i2c-dev --subsystem-match=spidev --subsystem-match=w1 --subsystem-match=leds --subsystem-match=pwm --subsystem-match=usb-serial 2>/dev/null || true
udevadm settle --timeout=10 2>/dev/null || true
systemd-modules-load 2>/dev/null || /usr/lib/systemd/systemd-modules-load 2>/dev/null || true

if $is_update && ! runuser -u gateway -- gateway check; then
  echo "install.sh: this version does not accept the configuration (see above). The service still runs as it was; mend the files, then: systemctl restart gateway" >&2
  exit 1
fi
systemctl enable gateway
systemctl restart gateway
echo "The gateway runs. Maps go to /etc/gateway/devicemaps; what it made of them: gateway status"
