# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Sourced by scripts that run as root in somebody's checkout: what they build
# shall belong to the owner of the checkout, not to root. Does nothing when
# root owns it, and never touches .git.

owner_uid=$(stat -c %u .)
owner_gid=$(stat -c %g .)

# Runs a command as the owner.
as_owner() {
	local home groups=--clear-groups
	if [ "$(id -u)" -ne 0 ] || [ "$owner_uid" -eq 0 ]; then
		"$@"
		return
	fi
	home=$(getent passwd "$owner_uid" | cut -d: -f6) && groups=--init-groups
	HOME=${home:-/} setpriv --reuid "$owner_uid" --regid "$owner_gid" "$groups" "$@"
}

# Gives files that root made here to the owner.
give_back() {
	[ "$(id -u)" -eq 0 ] && [ "$owner_uid" -ne 0 ] || return 0
	find . -xdev -path ./.git -prune -o -user 0 -exec chown -h "$owner_uid:$owner_gid" {} +
}
