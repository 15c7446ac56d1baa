# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# tests/run and examples/run source this file: it makes build directories, and
# makes those again that cannot be used any more.

# build_state OPTION...: what a build directory depends on, besides the source.
# Meson records absolute paths, so a checkout that has been moved would build
# the old one, or nothing. A later compiler may refuse the objects of an earlier
# one.
build_state() {
	printf '%s\n' "$PWD" "${CC:-cc}" "${PKG_CONFIG_LIBDIR-}" "$@"
	meson --version
	${CC:-cc} --version | head -n 1
}

# build_again NAME STATE OPTION...: configures build/NAME from nothing. The file
# with the state is written last, so that an interrupted setup leaves none.
build_again() {
	build_name=$1 build_wanted=$2
	shift 2
	rm -rf "build/$build_name"
	meson setup "build/$build_name" "$@" &&
		printf '%s\n' "$build_wanted" >"build/$build_name/state"
}

# build_in NAME TARGET OPTION...: configures build/NAME with these options,
# unless that is done, and compiles the target, or all of them if it is ''.
build_in() {
	build_name=$1 build_target=$2
	shift 2
	build_now=$(build_state "$@")
	if [ "$(cat "build/$build_name/state" 2>/dev/null)" != "$build_now" ]
	then
		build_again "$build_name" "$build_now" "$@" || return
	fi
	build_compile && return
	# Meson may not have been able to use what it keeps there, or something
	# that it configured the directory with is gone.
	if ! meson setup --reconfigure "build/$build_name" >&2; then
		echo "Meson cannot use build/$build_name: making it again" >&2
		build_again "$build_name" "$build_now" "$@" || return
	fi
	build_compile
}

build_compile() {
	# shellcheck disable=SC2086 # no word if there is no target
	meson compile -C "build/$build_name" $build_target
}
