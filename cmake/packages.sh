#!/usr/bin/env bash
# Installs the Debian packages that are missing, and says which.
#   cmake/packages.sh KIND...     of: build test clang tidy accept
set -euo pipefail

packages() {
  case "$1" in
    build) echo g++ cmake ninja-build libfmt-dev libcxxopts-dev \
      nlohmann-json3-dev libsqlite3-dev libxxhash-dev librandom123-dev \
      libconcurrentqueue-dev libspdlog-dev libncurses-dev libpq-dev \
      libpqxx-dev zlib1g-dev pkgconf ;;
    test) echo catch2 libbenchmark-dev postgresql sqlite3 python3 python3-numpy \
      python3-xxhash tmux ;;
    clang) echo clang libclang-rt-dev ;;
    tidy) echo clang clang-tidy ;;
    accept)
      echo debootstrap time libbenchmark-tools python3-scipy
      # Node.js from elsewhere brings its npm and conflicts with Debian's.
      command -v npm >/dev/null || echo nodejs npm
      ;;
    *)
      echo "packages.sh: '$1' is none of build, test, clang, tidy, accept" >&2
      exit 2
      ;;
  esac
}

installed() {
  [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

wanted=()
for kind in "$@"; do
  names="$(packages "$kind")"
  read -ra more <<<"${names//$'\n'/ }"
  wanted+=("${more[@]}")
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is no Debian: what is needed here is what Debian calls" \
    "${wanted[*]}. Going on as if it were there." >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  installed "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "Missing: ${missing[*]}. Install them as root (there is no sudo here):" \
      "apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 77
  fi
  as_root=(sudo)
fi

echo "Installing with apt-get${as_root[0]:+, through sudo} (a minute or two):" \
  "${missing[*]}"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
apt() {
  # A bare machine has no locale but C and nobody to answer questions.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
    apt-get -q -o Dpkg::Use-Pty=0 "$@" >>"$log" 2>&1
}
install() { apt install -y --no-install-recommends "${missing[@]}"; }

# Package lists may be absent or too old; they are fetched only then.
if compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null && install; then
  exit 0
fi
if ! apt update || ! install; then
  tail -n 30 "$log" >&2
  echo "apt-get failed; the above is how it ended." >&2
  exit 69
fi
