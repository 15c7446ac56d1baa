#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cmocka.sh TARGET makes a static CMocka for a cross build from Debian's source
# package, and prints the directory of its cmocka.pc:
#
#     PKG_CONFIG_LIBDIR=$(tests/cross/cmocka.sh powerpc64le-linux-gnu) \
#         meson setup --cross-file tests/cross/powerpc64le.ini build-ppc64le
#
# TARGET is the prefix of the compiler's name. For TARGET "musl", the compiler is
# musl-gcc, which makes programs of this machine that use musl.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lab/apt.sh
. "$here/../lab/apt.sh"

[ $# -eq 1 ] || die "usage: cmocka.sh TARGET"
target=$1
ar=$target-ar
[ "$target" != musl ] || ar="ar"
for tool in "$target-gcc" "$ar" cmake ninja tar xz; do
	command -v "$tool" >/dev/null || die "no $tool"
done

# quietly COMMAND...: shows the output of a command only if it fails.
quietly() {
	if ! "$@" >"$tmp/output" 2>&1; then
		cat "$tmp/output" >&2
		die "failed: $*"
	fi
}

# shellcheck disable=SC2317 # in_turn calls it
source_from() {
	apt_open "$1" deb-src || return 1
	say "fetching the source of CMocka"
	mkdir -p "$tmp/fetched"
	if ! (cd "$tmp/fetched" &&
		apt_get -q source --download-only cmocka >"$tmp/output"); then
		say "cannot fetch the source: $(apt_why)"
		return 1
	fi
	mkdir -p "$cache/cross"
	mv "$tmp/fetched" "$cache/cross/source"
}

build() {
	[ -e "$cache/cross/source" ] || in_turn source_from bookworm ||
		die "no source of CMocka"
	mkdir "$tmp/source" "$tmp/new" "$tmp/new/lib" "$tmp/new/include"
	tar -xf "$cache"/cross/source/cmocka_*.orig.tar.xz -C "$tmp/source" \
		--strip-components=1

	say "building CMocka for $target"
	quietly cmake -G Ninja -S "$tmp/source" -B "$tmp/build" \
		-DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_SYSTEM_NAME=Linux \
		-DCMAKE_C_COMPILER="$target-gcc" \
		-DCMAKE_AR="$(command -v "$ar")" \
		-DWITH_STATIC_LIB=ON -DWITH_EXAMPLES=OFF
	quietly cmake --build "$tmp/build" --target cmocka-static
	cp "$tmp/build/src/libcmocka-static.a" "$tmp/new/lib/libcmocka.a"
	cp "$tmp/source/include/cmocka.h" "$tmp/new/include"
	version=$(sed -n 's/^project(cmocka .*VERSION \([0-9.]*\).*/\1/p' \
		"$tmp/source/CMakeLists.txt")
	cat >"$tmp/new/cmocka.pc" <<-EOF
		prefix=\${pcfiledir}
		Name: cmocka
		Description: The CMocka unit testing library, for $target
		Version: $version
		Libs: -L\${prefix}/lib -lcmocka
		Cflags: -I\${prefix}/include
	EOF
	mkdir -p "$cache/cross"
	mv "$tmp/new" "$cache/cross/$target"
}

if [ ! -e "$cache/cross/$target" ]; then
	cache_lock
	cache_tmp
	[ -e "$cache/cross/$target" ] || build
fi
cd "$cache/cross/$target" && pwd
