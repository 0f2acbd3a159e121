#!/usr/bin/env bash
# Makes an archive of the gateway with install.sh and uninstall.sh, for systems without Debian's packages: the same bytes from the same source.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/lib.sh
. "$root/deploy/lib.sh"

usage() {
  cat <<'TEXT'
build-tarball.sh [--arch amd64|arm64|armhf] [--framework-dependent]

Writes gateway-VERSION-ARCH.tar.xz into the folder that it is called in.
  --arch                  the processor; default: this machine's
  --framework-dependent   without the .NET runtime, which is to be installed beside it then
TEXT
}

parse "$@"
prepare
name=gateway-$version-$arch
lay_out "$work/$name/files"
install -m 755 "$root"/deploy/package/{install,uninstall}.sh "$work/$name/"
(cd "$work/$name/files" && find . ! -type d -printf '/%P\n' | LC_ALL=C sort) >"$work/$name/manifest"
# One thread, and the level: newer versions of xz take more threads by themselves, which gives other bytes.
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -c "$name" | xz -6 -T1 >"$name.tar.xz"
echo "$name.tar.xz: $(($(stat -c %s "$name.tar.xz") / 1000000)) MB"
