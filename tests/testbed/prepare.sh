# Makes the guest: Debian 12's kernel, three modules beside it, a root file system with systemd. Sourced by run and package.
# shellcheck shell=bash
# shellcheck disable=SC2154 # here and cache are theirs
# Everything is kept in $cache and made once; nothing is installed on the machine but what run asks for.

debian=${GATEWAY_TESTBED_DEBIAN:-bookworm} # the root file system's; there may be several side by side
root=root-$debian

# shellcheck disable=SC2016 # apt fills it in
mirror() { apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1; } # the one that this machine's apt uses

fetch() { # fetch PACKAGE…: its file, from the mirror
  local package
  mkdir -p "$cache/packages"
  for package in "$@"; do
    compgen -G "$cache/packages/${package}_*.deb" >/dev/null || (cd "$cache/packages" && timeout 300 apt-get -qq download "$package")
  done
}

unpack() { # unpack FOLDER PACKAGE…
  local folder=$1 package
  shift
  mkdir -p "$folder"
  fetch "$@"
  for package in "$@"; do dpkg-deb -x "$cache"/packages/"$package"_*.deb "$folder"; done
}

make_tools() {
  timeout 120 apt-get -qq update
  unpack tools busybox-static cpio kmod mmdebstrap libmodbus5 libmodbus-dev libmosquitto1 libmosquitto-dev
  ln -sf "$cache/tools/bin/kmod" tools/depmod
  ln -sf "$cache/tools/bin/kmod" tools/modprobe
}

make_kernel() {
  local version abi
  version=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: linux-image-//p' | head -n 1) # such as 6.1.0-42-amd64
  abi=${version%-amd64}
  unpack kernel "linux-image-$version"
  unpack headers "linux-headers-$version" "linux-headers-$abi-common" linux-kbuild-6.1 linux-compiler-gcc-12-x86
  sed -i "s#include /usr/src/#include $cache/headers/usr/src/#" "headers/usr/src/linux-headers-$version/Makefile"
  echo "$version" >version
}

