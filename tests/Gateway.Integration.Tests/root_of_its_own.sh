# Sourced by a script that then goes on in a root of its own: this machine's, over which everything that is written goes to memory.
# The script is called so: unshare --mount --net sh SCRIPT NAME=FOLDER…, and finds each folder as /NAME. Nobody is systemd there: programs like
# systemctl are stand-ins, which write down what they are asked for.
# shellcheck shell=sh
set -eu

if [ "${IN_A_ROOT_OF_ITS_OWN:-}" != yes ]; then
  space=$(mktemp -d)
  mount -t tmpfs none "$space"
  mkdir "$space/written" "$space/work" "$space/root"
  mount -t overlay -o "lowerdir=/,upperdir=$space/written,workdir=$space/work" none "$space/root"
  mkdir "$space/root/stand-ins"
  for folder in "$@"; do
    mkdir "$space/root/${folder%%=*}"
    mount --bind "${folder#*=}" "$space/root/${folder%%=*}"
  done
  for folder in /dev /proc; do mount --rbind "$folder" "$space/root$folder"; done
  cp "$0" "$space/root/this.sh"
  cp "$(dirname "$0")/root_of_its_own.sh" "$space/root/"
  # This machine may have one of its own, and forbid that packages start services.
  for path in /usr/lib/gateway /usr/share/gateway /usr/bin/gateway /etc/gateway /var/lib/gateway /usr/sbin/policy-rc.d; do rm -rf "$space/root$path"; done
  ip link set lo up
  code=0
  IN_A_ROOT_OF_ITS_OWN=yes PATH=/stand-ins:/usr/sbin:/usr/bin:/sbin:/bin chroot "$space/root" sh /this.sh || code=$?
  umount --lazy "$space"
  rmdir "$space"
  exit "$code"
fi

stand_in() { # stand_in PROGRAM <TEXT
  { echo '#!/bin/sh'; cat; } >"/stand-ins/$1"
  chmod 755 "/stand-ins/$1"
}
fail() {
  echo "$*" >&2
  [ ! -e /log ] || sed 's/^/the gateway said: /' /log >&2
  exit 1
}
equal() { [ "$2" = "$3" ] || fail "$1 is '$2', and should be '$3'"; }
called() { grep -qxF -- "$*" /calls || fail "nobody called $*, but: $(cat /calls)"; }
not_called() { ! grep -qF -- "$*" /calls || fail "somebody called $*"; }
told() { grep -qF -- "$*" /told || fail "nobody was told '$*', but: $(cat /told)"; }
rights() { stat -c '%a %U:%G' "$1"; }
