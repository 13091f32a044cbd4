# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Sourced by scripts/vm: the file system that a guest starts from, an initramfs
# without compression: the host's own tools with their libraries, python3, and
# what was built here. So a guest needs no disk, no package and no network.

: "${cache:?is set by scripts/vm}"

guest_tools='bash sh env awk sed grep find xargs diff cmp ps sysctl pgrep kill ip ss tcpdump
tmux sqlite3 python3 mount umount unshare setpriv nsenter kmod modprobe insmod bpftool
getent stty ldd tput clear reset'

# Missing in a kernel without being built in: then the test that wants it says so.
guest_modules='tun veth dummy tcp_bbr af_packet inet_diag tcp_diag udp_diag unix_diag
af_packet_diag netlink_diag'

# A file and, if it is a program or a library, the libraries that it needs.
guest_add() { # FILE...
	local file
	for file in "$@"; do
		mkdir -p "$guest$(dirname "$file")" && cp -pLn "$file" "$guest$file" || return 1
	done
	ldd "$@" 2>/dev/null | grep -oE '/[^ ():]+' | sort -u | while read -r file; do
		[ -e "$guest$file" ] && continue
		mkdir -p "$guest$(dirname "$file")" && cp -pL "$file" "$guest$file" || return 1
	done
}

guest_add_tools() {
	local PATH=/usr/sbin:/usr/bin:/sbin:/bin name files=()
	for name in $guest_tools; do
		name=$(type -P "$name") && files+=("$name")
	done
	mapfile -O "${#files[@]}" -t files < <(dpkg -L coreutils | grep -E '/s?bin/.')
	guest_add "${files[@]}"
}

guest_add_python() {
	local library
	library=$(/usr/bin/python3 -c 'import os; print(os.path.dirname(os.__file__))') || return 1
	mkdir -p "$guest$library"
	tar -C "$library" --exclude=./test --exclude=./idlelib --exclude=./lib2to3 \
		--exclude=./ensurepip --exclude='./config-*' --exclude=./pydoc_data \
		--exclude=./tkinter --exclude=./turtledemo --exclude=./dist-packages \
		--exclude=./site-packages -c . | tar -C "$guest$library" -x || return 1
	guest_add "$library"/lib-dynload/*.so
}

guest_add_settings() {
	local dir
	printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' \
		'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin' >"$guest/etc/passwd"
	printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' >"$guest/etc/group"
	echo 'root:*:1::::::' >"$guest/etc/shadow"
	echo '127.0.0.1 localhost guest' >"$guest/etc/hosts"
	echo 'passwd: files' >"$guest/etc/nsswitch.conf"
	for dir in /lib/terminfo /usr/share/terminfo /usr/lib/locale/C.utf8; do
		[ -d "$dir" ] || continue
		mkdir -p "$guest$dir" && cp -rLn "$dir/." "$guest$dir" || return 1
	done
}

guest_add_project() {
	local at=$guest/tcpwatch
	mkdir -p "$at/build/tests" "$at/tests"
	cp -r tcpwatch experiments scripts "$at" &&
		cp -r tests/live tests/vm "$at/tests" &&
		cp -r build/tests/live "$at/build/tests" &&
		guest_add "$PWD/tcpwatch" && rm -rf "${guest:?}/$PWD" &&
		cp tests/vm/init "$guest/init"
}

# The part that is the same for every kernel.
guest_make() { # FILE
	local guest=${work:?}/guest
	rm -rf "$guest"
	mkdir -p "$guest"/{proc,sys,dev,tmp,run,root,etc,var/tmp,usr/{bin,sbin,lib,lib64}} || return 1
	ln -s usr/bin usr/sbin usr/lib usr/lib64 "$guest"
	guest_add_tools && guest_add_python && guest_add_settings && guest_add_project &&
		guest_pack "$guest" >"$1" && rm -rf "$guest"
}

guest_pack() { # DIRECTORY
	(cd "$1" && find . -print0 | cpio --quiet --null --create --format=newc --owner=+0:+0)
}

# Copies a module and those it depends on: depmod looked them up.
guest_add_module() { # NAME
	local file
	while read -r _ file _; do
		mkdir -p "$guest$(dirname "${file#"$modules_at"}")" &&
			cp "$file" "$guest${file#"$modules_at"}" || return 1
	done < <(modprobe -d "$modules_at" -S "$release" --show-depends "$1" 2>/dev/null |
		grep ^insmod)
}

# The part of one kernel: its modules, and what to run.
guest_make_kernel() { # KERNEL FILE SUITE PREFIX...
	local guest=${work:?}/guest modules_at=${work:?}/modules release name at
	release=$(fetched_release "$1")
	at=lib/modules/$release
	rm -rf "$guest" "$modules_at"
	mkdir -p "$guest/usr/$at" "$guest/etc" "$modules_at/lib/modules" || return 1
	ln -s usr/lib "$guest/lib"
	cp -r "$cache/kernels/$1/modules" "$modules_at/$at" && depmod -b "$modules_at" "$release" ||
		return 1
	for name in $guest_modules; do
		guest_add_module "$name" || return 1
	done
	cp "$modules_at/$at"/modules.{builtin*,order} "$guest/$at" &&
		depmod -b "$guest" "$release" || return 1
	echo "${*:3}" >"$guest/etc/vm-suite"
	rm "$guest/lib"
	guest_pack "$guest" >"$2" && rm -rf "$guest" "$modules_at"
}