make_modules() {
  local version
  version=$(cat version)
  rm -rf modules
  mkdir modules
  cp "$here"/kernel/{Makefile,gwsim.c} modules/
  fetch linux-source-6.1
  # dpkg-deb, not tar, complains when tar has all it wants and stops reading.
  { dpkg-deb --fsys-tarfile packages/linux-source-6.1_*.deb 2>/dev/null || true; } | tar -xO --occurrence=1 ./usr/src/linux-source-6.1.tar.xz |
    tar -xJ --occurrence=1 --strip-components=1 -C modules linux-source-6.1/drivers/gpio/gpio-sim.c linux-source-6.1/drivers/gpio/gpiolib.h linux-source-6.1/kernel/irq/irq_sim.c linux-source-6.1/drivers/i2c/muxes/i2c-mux-pca954x.c || true
  mv modules/drivers/gpio/gpio-sim.c modules/gpio_sim.c
  mv modules/drivers/gpio/gpiolib.h modules/kernel/irq/irq_sim.c modules/drivers/i2c/muxes/i2c-mux-pca954x.c modules/
  # What the simulator calls is not exported to modules; this says the same.
  sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' modules/irq_sim.c
  make -C "headers/usr/src/linux-headers-$version" M="$cache/modules" modules
  strip -g modules/*.ko
}

make_root() { # below an overlay in the guest: runs never change it
  rm -rf "$root"
  PATH=$cache/tools/usr/bin:$PATH timeout 900 mmdebstrap --mode=root --variant=minbase --aptopt='APT::Sandbox::User "root"' \
    --hook-dir="$cache/tools/usr/share/mmdebstrap/hooks/merged-usr" \
    --include=systemd,systemd-sysv,dbus,udev,kmod,procps,i2c-tools,gpiod,mosquitto,mosquitto-clients,python3-minimal,python3-paho-mqtt,libmodbus5,libstdc++6,zlib1g,ca-certificates,sudo,sqlite3,xz-utils \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$debian" "$root" "$(mirror)"
  : >"$root/etc/machine-id"
  echo '127.0.0.1 localhost' >"$root/etc/hosts" # Debian's installer writes it
}

modules_with_needs() { # modules_with_needs MODULE…: files of the kernel's package, each after what it needs
  local module
  for module in "$@"; do tools/modprobe -d "$cache/kernel" -S "$(cat version)" --show-depends "$module"; done | awk '/^insmod/ && !seen[$2]++ { print $2 }'
}

make_image() { # the guest's modules into its root file system, and a small initial one that mounts it
  local version file number=10
  version=$(cat version)
  tools/depmod -b "$cache/kernel" "$version"
  rm -rf "$root/lib/modules/$version" initial
  mkdir -p "$root/lib/modules/$version/extra" initial/{bin,proc,sys,dev,modules,lower,upper,new}
  modules_with_needs autofs4 configfs i2c-dev i2c-stub i2c-mux lm75 bmp280-i2c sht3x w1_therm |
    while read -r file; do install -D -m 644 "$file" "$root/${file#"$cache/kernel/"}"; done
  cp kernel/lib/modules/"$version"/modules.{builtin,builtin.modinfo,order} "$root/lib/modules/$version/"
  cp modules/*.ko "$root/lib/modules/$version/extra/"
  tools/depmod -b "$cache/$root" "$version"
  cp "$here"/guest/testbed.{service,target} "$root/etc/systemd/system/"
  cp tools/bin/busybox initial/bin/
  ln -s busybox initial/bin/sh
  install -m 755 "$here/guest/init" initial/init
  modules_with_needs virtio_pci virtio_blk virtio_net ext4 crc32c_generic 9p 9pnet_virtio overlay |
    while read -r file; do cp "$file" "initial/modules/$number-$(basename "$file")"; number=$((number + 1)); done
  (cd initial && find . | ../tools/bin/cpio -o -H newc 2>/dev/null | gzip -1 >../initial.gz)
}

once() { # once NAME[-DEBIAN] FILE…: makes a part unless it was made this very way from these very files
  local part=$1 name=${1%%-*} stamp start=$SECONDS
  shift
  stamp=$({ declare -f "make_$name"; cat /dev/null "$@"; } | sha256sum)
  [ "$(cat "made/$part" 2>/dev/null)" = "$stamp" ] && return
  mkdir -p made log
  (set -e; "make_$name") >"log/$part" 2>&1 || { tail -n 20 "log/$part"; echo "The guest's $part could not be made; log/$part in $cache has the rest."; return 1; }
  echo "$stamp" >"made/$part"
  echo "made $part in $((SECONDS - start)) s"
}

prepare() {
  mkdir -p "$cache"
  cd "$cache" || return 1
  once tools && once kernel && once modules "$here"/kernel/* && once "$root" && once "image-$debian" "$here"/kernel/* made/{kernel,modules,"$root"} "$here"/guest/{init,testbed.service,testbed.target}
}

needs() { # needs PACKAGE…: fails unless all are installed and this is root
  local package
  [ "$(id -u)" = 0 ] || fail "The guest's root file system can only be made by root; run this as root."
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || fail "The test bed needs $package: apt-get install $*"
  done
}

fail() {
  echo "$1"
  echo "0 passed, 1 failed"
  exit 1
}

# shellcheck disable=SC2054 # qemu's commas
boot() { # boot PARAMETERS [ARGUMENT…]: runs the guest to its end, with these for its kernel and these for qemu; the console goes to log/console, too
  local parameters=$1 processor=(-accel tcg,thread=multi -smp 2)
  shift
  [ "${GATEWAY_TESTBED_CLOCK:-}" != instructions ] || processor=(-accel tcg,thread=single -icount shift=0,sleep=off -smp 1)
  rm -f "$cache/serial" "$cache/share/result"
  # COM2 and COM3 are one cable: /dev/ttyS1 and /dev/ttyS2. Without -smap qemu 7.2 stops .NET at a return to user mode.
  nice -n "${GATEWAY_TESTBED_NICE:-5}" timeout "${GATEWAY_TESTBED_TIMEOUT:-3600}" qemu-system-x86_64 -M q35 "${processor[@]}" -cpu max,-smap -m 2048 \
    -nodefaults -nographic -no-reboot -serial stdio \
    -chardev socket,id=a,path="$cache/serial",server=on,wait=off -serial chardev:a -chardev socket,id=b,path="$cache/serial" -serial chardev:b \
    -kernel "$cache/kernel/boot/vmlinuz-$(cat "$cache/version")" -initrd "$cache/initial.gz" \
    -virtfs local,path="$cache/$root",mount_tag=root,security_model=passthrough,readonly=on,multidevs=remap \
    -virtfs local,path="$cache/share",mount_tag=share,security_model=passthrough,multidevs=remap "$@" \
    -append "console=ttyS0 panic=-1 quiet mitigations=off systemd.show_status=0 $parameters" </dev/null |
    sed -u 's/\x1b\[[0-9;?]*[a-zA-Z]//g; s/\x1bc//g; s/\r$//' | tee -a "$cache/log/console"
  [ -f "$cache/share/result" ] || echo "FAILED the guest ended before its checks did" | tee -a "$cache/log/console"
}

tell() { # the last line, counted from log/console
  local passed failed
  # A prompt of the console may stand before the first.
  passed=$(grep -cE '^(.* login: )?ok ' "$cache/log/console")
  failed=$(grep -cE '^(.* login: )?FAILED ' "$cache/log/console")
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
