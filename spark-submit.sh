#!/usr/bin/env bash
# Prepares the environment where it is not there yet, then runs a job:
#   ./spark-submit.sh JOB [CONF.toml] [--set section.key=value ...] [--force] [-- spark options]
# Without a job it lists them. What it prepares: .venv with sempark[pipeline], and by apt, where
# root or sudo allows: python3-venv, Java 17, Tesseract.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
extras=${SEMPARK_EXTRAS:-pipeline}

fail() { echo "sempark: $*" >&2; exit 2; }

# apt PACKAGE...: installs by apt as root or by sudo, or stops with the command to type.
apt_install() {
    local run=()
    command -v apt-get >/dev/null || fail "please install: $* (with this system's package manager)"
    [ "$(id -u)" = 0 ] || run=(sudo -n)
    if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
        fail "please type: sudo apt-get install -y $*"
    fi
    echo "sempark: installing $*" >&2
    "${run[@]}" apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq --no-install-recommends "$@" >&2
}

prepare() {
    local python=${PYTHON:-python3} version missing=()
    command -v "$python" >/dev/null || fail "python3 is not there: sempark needs Python 3.11 to 3.13"
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    case $version in
        3.11 | 3.12 | 3.13) ;;
        *) fail "$python is $version: sempark needs Python 3.11, 3.12 or 3.13; set PYTHON to one" ;;
    esac
    java_works || missing+=(openjdk-17-jre-headless)
    command -v tesseract >/dev/null || missing+=(tesseract-ocr)
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    for package in ${SEMPARK_PACKAGES:-}; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
    if ! stamp_is_new; then
        echo "sempark: preparing .venv with sempark[$extras]; this takes a few minutes once" >&2
        [ -x "$here/.venv/bin/python" ] || "$python" -m venv "$here/.venv"
        "$here/.venv/bin/python" -m pip install -q --disable-pip-version-check \
            ${SEMPARK_WHEELS:+--no-index --find-links "$SEMPARK_WHEELS"} \
            --use-pep517 -e "$here[$extras]" >&2
        "$here/.venv/bin/python" -m sempark.class_archive ||
            echo "sempark: no archive of Java's classes: sessions will start slower" >&2
        { cat "$here/setup.py"; echo "$extras"; } >"$here/.venv/sempark-stamp"
    fi
}

# The environment was made from this very setup.py, with these extras or more.
stamp_is_new() {
    [ -x "$here/.venv/bin/python" ] && [ -f "$here/.venv/sempark-stamp" ] || return 1
    [ "$(head -n -1 "$here/.venv/sempark-stamp")" = "$(cat "$here/setup.py")" ] || return 1
    local made
    made=",$(tail -n 1 "$here/.venv/sempark-stamp"),"
    for extra in ${extras//,/ }; do
        [[ $made == *",$extra,"* ]] || return 1
    done
}

java_works() {
    local java=${JAVA_HOME:+$JAVA_HOME/bin/}java
    # Spark needs this module; cut-down runtimes lack it.
    "$java" --list-modules 2>/dev/null | grep -q jdk.incubator.vector
}

# What packs, and what nodes without Tesseract read scales with.
[ "${1:-}" != pack ] || extras+=,tesserocr,pack
prepare
if [ "${1:-}" = prepare ]; then exit 0; fi
export PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}"
exec "$here/.venv/bin/python" -m sempark.submit "$@"
