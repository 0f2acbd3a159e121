#!/bin/sh
# Lives with the Debian package in a root of its own, by the real dpkg and Debian's real deb-systemd-helper and -invoke: what tests/testbed/package
# does not come to. Is called so: unshare --mount --net sh packages_in_a_root.sh packages=FOLDER, with this.deb in it, and room for others.
# shellcheck source=tests/Gateway.Integration.Tests/root_of_its_own.sh
. "$(dirname "$0")/root_of_its_own.sh"

for program in udevadm systemd-modules-load; do echo : | stand_in $program; done
# What concerns links and groups is done; what would need systemd to run is written down. /active has the units that run.
# dpkg and its script are killed, once, by the first call that is like the line in /kill-at.
for program in systemctl systemd-sysusers; do
  { echo "program=$program"; cat <<'TEXT'; } | stand_in $program
if [ -s /kill-at ] && echo "$program $*" | grep -qf /kill-at; then
  : >/kill-at
  kill -9 "$(cat /dpkg)" "$PPID"
  exit
fi
[ $program = systemctl ] || exec /usr/bin/$program "$@"
for unit in "$@"; do :; done
case " $* " in
  *' --version '*) echo "systemd $(cat /version) (stand-in)" ;;
  *' is-active '*) grep -qxF "$unit" /active ;;
  *' MainPID '*) echo 0 ;;
  *' daemon-reload '*) echo daemon-reload >>/calls ;;
  *' restart systemd-modules-load.service '*) ;;
  *' start '* | *' restart '*)
    [ "$(SYSTEMD_OFFLINE=1 /usr/bin/systemctl is-enabled "$unit" 2>/dev/null)" != masked ] || exit 1
    echo "start $unit" >>/calls
    # systemd gives no socket to a service that runs.
    if [ "$unit" = gateway.socket ] && grep -qx gateway.service /active; then exit 1; fi
    echo "$unit" >>/active
    ;;
  *' stop '*)
    echo "stop $unit" >>/calls
    : >/active
    ;;
  *) SYSTEMD_OFFLINE=1 exec /usr/bin/systemctl "$@" ;;
esac
TEXT
done

# deb EXIT_CODE ARGUMENT…: calls dpkg, which is answered by /answers; what it says is in /told
deb() {
  expected=$1
  shift
  : >/calls
  code=0
  # shellcheck disable=SC2016 # its own number
  sh -c 'echo $$ >/dpkg; exec dpkg --force-unsafe-io --no-triggers "$@"' dpkg "$@" </answers >/told 2>&1 || code=$?
  [ "$code" = "$expected" ] || fail "dpkg $* ends with $code: $(cat /told)"
}
purged() { # nothing is left
  for path in /etc/gateway /var/lib/gateway /usr/lib/gateway /usr/share/gateway; do [ ! -e $path ] || fail "$path was not purged"; done
  equal 'what is left of units' "$(find /etc/systemd/system /var/lib/systemd -name '*gateway*')" ''
}
enabled() { equal "whether $1 is enabled" "$(systemctl is-enabled "$1" 2>/dev/null)" "$2"; }
status() { equal 'the state of the package' "$(dpkg-query -W -f '${Version} ${db:Status-Status}' gateway)" "$1"; }
once() { equal "how often $* was called" "$(grep -cxF -- "$*" /calls)" 1; }
switch() { # switch disabled|masked|on: as somebody does it by hand
  case $1 in
    disabled) systemctl disable gateway.service ;;
    masked) systemctl mask gateway.service ;;
    on) systemctl unmask gateway.service && systemctl enable gateway.service ;;
  esac >/told 2>&1 || fail "systemctl: $(cat /told)"
  if [ "$1" = on ]; then echo gateway.service; fi >/active
}
# another NAME TEXT [FILE]: a package of another version, with another configuration, and perhaps a file
another() {
  echo "$2" >/tree/etc/gateway/gateway.yaml
  sed -i "s/^Version: [^+]*\$/&+$1/; s/^\(Version: .*\)+.*/\1+$1/" /tree/DEBIAN/control
  echo "$1" >/tree/usr/share/gateway/name
  [ -z "${3:-}" ] || install -D /dev/null "/tree$3"
  dpkg-deb --root-owner-group -Znone --build /tree "/packages/$1.deb" >/dev/null
}

