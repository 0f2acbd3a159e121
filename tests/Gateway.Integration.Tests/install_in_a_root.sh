#!/bin/sh
# Installs, updates and removes the gateway from an unpacked archive, and calls the Debian package's scripts, in a root of its own. Is called so:
# unshare --mount --net sh install_in_a_root.sh archive=FOLDER debian=FOLDER, with the folder of install.sh, and that of the scripts.
# shellcheck source=tests/Gateway.Integration.Tests/root_of_its_own.sh
. "$(dirname "$0")/root_of_its_own.sh"

for program in udevadm systemd-modules-load deb-systemd-helper deb-systemd-invoke; do
  echo "echo $program \"\$@\" >>/calls" | stand_in $program
done
stand_in systemctl <<'TEXT'
case "$*" in
  --version) echo "systemd $(cat /version) (stand-in)" ;;
  *is-enabled*) cat /enabled; grep -qx enabled /enabled ;;
  *is-active*) [ -s /process ] ;;
  *MainPID*) cat /process ;;
  *) echo systemctl "$@" >>/calls ;;
esac
TEXT

# installs EXIT_CODE: what it says is in /told
installs() {
  : >/calls
  code=0
  /archive/install.sh >/told 2>&1 || code=$?
  [ "$code" = "$1" ] || fail "install.sh ends with $code: $(cat /told)"
}
folders() { stat -c '%n %a %u:%g' / /etc /usr /usr/bin /usr/lib /usr/share /usr/lib/systemd/system; }

# The archive of another version is this one with other files, in memory.
mkdir /other
mount -t tmpfs none /other
mkdir /other/written /other/work
mount -t overlay -o lowerdir=/archive,upperdir=/other/written,workdir=/other/work none /archive

: >/process
echo 252 >/version
echo disabled >/enabled
before=$(folders)

# For the first time.
installs 0
called systemctl enable gateway
called systemctl restart gateway
echo enabled >/enabled
equal 'the folders of the system' "$(folders)" "$before"
for folder in /etc/gateway /etc/gateway/devicemaps /etc/gateway/devicemaps/library; do
  equal "$folder" "$(rights $folder)" '2750 root:gateway'
done
equal gateway.yaml "$(rights /etc/gateway/gateway.yaml)" '640 root:gateway'
equal /var/lib/gateway "$(rights /var/lib/gateway)" '750 gateway:gateway'
equal 'the program' "$(rights /usr/lib/gateway/gateway)" '755 root:root'
gateway --version >/dev/null
while read -r file; do [ -e "$file" ] || fail "$file was not installed"; done </archive/manifest

# It runs, with a password that only the service has: the configuration is refused without it.
cat >/etc/gateway/gateway.yaml <<'TEXT'
site: bed
uplink: { url: "mqtt://127.0.0.1:18839", username: bed, authentication: scram-sha-256 }
TEXT
echo 'bus: { simulated: true }
devices: [{ name: attic, every: 1 s, points: { count: { simulate: "counter(0, 2)" } } }]' >/etc/gateway/devicemaps/attic.yaml
chgrp gateway /etc/gateway/devicemaps/attic.yaml
install -d -o gateway -m 500 /credentials
install -o gateway -m 400 /dev/null /credentials/uplink.password
echo hidden >/credentials/uplink.password
! runuser -u gateway -- gateway check >/told 2>&1 || fail 'a configuration without its password was accepted'
CREDENTIALS_DIRECTORY=/credentials setpriv --reuid gateway --regid gateway --init-groups gateway run >/log 2>&1 &
running=$!
trap 'kill $running 2>/dev/null || true' EXIT
until grep -q 'The page is on' /log; do
  kill -0 "$running" || fail 'the gateway ended'
  sleep 0.1
done
echo "$running" >/process

# An update of it, over a version that had no socket and no check of its own, and a file that is no longer needed.
rm /usr/lib/systemd/system/gateway.socket /usr/lib/gateway/check-as-service
: >/usr/lib/gateway/needless.dll
echo /usr/lib/gateway/needless.dll >>/usr/share/gateway/manifest
chmod 700 /etc/gateway/devicemaps/library
echo counts >/var/lib/gateway/state
state() { cat /etc/gateway/gateway.yaml /var/lib/gateway/state; stat -c '%n %a %U' /var/lib/gateway /var/lib/gateway/queue; }
kept=$(state)
installs 0
called systemctl restart gateway
equal 'what was there' "$(state)" "$kept"
equal gateway.yaml "$(rights /etc/gateway/gateway.yaml)" '640 root:gateway'
equal 'the library' "$(rights /etc/gateway/devicemaps/library)" '2750 root:gateway'
[ -e /usr/lib/systemd/system/gateway.socket ] || fail 'the socket is not there'
[ ! -e /usr/lib/gateway/needless.dll ] || fail 'what only the version before had is still there'
[ ! -e /usr/share/gateway/manifest.begun ] || fail 'the list of what was begun is still there'
grep -q '/usr/lib/gateway/.*(deleted)$' "/proc/$running/maps" || fail 'the program that runs was written over'
kill -0 "$running" || fail 'the gateway ended'

