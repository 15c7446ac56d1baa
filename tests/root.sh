# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# tests/fresh and tests/packages source this file, after need.sh and
# lab/apt.sh. It makes minimal roots of Debian and runs commands in them.
#
# That needs root, because /proc and /dev are mounted in a root. The mounts are in
# a namespace of their own, which ends with the command, so that an interrupted
# run leaves none.

# open_roots: makes $tmp, where the roots will be. It is removed when the script
# ends.
open_roots() {
	[ "$(id -u)" -eq 0 ] ||
		die "this must be root: it makes mounts and chroots"
	need mmdebstrap debian-archive-keyring git util-linux
	apt_mirror=$(mirror)
	[ -n "$apt_mirror" ] || die "no Debian mirror in this machine's apt"
	tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/libhtab-fresh.XXXXXX")
	inside=
	# The mounts are not in this namespace. The option is for a caller who
	# has mounted something there.
	trap 'rm -rf --one-file-system "$tmp"' EXIT
	trap '[ -z "$inside" ] || kill -KILL "$inside"; die interrupted' \
		HUP INT TERM
}

# new_root NAME SUITE: makes the root $tmp/NAME, with apt.
new_root() {
	root=$tmp/$1
	# shellcheck disable=SC2154 # lab/apt.sh sets $keyring
	mmdebstrap --quiet --variant=minbase --components=main "$2" "$root" \
		"deb [signed-by=$keyring] $apt_mirror $2 main" >&2 || return
	cp -L /etc/resolv.conf "$root/etc/" || return
	apt-config dump --format '%f "%v";%n' Acquire::http::Proxy \
		Acquire::https::Proxy >"$root/etc/apt/apt.conf.d/90proxy"
}

# enter NAME COMMAND...: runs a command in /libhtab of the root. An interrupt
# kills unshare, which kills all that runs inside. A shell makes commands in the
# background ignore interrupts, and tests would inherit that.
enter() {
	root=$tmp/$1
	shift
	# shellcheck disable=SC2016 # the shell inside expands them
	env -i --default-signal=INT,QUIT PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LANG=C.UTF-8 ${HTAB_SEED:+"HTAB_SEED=$HTAB_SEED"} \
		${HTAB_KERNELS:+HTAB_KERNELS=/kernels} \
		unshare --mount --pid --fork --kill-child sh -c '
			mount -t proc proc "$0/proc" &&
			mount --rbind /dev "$0/dev" &&
			exec chroot "$0" sh -c "cd /libhtab && exec \"\$@\"" \
				sh "$@"' "$root" "$@" &
	inside=$!
	status=0
	wait "$inside" || status=$?
	inside=
	return "$status"
}

# try NAME COMMAND...: runs a command and adds a line to the table.
try() {
	name=$1
	shift
	say "== $name: $*"
	start=$(date +%s)
	result=passed
	enter "$name" "$@" || result=FAILED
	printf '%-10s %s  %5d s  %s\n' "$name" $result \
		$(($(date +%s) - start)) "$*" >>"$tmp/table"
}
