# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# tests/run and examples/run source this file: it installs the packages that
# they need.

say() {
	printf '%s\n' "$*" >&2
}

install_as_root() {
	$as_root apt-get update -q >&2 || return
	# shellcheck disable=SC2086 # words are what is wanted
	$as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends $missing >&2
}

# The caller's directory has just been left, so a relative HTAB_KERNELS is made
# absolute.
if [ -n "${HTAB_KERNELS:-}" ]; then
	HTAB_KERNELS=$(cd "$OLDPWD" && cd "$HTAB_KERNELS" && pwd) || exit 2
	export HTAB_KERNELS
fi

# need PACKAGE...: installs those of the Debian packages that are missing, as
# root or through sudo. Without either it prints the command and exits.
need() {
	if ! command -v dpkg-query >/dev/null; then
		say "This is not Debian. Install what these packages of" \
			"Debian 12 contain, or run this on Debian 12:"
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
	elif command -v sudo >/dev/null &&
		{ sudo -n true 2>/dev/null || [ -t 0 ]; }; then
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

# The packages that build libhtab
build_packages='gcc libc6-dev meson ninja-build pkg-config'
# shellcheck disable=SC2034 # the lists are used where this file is sourced
{
	# Those that build its tests and report on them
	test_packages="$build_packages libcmocka-dev libjson-c-dev libpng-dev
		mandoc python3"
	# Those that make packages of it
	debian_packages='build-essential debhelper fakeroot git lintian pkgconf
		rpm'
	# Those that build it for ppc64le. Meson runs what it has compiled.
	cross_packages="$build_packages gcc-powerpc64le-linux-gnu
		libc6-dev-ppc64el-cross qemu-user"
	# Those that boot the lab's machines
	lab_packages="$cross_packages python3 qemu-system-ppc xz-utils"
}
