# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Sourced by scripts/vm: Debian's kernels, by series, from the archive that
# this machine's apt already uses. apt is given lists, a cache and a status
# file of its own, so the machine's stay as they are and nothing is installed.
# A kernel that can't be had sets $why, and is not an error of this script.
# shellcheck disable=SC2034

: "${cache:?is set by scripts/vm}"

# Where a series is looked for; the first suite that has it is taken.
suites_of() { # KERNEL
	case $1 in
	5.10) echo bullseye-security bullseye ;;
	6.1) echo bookworm-security bookworm ;;
	6.12) echo trixie-security trixie ;;
	newest) echo trixie-backports sid ;;
	*) echo trixie-backports sid trixie bookworm bullseye ;;
	esac
}

is_kernel_name() {
	[[ $1 =~ ^([0-9]+\.[0-9]+|newest)$ ]]
}

# The release that is here, or failure.
fetched_release() { # KERNEL
	cat "$cache/kernels/$1/release" 2>/dev/null
}

# The address of the archive that holds a suite, as the machine's apt has it.
mirror_of() { # SUITE
	local label=Debian
	case $1 in *-security) label=Debian-Security ;; esac
	apt-get indextargets --format "\$(REPO_URI)" "Label: $label" 2>/dev/null | head -n 1
}

# Sets apt_config, with the lists of one suite up to date.
open_suite() { # SUITE [ARCHITECTURE]
	local suite=$1 dir=$cache/apt/$1 keys=/usr/share/keyrings/debian-archive-keyring.gpg mirror
	mirror=$(mirror_of "$suite")
	if [ -z "$mirror" ]; then
		why="the lists of this machine's apt know no Debian archive: run apt-get update"
		return 1
	fi
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/parts" || return 1
	: >"$dir/status"
	[ -r "$keys" ] && keys=" [signed-by=$keys]" || keys=
	echo "deb$keys $mirror $suite main" >"$dir/sources.list"
	apt_config=$dir/apt.conf
	cat >"$apt_config" <<-END
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "$dir/parts";
		Dir::State::lists "$dir/lists";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir/cache";
		APT::Architecture "${2:-amd64}";
		APT::Architectures { "${2:-amd64}"; };
		Acquire::Languages "none";
		Acquire::Retries "2";
		APT::Sandbox::User "";
	END
	[ -e "$dir/updated-by-$$" ] && return
	if ! APT_CONFIG=$apt_config apt-get -qq update >"$dir/update.log" 2>&1; then
		why="apt can't read the suite $suite: $(tail -n 1 "$dir/update.log")"
		return 1
	fi
	rm -f "$dir"/updated-by-* && : >"$dir/updated-by-$$"
}

# Releases that the open suite has of a series, the newest first: an older one
# only because a mirror can list what it doesn't have yet.
releases_of() { # KERNEL
	local series='[0-9]+\.[0-9]+'
	[ "$1" = newest ] || series=${1/./\\.}
	APT_CONFIG=$apt_config apt-cache pkgnames linux-image- |
		sed -nE "s/^linux-image-(${series}[.+-].*cloud-amd64)\$/\1/p" | grep -v '~' | sort -rV | head -n 3
}

# From 6.19 on an image is in parts.
download() { # RELEASE
	local part names=()
	for part in image binary modules base; do
		names+=("linux-$part-$1")
	done
	mapfile -t names < <(APT_CONFIG=$apt_config apt-cache pkgnames linux- |
		grep -xF "$(printf '%s\n' "${names[@]}")")
	APT_CONFIG=$apt_config apt-get -q download "${names[@]}" >>download.log 2>&1
}

# Unpacks what was downloaded into the working directory: vmlinuz and modules/,
# which the packages have in two places.
unpack() { # RELEASE
	local package image dir
	for package in *.deb; do
		dpkg-deb -x "$package" root || return 1
	done
	image=$(find root -type f -name "*vmlinuz*" | head -n 1)
	[ -n "$image" ] && mv "$image" vmlinuz || return 1
	mkdir modules || return 1
	for dir in root/lib/modules/"$1" root/usr/lib/modules/"$1"; do
		[ ! -d "$dir" ] || cp -r "$dir/." modules || return 1
	done
	[ -e modules/modules.order ] && echo "$1" >release && rm -rf root ./*.deb
}

fetch_release() { # KERNEL RELEASE
	local new=$cache/new
	rm -rf "$new" && mkdir -p "$new" "$cache/kernels" || return 1
	(cd "$new" && download "$2" && unpack "$2") || return 1
	rm -rf "$cache/kernels/$1" && mv "$new" "$cache/kernels/$1"
}

# 0 when the kernel is here at the end; else $why.
fetch_kernel() { # KERNEL
	local suite release apt_config
	fetched_release "$1" >/dev/null && return
	if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
		why="Debian's kernels are fetched with apt-get, which is not here"
		return 1
	fi
	why="no suite has it"
	for suite in $(suites_of "$1"); do
		open_suite "$suite" || continue
		for release in $(releases_of "$1"); do
			echo "vm: fetching $release from $suite" >&2
			fetch_release "$1" "$release" && return
			why="$release can't be downloaded"
		done
	done
	return 1
}
