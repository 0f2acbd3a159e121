# What build-deb.sh and build-tarball.sh share; sourced.
# shellcheck shell=bash
: "${root:?the folder of the repository}"

fail() {
  echo "$(basename "$0"): $1" >&2
  exit 1
}

# parse ARGUMENT…: sets arch and self_contained
parse() {
  arch=$(dpkg --print-architecture 2>/dev/null || echo amd64)
  self_contained=true
  while [ $# -gt 0 ]; do
    case $1 in
      --arch) arch=${2:-}; shift ;;
      --framework-dependent) self_contained=false ;;
      --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  case $arch in
    amd64) rid=linux-x64 ;;
    arm64) rid=linux-arm64 ;;
    armhf) rid=linux-arm ;;
    *) fail "'$arch' is none of amd64, arm64, armhf" ;;
  esac
}

# prepare: sets version, work and SOURCE_DATE_EPOCH; same source, same bytes
prepare() {
  version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$root/Directory.Build.props")
  [ -n "$version" ] || fail "Directory.Build.props names no version"
  if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    if [ -e "$root/.git" ]; then
      SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct) || fail "git cannot read the history of $root (see above), which the files take their time from; mend that, or set SOURCE_DATE_EPOCH"
    else
      SOURCE_DATE_EPOCH=$(stat -c %Y "$root/Directory.Build.props")
    fi
  fi
  export SOURCE_DATE_EPOCH
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  umask 022
}

# publish FOLDER: the program, compiled ahead and with its runtime where that can be had
publish() {
  local to=$1 log=$work/publish.log
  # Where it was built would show in names that the compiler makes.
  local options=(-c Release -o "$to" --artifacts-path "$work/artifacts" "-p:PathMap=$work/=/_build/%2C$root/=/_/" -p:ContinuousIntegrationBuild=true -p:DebugType=none -p:DebugSymbols=false -v minimal -nologo)
  if $self_contained; then
    dotnet publish "$root/src/Gateway" -r "$rid" --self-contained "${options[@]}" >"$log" 2>&1 || {
      grep -m 3 -E 'error' "$log" >&2
      grep -qE 'NU1101|NU1102|NETSDK1(045|082|094|112)' "$log" &&
        fail "the .NET runtime for $arch cannot be restored here. Build where it can be, or add --framework-dependent: that package needs the runtime installed."
      fail "the gateway could not be built"
    }
  else
    dotnet publish "$root/src/Gateway" --self-contained false -p:UseAppHost=false "${options[@]}" >"$log" 2>&1 || { grep -m 3 error "$log" >&2; fail "the gateway could not be built"; }
    find "$to/runtimes" -mindepth 1 -maxdepth 1 ! -name "$rid" -exec rm -rf {} +
    cp "$root/deploy/package/gateway-by-runtime" "$to/gateway"
  fi
  if grep -q 'built without charts' "$log"; then
    echo "$(basename "$0"): the page of this package has no charts, since npm is not at hand or could not fetch them; install npm (apt install npm), and build again" >&2
  fi
  # For debuggers and tracers, which bring their own.
  rm -f "$to"/libmscordbi.so "$to"/libmscordaccore.so "$to"/libcoreclrtraceptprovider.so "$to"/createdump "$to"/*.pdb
  # The contract's own documentation is for the editors of those who write drivers.
  find "$to" -maxdepth 1 -name '*.xml' ! -name Gateway.Abstractions.xml -delete
  find "$to" -type f -exec chmod 644 {} +
  chmod 755 "$to/gateway"
}

# lay_out FOLDER: everything where it is installed, below FOLDER
lay_out() {
  local to=$1 package=$root/deploy/package shell
  publish "$to/usr/lib/gateway"
  install -d "$to"/usr/{bin,share/gateway,share/man/man1} "$to"/etc/gateway/devicemaps/library
  ln -s ../lib/gateway/gateway "$to/usr/bin/gateway"
  mv "$to/usr/lib/gateway/devicemaps" "$to/usr/share/gateway/devicemaps"
  install -D -m 644 "$package/gateway.service" "$to/usr/lib/systemd/system/gateway.service"
  install -D -m 644 "$package/gateway.socket" "$to/usr/lib/systemd/system/gateway.socket"
  install -D -m 644 "$package/newer-systemd.conf" "$to/usr/share/gateway/newer-systemd.conf"
  install -m 755 "$package/link-newer-systemd" "$package/check-as-service" "$to/usr/lib/gateway/"
  install -D -m 644 "$package/sysusers.conf" "$to/usr/lib/sysusers.d/gateway.conf"
  install -D -m 644 "$package/tmpfiles.conf" "$to/usr/lib/tmpfiles.d/gateway.conf"
  install -D -m 644 "$package/modules.conf" "$to/usr/lib/modules-load.d/gateway.conf"
  install -D -m 644 "$package/60-gateway.rules" "$to/usr/lib/udev/rules.d/60-gateway.rules"
  install -D -m 644 "$root/deploy/debian/copyright" "$to/usr/share/doc/gateway/copyright"
  install -D -m 644 "$package/gateway.yaml" "$to/etc/gateway/gateway.yaml"
  # Another processor's program cannot be asked; this machine's says the same.
  local gateway=$to/usr/lib/gateway/gateway
  $self_contained || gateway="dotnet $to/usr/lib/gateway/gateway.dll"
  $gateway --version >/dev/null 2>&1 || gateway="dotnet run --project $root/src/Gateway --"
  $gateway manual >"$work/gateway.1"
  gzip -9n <"$work/gateway.1" >"$to/usr/share/man/man1/gateway.1.gz"
  for shell in bash-completion/completions/gateway:bash zsh/vendor-completions/_gateway:zsh fish/vendor_completions.d/gateway.fish:fish; do
    install -d "$to/usr/share/$(dirname "${shell%:*}")"
    $gateway completion "${shell#*:}" >"$to/usr/share/${shell%:*}"
  done
  find "$to" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}
