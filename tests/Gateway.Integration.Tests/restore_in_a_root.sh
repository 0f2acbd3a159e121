#!/bin/sh
# Backs up, restores, moves and goes back with the commands of deploy/README.md, as they stand there, in a root of its own: the real gateway, its real
# files, and logs that a kill has left. Is called so: unshare --mount --net sh restore_in_a_root.sh archive=FOLDER documents=FOLDER, with the folder of
# install.sh, and that of README.md.
# shellcheck source=tests/Gateway.Integration.Tests/root_of_its_own.sh
. "$(dirname "$0")/root_of_its_own.sh"

for program in udevadm systemd-modules-load; do echo : | stand_in $program; done
stand_in sudo <<'TEXT'
if [ "$1" = -u ]; then
  user=$2
  shift 2
  exec runuser -u "$user" -- "$@"
fi
exec "$@"
TEXT
# The service is started as a process of its user, and stopped as systemd does it; of the socket is written down what is asked for.
stand_in systemctl <<'TEXT'
for unit in "$@"; do :; done
case "$*" in
  --version) echo 'systemd 252 (stand-in)' ;;
  *is-enabled*) grep -qxF "$unit" /enabled ;;
  *is-active*) [ -s /process ] ;;
  *MainPID*) cat /process ;;
  *daemon-reload) ;;
  'enable --now gateway.socket') echo gateway.socket >>/enabled; echo start gateway.socket >>/calls ;;
  'enable gateway') echo gateway >>/enabled ;;
  'start gateway.socket') echo start gateway.socket >>/calls ;;
  'stop gateway.socket gateway' | 'disable --now gateway.socket gateway'*)
    [ "$1" = stop ] || : >/enabled
    if [ -s /process ]; then
      kill "$(cat /process)" 2>/dev/null || true
      while [ -d "/proc/$(cat /process)" ]; do sleep 0.1; done
      : >/process
    fi
    ;;
  'start gateway' | 'restart gateway')
    echo start gateway >>/calls
    [ ! -s /process ] || exit 0
    : >/log
    setpriv --reuid gateway --regid gateway --init-groups setsid sh -c 'umask 0027; gateway run & echo $! >&3' >/log 2>&1 3>/process
    ;;
  *) echo "the stand-in for systemctl does not know: $*" >&2; exit 1 ;;
esac
TEXT

# block HEADING NUMBER: the lines of a block below a heading of the guide, counted from 1
block() {
  awk -v heading="$1" -v number="$2" '
    /^#+ [A-Z]/ { is_below = $0 ~ "^#+ " heading "$" }
    /^```$/ { is_block = 0 }
    is_below && is_block && n == number { print; found = 1 }
    is_below && /^```sh$/ { is_block = 1; n++ }
    END { exit !found }' /documents/README.md || fail "the guide has no block $2 below '$1'"
}
does() { # does TEXT: as root, in a folder that everybody may read, with the umask that root has
  : >/calls
  (cd /home/ann && umask 022 && sh -ec "$1") >/told 2>&1 || fail "this failed: $1: $(cat /told)"
}
# comes COMMAND…: waits until it succeeds, while the gateway runs; for the minute at most within which counts are written, and as long again
comes() {
  tries=600
  until "$@"; do
    [ -d "/proc/$(cat /process)" ] || fail "the gateway ended before this: $*"
    tries=$((tries - 1))
    [ $tries -gt 0 ] || fail "this did not come: $*"
    sleep 0.2
  done
}
logged() { grep -q "$1" /log; }
runs() { comes logged 'The page is on'; }
killed() { # as by the kernel that is out of memory, with systemctl stop in the pause before the next start
  kill -9 "$(cat /process)"
  while [ -d "/proc/$(cat /process)" ]; do sleep 0.1; done
  : >/process
}
note() { # note [TEXT]: tells the local broker, which keeps it; or says what it keeps
  if [ -n "${1:-}" ]; then gateway pub -r -q 1 -t note -m "$1"; else gateway sub -t note -C 1; fi
}
data=/var/lib/gateway
total() { sqlite3 "$1/points.db" "SELECT value FROM value WHERE key = 'total'"; } # total FOLDER: what it has of the turns
is_kept() { [ "$(sqlite3 $data/broker.db "SELECT count(*) FROM retained WHERE topic = 'note' AND instr(hex(packet), hex('$1')) > 0")" = 1 ]; }
waiting() { runuser -u gateway -- gateway queue export | grep -o '"id":"[^"]*"'; }
still_waits() { # still_waits IDS
  waiting | sort >/waits
  [ "$(echo "$1" | wc -l)" -gt 1 ] || fail 'nothing waited'
  lost=$(echo "$1" | sort | comm -23 - /waits)
  equal 'what does not wait any more' "$lost" ''
}
said() { grep -o "\`$1[^\`]*\`" /documents/README.md | head -n 1 | tr -d '\`' | grep . || fail "the guide has no command '$1'"; } # within its text
counted() { gateway sub -t plant1/attic/count -C 1 | grep -o '"value":[0-9]*' | cut -d: -f2; }
trap 'if [ -s /process ]; then kill -9 "$(cat /process)" 2>/dev/null || true; fi' EXIT

