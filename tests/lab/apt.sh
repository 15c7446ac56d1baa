# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# fetch.sh and cmocka.sh source this file. It has a private apt root for each
# suite, which gets Debian's packages for ppc64el from the mirror that this
# machine uses, and checks the signatures. It does not change the system's apt,
# and needs no root.
#
# HTAB_CACHE    the cache (default: libhtab in the user's cache directory)
# HTAB_MIRROR   a Debian mirror to use instead of the machine's own
# HTAB_KEYRING  the keys that sign it, if they are not Debian's
# HTAB_PAUSE    seconds between two tries

cache=${HTAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/libhtab}
keyring=${HTAB_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
tries=2
pause=${HTAB_PAUSE:-10}
me=${0##*/}

say() {
	echo "$me: $*" >&2
}

die() {
	say "$@"
	exit 1
}

# Every script that writes to the cache holds this lock until it ends. So files
# of an interrupted run, if there are any, are no longer in use.
cache_lock() {
	mkdir -p "$cache"
	cache=$(cd "$cache" && pwd)
	exec 9>"$cache/lock"
	if ! flock -n 9; then
		say "waiting for another run to leave $cache"
		flock 9
	fi
	rm -rf "$cache"/tmp.*
}

# cache_tmp: makes $tmp on the file system of the cache, so that its files can
# be moved there. It is removed when the script ends.
cache_tmp() {
	tmp=$(mktemp -d "$cache/tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'die interrupted' HUP INT TERM
}

mirror() {
	if [ -n "${HTAB_MIRROR:-}" ]; then
		echo "$HTAB_MIRROR"
		return
	fi
	# shellcheck disable=SC2016 # these are apt's variables
	apt-get indextargets --format \
		'$(REPO_URI) $(CODENAME) $(ORIGIN) $(COMPONENT)' \
		'Created-By: Packages' |
		awk '$2 !~ /-/ && $3 == "Debian" && $4 == "main" {
			print $1
			exit
		}'
}

# apt_open SUITE deb|deb-src: reads the index of a suite, for apt_get and
# apt_cache. It keeps the index in $tmp only, because an index is large, soon
# out of date, and quickly read again.
apt_open() {
	apt_root=$tmp/apt-$1-$2
	[ ! -e "$apt_root/open" ] || return 0
	apt_mirror=$(mirror)
	if [ -z "$apt_mirror" ]; then
		say "this machine's apt has no Debian mirror; set HTAB_MIRROR"
		return 1
	fi
	if [ ! -r "$keyring" ]; then
		say "no $keyring to check signatures with" \
			"(package debian-archive-keyring)"
		return 1
	fi
	mkdir -p "$apt_root/lists/partial" "$apt_root/archives/partial"
	: >"$apt_root/status"
	echo "$2 [signed-by=$keyring] $apt_mirror $1 main" >"$apt_root/sources.list"
	cat >"$apt_root/conf" <<-EOF
		#clear APT::Architectures;
		#clear APT::Update;
		#clear DPkg::Post-Invoke;
		APT::Architecture "ppc64el";
		APT::Architectures "ppc64el";
		APT::Sandbox::User "";
		Acquire::AllowInsecureRepositories "false";
		APT::Get::AllowUnauthenticated "false";
		Acquire::Languages "none";
		Acquire::Retries "2";
		Dir::State::Lists "$apt_root/lists";
		Dir::State::status "$apt_root/status";
		Dir::Cache "$apt_root";
		Dir::Etc::sourcelist "$apt_root/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
	EOF
	say "reading the index of $1"
	if ! apt_get update --error-on=any >"$apt_root/log"; then
		say "no index of $1 from $apt_mirror: $(apt_why)"
		return 1
	fi
	: >"$apt_root/open"
}

# in_turn FETCH SUITE...: runs FETCH SUITE, twice for each suite, until it
# succeeds for one. While a mirror is being synchronised, the index of a suite
# can be wrong for seconds or for hours when that of another suite is right.
in_turn() {
	fetch=$1
	shift
	for suite; do
		for try in $(seq "$tries"); do
			[ "$try" -eq 1 ] || sleep "$pause"
			"$fetch" "$suite" && return 0
			# The next try reads the index again.
			rm -rf "$tmp"/apt-"$suite"-*
		done
	done
	return 1
}

# apt reads the file of -c, unlike that of APT_CONFIG, after the system's
# configuration. So the settings override that, and its proxy is still used.
apt_get() {
	apt-get -c "$apt_root/conf" "$@" 2>"$apt_root/errors"
}

apt_cache() {
	apt-cache -c "$apt_root/conf" "$@" 2>"$apt_root/errors"
}

# Prints the first message of apt. sort puts errors before warnings.
apt_why() {
	sort -s -k 1,1 "$apt_root/errors" | sed -n 's/^[EW]: *//p' |
		tr -s ' ' | head -n 1
}
