#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fetch.sh [KERNEL...] puts the named kernels of the table, or all of them, into
# the cache for boot.py.
# fetch.sh --any prints the name of a kernel that is in the cache. If there is
# none, it fetches the first one of the table that it can.
# fetch.sh --busybox fetches only what boot.py --kernel needs.
#
# $cache/kernels/NAME/ has vmlinux, kvm.ko, kvm-hv.ko, a static busybox, and
# version. The directory appears in one step, and is used as long as it exists.
# Remove it to get a newer kernel.
#
# For the kernels of the directory $HTAB_KERNELS, boot.py needs only the busybox
# of the cache.
#
# The exit status is 0 only if all these kernels are there. Without arguments,
# those that the table calls "reported" do not count.

# shellcheck disable=SC2317 # in_turn calls functions by their names
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=apt.sh
. "$here/apt.sh"

table() {
	awk -v name="$1" -v column="$2" \
		'$1 == "kernel" && (name == "" || $2 == name) { print $column }' \
		"$here/table"
}

suites() {
	awk -v name="$1" '$1 == "kernel" && $2 == name {
		for (i = 5; i <= NF && $i != "on"; i++)
			print $i
	}' "$here/table"
}

directory_kernels() {
	[ -n "${HTAB_KERNELS:-}" ] || return 0
	for image in "$HTAB_KERNELS"/vmlinux-*.xz; do
		image=${image##*/vmlinux-}
		echo "${image%.xz}"
	done
}

in_directory() {
	[ -e "${HTAB_KERNELS:-/nonexistent}/vmlinux-$1.xz" ]
}

# download SUITE PACKAGE...: unpacks the packages below $tmp/root.
download() {
	from=$1
	shift
	rm -rf "$tmp/root" "$tmp/deb"
	mkdir "$tmp/deb"
	say "fetching from $from: $*"
	if ! (cd "$tmp/deb" && apt_get -q download "$@" >&2); then
		say "cannot fetch $*: $(apt_why)"
		return 1
	fi
	for deb in "$tmp"/deb/*.deb; do
		dpkg-deb -x "$deb" "$tmp/root" || return 1
	done
	rm -rf "$tmp/deb"
}

# found PATTERN...: prints the file below $tmp/root whose path matches one of
# the patterns, or nothing.
found() {
	for pattern; do
		find "$tmp/root" -type f -path "$tmp/root/$pattern" | head -n 1
	done | head -n 1
}

# keep FILE DEST: copies a file, and unpacks it if it is packed.
keep() {
	case $1 in
	"") return 1 ;;
	*.xz) xz -dc "$1" >"$2" ;;
	*.zst) zstd -qdc "$1" >"$2" ;;
	*.gz) gzip -dc "$1" >"$2" ;;
	*) cp "$1" "$2" ;;
	esac
}

# All kernels run the same busybox, so that they are the only difference.
fetch_busybox() {
	[ -e "$cache/busybox" ] || in_turn busybox_from bookworm trixie sid
}

busybox_from() {
	apt_open "$1" deb || return 1
	download "$1" busybox-static || return 1
	if ! keep "$(found '*bin/busybox')" "$tmp/busybox"; then
		say "no busybox in its package"
		return 1
	fi
	mv "$tmp/busybox" "$cache/busybox"
}

# kernel_packages META: prints the packages behind a meta-package. Which of them
# has the kernel and which the modules has changed over the years.
kernel_packages() {
	apt_cache depends --recurse --no-recommends --no-suggests \
		--no-conflicts --no-breaks --no-replaces "$1" |
		grep -E '^linux-(image|binary|modules)-[0-9]' | sort -u
}

fetch_kernel() {
	name=$1
	meta=$(table "$name" 3)
	# shellcheck disable=SC2046 # names without blanks
	fetch_busybox && in_turn kernel_from $(suites "$name")
}

kernel_from() {
	apt_open "$1" deb || return 1
	packages=$(kernel_packages "$meta") || packages=
	if [ -z "$packages" ]; then
		say "$1 has no kernel behind $meta"
		return 1
	fi
	# shellcheck disable=SC2086 # package names
	download "$1" $packages || return 1

	rm -rf "$tmp/kernel"
	mkdir "$tmp/kernel"
	cp "$cache/busybox" "$tmp/kernel/busybox" || return 1
	if ! keep "$(found 'boot/vmlinu[xz]-*' '*/modules/*/vmlinu[xz]')" \
		"$tmp/kernel/vmlinux"; then
		say "$name: no kernel image in $packages"
		return 1
	fi
	for module in kvm kvm-hv; do
		if ! keep "$(found "*/modules/*/$module.ko*")" \
			"$tmp/kernel/$module.ko"; then
			say "$name: no $module.ko in $packages"
			return 1
		fi
	done
	version "$packages" >"$tmp/kernel/version" || return 1
	if ! is_of_its_name; then
		say "$name: this is another kernel: $(cat "$tmp/kernel/version")"
		return 1
	fi
	mkdir -p "$cache/kernels"
	mv "$tmp/kernel" "$cache/kernels/$name"
}

# A suite may have moved on to another kernel. If the name is a number, it has
# to be the number of the kernel, and if it ends in -64k, so has the kernel's.
is_of_its_name() {
	case $name in
	[0-9]*) grep -q "^${name}[^0-9]" "$tmp/kernel/version" ;;
	*-64k) grep -q '^[^ ]*-64k ' "$tmp/kernel/version" ;;
	esac
}

# version PACKAGES: prints the kernel's release and, in brackets, the version of
# the first package.
version() {
	release=$(found '*/modules/*/kvm.ko*' |
		sed 's|.*/modules/\([^/]*\)/.*|\1|')
	package=$(apt_cache show --no-all-versions "${1%%
*}" | sed -n 's/^Version: //p')
	[ -n "$release" ] && [ -n "$package" ] && echo "$release ($package)"
}

# have NAME: succeeds if the kernel is in the cache or in the directory, or if
# it can be fetched.
have() {
	if in_directory "$1"; then
		fetch_busybox && say "$1: in $HTAB_KERNELS"
	elif [ -e "$cache/kernels/$1" ]; then
		say "$1: $(cat "$cache/kernels/$1/version"), already there"
	else
		fetch_kernel "$1" && say "$1: $(cat "$cache/kernels/$1/version")"
	fi
}

# Prints the kernels of the table, first those in the cache.
any() {
	for name in $(table "" 2); do
		[ ! -e "$cache/kernels/$name" ] || echo "$name"
	done
	table "" 2
}

if [ "${1-}" = --busybox ]; then
	cache_lock
	cache_tmp
	fetch_busybox || die "busybox is not available"
	exit
fi

named=$#
if [ "${1-}" = --any ]; then
	cache_lock
	cache_tmp
	for name in $(any); do
		if have "$name"; then
			echo "$name"
			exit 0
		fi
	done
	die "no kernel of $here/table is in the cache or can be fetched"
fi

# shellcheck disable=SC2046 # names without blanks
[ $named -gt 0 ] || set -- $(table "" 2) $(directory_kernels)
for name; do
	[ -n "$(table "$name" 2)" ] || in_directory "$name" ||
		die "no kernel '$name' in $here/table; there are:" \
			"$(table "" 2 | xargs) $(directory_kernels | xargs)"
done

cache_lock
cache_tmp
status=0
for name; do
	if have "$name"; then
		:
	elif [ $named -eq 0 ] && [ "$(table "$name" 4)" = reported ]; then
		say "$name: not available, and not required"
	else
		say "$name: not available"
		status=1
	fi
done
exit $status
