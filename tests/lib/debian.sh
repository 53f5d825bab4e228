# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What quickstart, tests/prepare and the longer checks need on Debian, for
# sourcing.
#
# Programs that would come with a running service (web servers, cron) are not
# installed: their packages are unpacked below ./var/servers and started from
# there.

: "${top:?the checkout must be named before this file is sourced}"
# Where all that is made goes. Tests of the scripts name another folder, and a
# build that is there already.
var=${HOOKS_VAR:-$top/var}
servers=${HOOKS_TEST_SERVERS:-$var/servers}

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Runs a command as root.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "this needs root or sudo: $*"
	fi
}

can_be_root() {
	[ "$(id -u)" = 0 ] || command -v sudo >/dev/null
}

# missing_of NAME...: those that are not installed, each after a blank.
missing_of() {
	dpkg-query -W -f '${Package}=${db:Status-Status}\n' "$@" 2>/dev/null |
		awk '
		BEGIN {
			for (i = 1; i < ARGC; i++)
				wanted[i] = ARGV[i]
			wants = ARGC - 1
			ARGC = 1
		}
		{ state[$0] = 1 }
		END {
			for (i = 1; i <= wants; i++)
				if (!((wanted[i] "=installed") in state))
					printf " %s", wanted[i]
		}' "$@"
}

# update_lists: once a run, and only when something is missing.
update_lists() {
	[ -z "${lists_updated-}" ] || return 0
	say "Updating the package lists"
	as_root apt-get -qq update || die "apt-get update failed"
	lists_updated=1
}

# install_packages NAME...: what of them is missing.
install_packages() {
	command -v dpkg-query >/dev/null || return 0
	missing=$(missing_of "$@")
	[ -n "$missing" ] || return 0
	can_be_root || die "packages are missing, and there is neither root nor\
 sudo to install them: ask for$missing"
	update_lists
	say "Installing:$missing"
	# shellcheck disable=SC2086 # a list of names
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		--no-install-recommends install $missing >"$var/apt.log" 2>&1 ||
		die "installing failed: $(tail -n 5 "$var/apt.log")"
}

# unpack_packages NAME...: below var/servers, without installing. The marker is
# written last, so that an interrupted download is taken up again.
unpack_packages() {
	command -v apt-get >/dev/null || return 0
	mkdir -p "$servers/marks"
	wanted=
	for package; do
		[ -e "$servers/marks/$package" ] || wanted="$wanted $package"
	done
	[ -n "$wanted" ] || return 0
	! can_be_root || update_lists
	say "Unpacking below var/servers:$wanted"
	for package in $wanted; do
		rm -rf "$servers/download"
		mkdir "$servers/download"
		# The user _apt may not write here, and need not.
		(cd "$servers/download" && apt-get -qq \
			-o APT::Sandbox::User="$(id -un)" download "$package" &&
			dpkg -x ./*.deb "$servers") ||
			die "could not unpack $package"
		: >"$servers/marks/$package"
	done
	rm -rf "$servers/download"
}

# node_packages NAME@VERSION...: from the npm registry, below var/servers/npm.
node_packages() {
	mark=$servers/marks/npm
	[ "$(cat "$mark" 2>/dev/null)" != "$*" ] || return 0
	command -v npm >/dev/null || install_packages npm
	mkdir -p "$servers/marks"
	say "Installing below var/servers/npm: $*"
	run_logged "$var/npm.log" npm install --prefix "$servers/npm" \
		--no-fund --no-audit --ignore-scripts --omit=optional "$@"
	printf '%s\n' "$*" >"$mark"
}

# python_packages NAME==VERSION...: from PyPI, below var/servers/python.
python_packages() {
	mark=$servers/marks/python
	[ "$(cat "$mark" 2>/dev/null)" != "$*" ] || return 0
	python3 -m pip --version >/dev/null 2>&1 || install_packages python3-pip
	mkdir -p "$servers/marks"
	say "Installing below var/servers/python: $*"
	rm -rf "$servers/python"
	run_logged "$var/pip.log" python3 -m pip install --no-deps \
		--disable-pip-version-check --target "$servers/python" "$@"
	printf '%s\n' "$*" >"$mark"
}

build_packages='build-essential autoconf automake libtool pkg-config
	libfcgi-dev libmariadb-dev libjson-c-dev libcurl4-openssl-dev libssl-dev
	libinih-dev check'
# A database server without its service, and what the scripts call.
run_packages='mariadb-server-core mariadb-client-core python3 curl openssl
	python3-jsonschema python3-yaml ca-certificates libnettle8 libpcre2-8-0 libxxhash0 libexpat1 libuuid1
	procps'

# Known before anything is installed: autoconf and make refuse such a path.
check_path() {
	case $top in
	*[[:space:]\"\#\$\&\'\`\\]*)
		die "cannot build in \"$top\": move it to a path without blanks,\
 quotes and the like"
		;;
	esac
}

prepare_machine() {
	[ -z "${HOOKS_BUILD-}" ] || return 0
	check_path
	mkdir -p "$var"
	# shellcheck disable=SC2086 # lists of names
	install_packages $build_packages $run_packages
	unpack_packages lighttpd
}

# build_folder DIRECTORY CONFIGURE-FLAGS...: out of tree. What was changed since
# is found by make itself, configure.ac and Makefile.am included.
build_folder() {
	directory=$1
	shift
	mkdir -p "$directory"
	if [ ! -x "$top/configure" ] || [ ! -e "$top/Makefile.in" ]; then
		run_logged "$directory/autoreconf.log" autoreconf -fi "$top"
	fi
	if [ ! -e "$directory/Makefile" ]; then
		run_logged "$directory/configure.log" \
			env -C "$directory" "$top/configure" -q "$@"
	fi
}

# build DIRECTORY CONFIGURE-FLAGS...: and all programs in it.
build() {
	build_folder "$@"
	run_logged "$1/make.log" make -C "$1" -s -j2 all
}

# run_logged FILE COMMAND...: silent unless it fails.
run_logged() {
	log=$1
	shift
	"$@" >"$log" 2>&1 && return 0
	tail -n 30 "$log" >&2
	die "failed: $* (all of its output: $log)"
}