dpkg-deb --raw-extract /packages/this.deb /tree
version=$(dpkg-deb --field /packages/this.deb Version)
another next 'site: next'
another wrong 'sight: wrong'
another unusable 'site: unusable' /usr/bin/env
rm -r /tree
this=/packages/this.deb next=/packages/next.deb
configuration=/etc/gateway/gateway.yaml
mkdir -p /run/systemd/system
: >/active
echo >/answers
: >/kill-at
echo 257 >/version
newer=/etc/systemd/system/gateway.service.d/10-newer-systemd.conf

# For the first time; and from a version to the next, with a configuration that nobody changed.
deb 0 --install $this
once start gateway.service
enabled gateway.service enabled
enabled gateway.socket disabled
equal "$configuration" "$(rights $configuration)" '640 root:gateway'
[ -L $newer ] || fail 'systemd 257 did not get its part'
deb 0 --install $next
once start gateway.service
equal 'the configuration' "$(cat $configuration)" 'site: next'
equal "$configuration" "$(rights $configuration)" '640 root:gateway'

# Disabled or masked, it stays so, over an upgrade, and over a removal; what is wrong is told without saying that it starts. Disabled, but started by hand, it goes on.
echo "site: mine" >$configuration
echo 'bus: { simulated: true }
devices: [{ name: attic, evry: 1 s }]' >/etc/gateway/devicemaps/attic.yaml
for way in disabled masked; do
  switch $way
  deb 0 --install $this
  not_called start
  enabled gateway.service $way
  told evry
  told 'stays switched off'
  deb 0 --remove gateway
  deb 0 --install $next
  not_called start
  enabled gateway.service $way
  [ $way = masked ] || enabled gateway.socket disabled
done
switch on
switch disabled
echo >/etc/gateway/devicemaps/attic.yaml
echo gateway.service >/active
deb 0 --install $this
once start gateway.service
enabled gateway.service disabled

# Masked while it runs, it goes on as it is, and whoever upgrades is told.
switch on
echo gateway.service >/active
systemctl mask gateway.service >/told 2>&1
deb 0 --install $next
not_called start
not_called stop
told 'gateway.service is masked'
equal 'what runs' "$(cat /active)" gateway.service
switch on
deb 0 --install $this

# Removed while it is unpacked and not configured yet, so that dpkg asks no prerm, what runs of the version before is stopped all the same.
deb 0 --unpack $next
deb 0 --remove gateway
once stop gateway.service
equal 'what runs' "$(cat /active)" ''
[ ! -L $newer ] || fail 'a part of the unit was left'
deb 0 --install $this
once start gateway.service

# Removed and installed again: what was there is kept, and service and socket are on as before. A systemd that knows neither is no obstacle.
switch on
systemctl enable gateway.socket >/told 2>&1
echo gateway.socket >>/active
echo counts >/var/lib/gateway/state
chown gateway: /var/lib/gateway/state
state() { stat -c '%n %a %U:%G' /etc/gateway /etc/gateway/devicemaps $configuration /var/lib/gateway /var/lib/gateway/state; cat $configuration /var/lib/gateway/state; }
kept=$(state)
deb 0 --remove gateway
equal 'what runs' "$(cat /active)" ''
equal 'what was there' "$(state)" "$kept"
enabled gateway.service masked
[ ! -L $newer ] || fail 'a part of the unit was left'
deb 0 --install $this
equal 'what was there' "$(state)" "$kept"
equal 'what was started' "$(grep start /calls | tr '\n' ' ')" 'start gateway.socket start gateway.service '
enabled gateway.service enabled
enabled gateway.socket enabled
[ -L $newer ] || fail 'systemd 257 did not get its part'

