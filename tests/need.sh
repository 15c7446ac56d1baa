# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by tests/run and examples/run: what they need of the machine.

say() {
	printf '%s\n' "$*" >&2
}

install_as_root() {
	$as_root apt-get update -q >&2 || return
	# shellcheck disable=SC2086 # words are what is wanted
	$as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends $missing >&2
}

# A relative HTAB_KERNELS is the caller's, whose directory has just been left.
if [ -n "${HTAB_KERNELS:-}" ]; then
	HTAB_KERNELS=$(cd "$OLDPWD" && cd "$HTAB_KERNELS" && pwd) || exit 2
	export HTAB_KERNELS
fi

# need PACKAGE...: installs those Debian packages that are missing, as root or
# through sudo; where neither goes, says what to install, and ends.
need() {
	if ! command -v dpkg-query >/dev/null; then
		say "This is not Debian. Make sure that what these packages of" \
			"Debian 12 hold is installed (or run this there):"
		say "    $*"
		return 0
	fi
	missing=
	for package; do
		status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || :
		[ "$status" = 'install ok installed' ] ||
			missing="$missing $package"
	done
	[ -n "$missing" ] || return 0

	if [ "$(id -u)" -eq 0 ]; then
		as_root=
	elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
		as_root=sudo
	else
		say 'Some packages are missing and this is not root. Run, as root:'
		say "    apt-get install$missing"
		exit 1
	fi
	say "installing:$missing"
	install_as_root || {
		say 'The packages could not be installed; see above.'
		exit 1
	}
}

# What it takes to build libhtab
build_packages='gcc libc6-dev meson ninja-build pkg-config'
# What it takes to build it for the lab's machines and to boot them
# shellcheck disable=SC2034 # used where this is sourced
lab_packages="$build_packages python3 cpio xz-utils
	gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross qemu-system-ppc
	qemu-user" # Meson runs what it compiles
