#!/usr/bin/env bash
# Makes a Debian package of the gateway: the same bytes from the same source.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/lib.sh
. "$root/deploy/lib.sh"

usage() {
  cat <<'TEXT'
build-deb.sh [--arch amd64|arm64|armhf] [--framework-dependent]

Writes gateway_VERSION_ARCH.deb into the folder that it is called in.
  --arch                  the processor; default: this machine's
  --framework-dependent   without the .NET runtime, which is to be installed beside it then
TEXT
}

parse "$@"
prepare
tree=$work/tree
debian=$root/deploy/debian
lay_out "$tree"

install -d "$tree/DEBIAN"
install -m 755 "$debian"/{postinst,prerm,postrm} "$tree/DEBIAN/"
install -m 644 "$debian/triggers" "$tree/DEBIAN/"
echo /etc/gateway/gateway.yaml >"$tree/DEBIAN/conffiles"
doc=$tree/usr/share/doc/gateway
install -D -m 644 "$debian/lintian-overrides" "$tree/usr/share/lintian/overrides/gateway"
{
  printf 'gateway (%s) stable; urgency=medium\n\n  * Built from source; the history is in the repository.\n\n' "$version"
  printf ' -- %s  %s\n' "${DEBFULLNAME:-Gateway} <${DEBEMAIL:-gateway@localhost.localdomain}>" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >"$doc/changelog.gz"
if $self_contained; then
  depends='libc6 (>= 2.31), libgcc-s1, libstdc++6, libssl3t64 | libssl3 | libssl1.1'
  recommends='systemd, udev'
else
  # Not in Debian's archive, and often not from a package at all: gateway itself says where it looks for it.
  depends='libc6 (>= 2.31)'
  recommends='systemd, udev, aspnetcore-runtime-10.0'
fi
cat >"$tree/DEBIAN/control" <<TEXT
Package: gateway
Version: $version
Architecture: $arch
Maintainer: ${DEBFULLNAME:-Gateway} <${DEBEMAIL:-gateway@localhost.localdomain}>
Section: net
Priority: optional
Installed-Size: $(find "$tree" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d", (sum + 1023) / 1024 }')
Depends: $depends, ca-certificates, init-system-helpers (>= 1.52), systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles
Recommends: $recommends
Description: turns wired hardware into MQTT
 Polls sensors over GPIO, I2C, SPI, 1-Wire, serial lines and Modbus, maps
 what they say to topics by files that are edited by hand, and publishes it
 through an MQTT client of its own. While the broker is away readings wait
 in a durable queue, and a local broker serves whoever is on site.
TEXT
(cd "$tree" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$tree" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
package=gateway_${version}_$arch.deb
dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" >/dev/null
echo "$package: $(($(stat -c %s "$package") / 1000000)) MB"
