#!/usr/bin/env bash
# From a bare Debian 12 (debootstrap, minbase, git and ca-certificates): clone,
# ./start.sh, ./test.sh. Then a bare Debian 13: ./test.sh. Needs root.
#   TILLSTORM_DEBIAN_MIRROR         where packages come from
#   TILLSTORM_DEBOOTSTRAP_CACHE     a folder with pristine folders bookworm and
#                                   trixie, copied instead of made
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mirror="${TILLSTORM_DEBIAN_MIRROR:-http://deb.debian.org/debian}"
cache="${TILLSTORM_DEBOOTSTRAP_CACHE:-}"

if ((EUID != 0)); then
  figure "a bare Debian" "skipped: needs root" "passes" failed
  finish
fi

# The commit that is checked out; changes that are not committed travel as a
# commit of their own in a copy.
bundle="$work/tillstorm.bundle"
if git -C "$root" rev-parse -q --verify HEAD >/dev/null &&
  [[ -z "$(git -C "$root" status --porcelain)" ]]; then
  note "commit $(git -C "$root" rev-parse --short HEAD)"
  git -C "$root" bundle create -q "$bundle" HEAD
else
  note "the working tree, with changes that are not committed"
  mkdir "$work/tree"
  (cd "$root" && git ls-files -z --cached --others --exclude-standard |
    xargs -0 ls -d 2>/dev/null | tar -cf - -T -) | tar -xf - -C "$work/tree"
  git -C "$work/tree" init -q -b main
  git -C "$work/tree" add -A
  git -C "$work/tree" -c user.name=accept -c user.email=accept@example.com \
    commit -q -m "working tree"
  git -C "$work/tree" bundle create -q "$bundle" HEAD
fi

# bare SUITE: makes $work/SUITE.
bare() {
  local folder="$work/$1"
  if [[ -n "$cache" ]]; then
    note "copying $cache/$1"
    cp -a --reflink=auto "$cache/$1" "$folder"
  else
    note "debootstrap $1 from $mirror"
    debootstrap --variant=minbase --include=git,ca-certificates "$1" \
      "$folder" "$mirror" >"$work/$1.log" 2>&1 || {
      tail -n 20 "$work/$1.log"
      return 1
    }
  fi
  # How this machine reaches the network.
  local file
  for file in /etc/resolv.conf /etc/hosts; do
    rm -f "$folder$file"
    cp -L "$file" "$folder$file" || true
  done
  for file in /etc/apt/apt.conf.d/*proxy*; do
    [[ ! -f "$file" ]] || cp "$file" "$folder/etc/apt/apt.conf.d/"
  done
  cp "$bundle" "$folder/tillstorm.bundle"
}

# within SUITE COMMAND: runs a command line there. The mounts live in a
# namespace of their own and end with it.
within() {
  # shellcheck disable=SC2016
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C \
    ${http_proxy:+"http_proxy=$http_proxy"} \
    ${https_proxy:+"https_proxy=$https_proxy"} \
    CMAKE_BUILD_PARALLEL_LEVEL="$jobs" \
    unshare --mount --propagation private bash -c '
      set -e
      mount -t proc proc "$1/proc"
      mount --rbind /sys "$1/sys"
      mount --rbind /dev "$1/dev"
      exec chroot "$1" bash -c "$2"' bash "$work/$1" "$2"
}

# passes SUITE WHAT COMMAND: a figure; shows how the output ends.
passes() {
  local code=0 started=$SECONDS
  within "$1" "$3" >"$work/step.log" 2>&1 </dev/null || code=$?
  if ((code != 0)); then
    tail -n 60 "$work/step.log" | sed 's/^/    /'
  else
    tail -n 6 "$work/step.log" | sed 's/^/    /'
  fi
  same "$1: $2 ($((SECONDS - started)) s)" "exit $code" "exit 0"
  return $code
}

clone="cd && git -c advice.detachedHead=false clone -q /tillstorm.bundle tillstorm"
if bare bookworm && passes bookworm "git clone" "$clone"; then
  passes bookworm "./start.sh" "cd ~/tillstorm && ./start.sh" || true
  passes bookworm "./test.sh" "cd ~/tillstorm && ./test.sh" || true
else
  figure "bookworm: a bare Debian 12" "not made" "made" failed
fi
rm -rf --one-file-system "$work/bookworm"
if bare trixie && passes trixie "git clone" "$clone"; then
  passes trixie "./test.sh" "cd ~/tillstorm && ./test.sh" || true
else
  figure "trixie: a bare Debian 13" "not made" "made" failed
fi
finish