# A map that is refused: what runs goes on; what does not run is started all the same, and takes the last good map. What only that version had, or
# one that was broken off, goes with the next.
sed -i s/every/evry/ /etc/gateway/devicemaps/attic.yaml
cp /archive/manifest /manifest
mkdir -p /archive/files/usr/lib/udev/rules.d
for rule in 61-refused 62-broken-off; do
  echo '# of this version alone' >/archive/files/usr/lib/udev/rules.d/$rule.rules
  echo /usr/lib/udev/rules.d/$rule.rules >>/archive/manifest
done
rm /archive/files/usr/lib/udev/rules.d/62-broken-off.rules
installs 1
told 62-broken-off
touch /usr/lib/udev/rules.d/62-broken-off.rules
sed -i /62-broken-off/d /archive/manifest
installs 1
not_called restart
told evry
told 'mend the configuration soon'
[ -e /usr/lib/udev/rules.d/61-refused.rules ] || fail 'the rule was not installed'
rm /archive/files/usr/lib/udev/rules.d/61-refused.rules
mv /manifest /archive/manifest
installs 1
for rule in 61-refused 62-broken-off; do [ ! -e /usr/lib/udev/rules.d/$rule.rules ] || fail "what only a version had that was refused or broken off is still there: $rule"; done
mkdir -p /run/systemd/system
: >/calls
sh /debian/postinst configure 0.1.0 >/told 2>&1 || fail "postinst failed: $(cat /told)"
not_called deb-systemd-invoke
kill "$running"
wait "$running" || true
: >/process
sh /debian/postinst configure 0.1.0 >/told 2>&1 || fail "postinst failed: $(cat /told)"
called deb-systemd-invoke start gateway.service
told evry
installs 0
called systemctl restart gateway

# Who has switched it off finds it so after an update; masked, it is left alone.
echo disabled >/enabled
installs 0
not_called systemctl enable
not_called systemctl restart
echo masked >/enabled
installs 1
told unmask
echo enabled >/enabled

# The part of the unit for newer versions of systemd comes with them, also where systemd does not run, and goes again.
newer=/etc/systemd/system/gateway.service.d/10-newer-systemd.conf
[ ! -L $newer ] || fail 'systemd 252 got what it does not know'
echo 257 >/version
sh /debian/postinst triggered /usr/lib/systemd/systemd
[ -e $newer ] || fail 'systemd 257 did not get its part'
rm $newer
rmdir /run/systemd/system
sh /debian/postinst configure 0.1.0
[ -e $newer ] || fail 'an image did not get the part for systemd 257'
echo 252 >/version
installs 0
[ ! -L $newer ] || fail 'systemd 252 was left with what it does not know'

# Removed, configuration and state stay; purged, nothing does, and a disk that is mounted there is empty. The archive may be another than was installed.
other=/usr/lib/udev/rules.d/63-other.rules
touch $other
echo $other >>/usr/share/gateway/manifest
/archive/uninstall.sh >/told 2>&1 || fail "uninstall.sh failed: $(cat /told)"
[ -e /etc/gateway/devicemaps/attic.yaml ] || fail 'configuration was removed'
[ -d /var/lib/gateway/queue ] || fail 'state was removed'
[ ! -e $other ] || fail 'what the archive does not have was not removed'
while read -r file; do
  case $file in /etc/*) continue ;; esac
  if [ -e "$file" ] || [ -L "$file" ]; then fail "$file was not removed"; fi
done </archive/manifest
for folder in /usr/lib/gateway /usr/share/gateway /usr/share/doc/gateway; do [ ! -e $folder ] || fail "$folder was not removed"; done
/archive/uninstall.sh --purge >/told 2>&1 || fail "uninstall.sh failed: $(cat /told)"
for folder in /etc/gateway /var/lib/gateway /usr/lib/gateway /usr/share/gateway; do [ ! -e $folder ] || fail "$folder was not purged"; done
purges() { # purges PROGRAM…: state is on a disk of its own
  mkdir -p /card /var/lib/gateway
  mount --bind /card /var/lib/gateway
  mkdir /card/queue
  "$@" >/told 2>&1 || fail "$* failed: $(cat /told)"
  equal 'what is left on the disk' "$(ls -A /card)" ''
  umount /var/lib/gateway
  rmdir /var/lib/gateway
}
purges sh /debian/postrm purge
installs 0
purges /archive/uninstall.sh --purge