: >/process
: >/enabled
mkdir -p /home/ann
/archive/install.sh >/told 2>&1 || fail "install.sh failed: $(cat /told)"
systemctl stop gateway.socket gateway
cat >/etc/gateway/gateway.yaml <<'TEXT'
site: plant1
uplink: { url: "mqtt://127.0.0.1:18839", password-file: uplink.password, username: plant1 }
queue: { max-loss: none }
TEXT
install -g gateway -m 640 /dev/null /etc/gateway/uplink.password
echo correct-horse-3-batteries >/etc/gateway/uplink.password
# Each turn adds ten to what points.db keeps.
cat >/etc/gateway/devicemaps/attic.yaml <<'TEXT'
bus: { simulated: true }
devices: [{ name: attic, every: 100 ms, points: { count: { simulate: "steps(0, 4, 8, 1 s)", roll-over: 10 } } }]
TEXT
chgrp gateway /etc/gateway/devicemaps/attic.yaml

# A backup is for root alone, whatever was there before: in it are passwords.
systemctl start gateway
runs
note 'of the backup'
counts() { [ "$(counted)" -ge 10 ]; }
comes counts
install -m 644 /dev/null /home/ann/gateway-backup.tar.gz
does "$(block 'Backup, and another machine' 1)"
called start gateway
not_called gateway.socket
runs
equal 'the backup' "$(rights /home/ann/gateway-backup.tar.gz)" '600 root:root'
tar -xOf /home/ann/gateway-backup.tar.gz var/lib/gateway/points.db >/points.db
kept=$(sqlite3 /points.db "SELECT value FROM value WHERE key = 'total'")

# The service is killed, and its logs are left. Over one of them a file of the backup would be what the log says.
note 'of later'
grew() { [ "$(total $data)" -ge $((kept + 100)) ]; }
comes is_kept 'of later'
comes grew
killed
cp -R $data /single # whoever opens a file last empties its log
later=$(total /single)
cp $data/points.db-wal /single/
cp /points.db /single/points.db
[ "$(total /single)" != "$kept" ] || fail 'the log that was left says nothing, and this shows nothing'
for file in points.db broker.db; do [ -s $data/$file-wal ] || fail "no log was left beside $file"; done
waits=$(waiting)
count=$(cat $data/queue/boot)

# Restored by the guide, what is there is the backup's, but for what waits.
does "$(block Restoring 1)"
called start gateway
runs
equal 'the note' "$(note)" 'of the backup'
counts=$(counted)
if [ "$counts" -lt "$kept" ] || [ "$counts" -ge "$later" ]; then fail "the count is $counts, of $kept in the backup, and $later when the service was killed"; fi
still_waits "$waits"
equal 'the number of starts' "$(cat $data/queue/boot)" $((count + 1))
equal 'files of others' "$(find $data ! -user gateway -o ! -group gateway)" ''
equal "$data" "$(rights $data)" '750 gateway:gateway'
equal 'the password' "$(rights /etc/gateway/uplink.password)" '640 root:gateway'
equal 'what was there before' "$(rights $data.before)" '700 root:root'

# As long as that is there nothing is touched by another try.
running=$(cat /process)
! (does "$(block Restoring 1)") 2>/dev/null || fail 'it went on'
kill -0 "$running" || fail 'the service was stopped'
rm -r $data.before

# The same with copies that were made while it ran.
does "$(block 'Backup, and another machine' 2)"
note 'of after the copies'
comes is_kept 'of after the copies'
killed
does "$(block Restoring 1 | sed "/^tar -t/d; s#^tar .*#$(said 'cp -p /var/backups')#")"
runs
equal 'the note' "$(note)" 'of the backup'
equal 'files of others' "$(find $data ! -user gateway -o ! -group gateway)" ''
rm -r $data.before

# For good back to a version that does not know the files: as in the backup, and no number of a start is given twice.
note 'of the version before'
comes is_kept 'of the version before'
does "$(block 'Backup, and another machine' 1)"
runs
systemctl stop gateway.socket gateway
for file in queue/queue.db points.db broker.db; do sqlite3 $data/$file 'PRAGMA user_version = 99; PRAGMA application_id = 0x67776363' >/dev/null; done
echo 4711 >$data/queue/boot
systemctl start gateway
runs
comes logged 'was written by a newer gateway'
does "$(block 'To go on for good with the old version' 1)"
runs
! logged 'newer gateway' || fail 'files of the newer version are still there'
equal 'the note' "$(note)" 'of the version before'
tar -C / -xf /home/ann/gateway-backup.tar.gz --one-top-level=/unpacked var/lib/gateway
still_waits "$(gateway queue export --data /unpacked/var/lib/gateway | grep -o '"id":"[^"]*"')"
[ "$(cat $data/queue/boot)" -gt 4711 ] || fail "the number of starts is $(cat $data/queue/boot)"
rm -r $data.newer

# On another machine it goes on, the socket of systemd too.
echo gateway.socket >>/enabled
does "$(said 'sudo systemctl disable --now gateway.socket gateway')
$(block 'Backup, and another machine' 1 | grep -E '^sudo (install|tar) ')"
waits=$(waiting)
count=$(cat $data/queue/boot)
/archive/uninstall.sh --purge >/told 2>&1 || fail "uninstall.sh failed: $(cat /told)"
/archive/install.sh >/told 2>&1 || fail "install.sh failed: $(cat /told)"
does "$(block 'Another machine' 1)"
does "$(said 'sudo systemctl enable --now gateway.socket')
$(said 'sudo systemctl start gateway')"
equal 'what was started' "$(tr '\n' ' ' </calls)" 'start gateway.socket start gateway '
runs
equal 'the note' "$(note)" 'of the version before'
still_waits "$waits"
equal 'the number of starts' "$(cat $data/queue/boot)" $((count + 1))
equal 'the password' "$(rights /etc/gateway/uplink.password)" '640 root:gateway'
systemctl stop gateway.socket gateway