# The question about the configuration is answered Y: what comes is checked before the service is switched to it; what was there is kept beside it. Enter keeps it.
echo Y >/answers
deb 0 --install /packages/wrong.deb
equal 'the configuration' "$(cat $configuration)" 'sight: wrong'
equal 'the configuration of before' "$(cat $configuration.dpkg-old) $(rights $configuration.dpkg-old)" 'site: mine 640 root:gateway'
not_called start
told sight
told 'mend the configuration soon'
mv $configuration.dpkg-old $configuration
deb 0 --install $next
once start gateway.service
equal 'the configuration' "$(cat $configuration)" 'site: next'
mv $configuration.dpkg-old $configuration
echo >/answers
deb 0 --install $this
equal 'the configuration' "$(cat $configuration)" 'site: mine'
equal 'the configuration beside it' "$(rights $configuration.dpkg-dist)" '640 root:gateway'

# dpkg is killed between two versions: while it unpacks, after it has unpacked, and while it configures. The service is switched by the one that goes on.
echo 'systemctl .*daemon-reload' >/kill-at
deb 137 --install $next
not_called start
status "$version half-installed"
deb 0 --install $next
once start gateway.service
status "$version+next installed"
deb 0 --unpack $this
not_called start
deb 0 --configure --pending
once start gateway.service
echo 'systemd-sysusers ' >/kill-at
deb 137 --install $next
status "$version+next half-configured"
not_called start
deb 0 --configure --pending
once start gateway.service
equal 'the configuration' "$(cat $configuration)" 'site: mine'

# A version that cannot be unpacked leaves the one that is there, which goes on; one whose own script fails is replaced.
deb 1 --install /packages/unusable.deb
told "trying to overwrite '/usr/bin/env'"
status "$version+next installed"
equal 'the version' "$(cat /usr/share/gateway/name)" next
not_called start
not_called stop
equal 'the last call' "$(tail -n 1 /calls)" daemon-reload
echo 'exit 1' >>/var/lib/dpkg/info/gateway.prerm
deb 0 --install $this
once start gateway.service
status "$version installed"

# A removal that is broken off after the service was stopped starts it again.
echo 'exit 1' >>/var/lib/dpkg/info/gateway.prerm
deb 1 --remove gateway
status "$version installed"
equal 'what was started' "$(grep start /calls | tr '\n' ' ')" 'start gateway.socket start gateway.service '
[ -L $newer ] || fail 'systemd 257 was left without its part'

# Purged, nothing stays.
sed -i '$d' /var/lib/dpkg/info/gateway.prerm
deb 0 --purge gateway
purged

# Over an archive's installation of another version that runs: its configuration is kept, what only it had goes, and so a purge leaves nothing.
mkdir -p /archive
dpkg-deb --extract $this /archive
for way in on disabled masked; do
  cp -R /archive/etc/gateway /etc/
  cp -R /archive/usr/lib/gateway /archive/usr/lib/systemd /usr/lib/
  mkdir -p /usr/share/gateway
  echo 'site: mine' >$configuration
  (cd /archive && find . -type f -printf '/%P\n') >/usr/share/gateway/manifest
  for file in /usr/lib/gateway/needless.dll /usr/lib/udev/rules.d/61-needless.rules; do
    touch $file
    echo $file >>/usr/share/gateway/manifest
  done
  echo /usr/lib/gateway/never-there.dll >/usr/share/gateway/manifest.begun
  switch on
  [ $way = on ] || switch $way
  deb 0 --install $next
  if [ $way = on ]; then once start gateway.service; else not_called start; fi
  enabled gateway.service "$(echo $way | sed s/^on$/enabled/)"
  equal 'the configuration' "$(cat $configuration)" 'site: mine'
  equal 'the version' "$(cat /usr/share/gateway/name)" next
  for file in /usr/lib/gateway/needless.dll /usr/lib/udev/rules.d/61-needless.rules; do [ ! -e $file ] || fail "what only the archive had is still there: $file"; done
  [ -x /usr/lib/gateway/gateway ] || fail 'the program is not there'
  # What was masked by hand is unmasked by hand, and the archive's link to start it goes so.
  switch on
  [ $way != masked ] || switch disabled
  deb 0 --purge gateway
  purged
done
