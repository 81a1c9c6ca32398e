#!/usr/bin/env bash
# Installs what is missing, builds, runs every test.
#   ./test.sh                     the release preset
#   ./test.sh --preset NAME       another one: dev, asan, tsan; tidy only builds
#   ./test.sh --accept [NAME...]  the scripts of tests/accept/, all or those
#                                 whose names contain NAME, then a table
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

preset=release
accept=0
names=()
while (($# > 0)); do
  case "$1" in
    --preset)
      if (($# < 2)); then
        echo "test.sh: --preset needs a name: dev, release, asan, tsan, tidy" >&2
        exit 2
      fi
      preset="$2"
      shift
      ;;
    --accept) accept=1 ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      if ((!accept)) || [[ "$1" == -* ]]; then
        echo "test.sh: '$1' is not a flag of mine" >&2
        usage >&2
        exit 2
      fi
      names+=("$1")
      ;;
  esac
  shift
done

kinds=(build test)
case "$preset" in
  dev | release | asan) ;;
  tsan) kinds+=(clang) ;;
  tidy) kinds+=(tidy) ;;
  *)
    echo "test.sh: there is no preset '$preset', only dev, release, asan, tsan, tidy" >&2
    exit 2
    ;;
esac
if ((accept)); then
  kinds+=(clang accept)
fi

step() { printf '\n== %s\n' "$*"; }
jobs="${CMAKE_BUILD_PARALLEL_LEVEL:-2}"

# All scripts, or those whose names contain one of the names asked for.
chosen_scripts() {
  local script name
  for script in tests/accept/[0-9]*; do
    if ((${#names[@]} == 0)); then
      echo "$script"
      continue
    fi
    for name in "${names[@]}"; do
      if [[ "${script##*/}" == *"$name"* ]]; then
        echo "$script"
        break
      fi
    done
  done
}

run_accept() {
  local table=() failed=0 script started verdict
  export TILLSTORM_BUILD="$PWD/build/$preset"
  for script in $(chosen_scripts); do
    step "${script##*/}"
    started=$SECONDS
    verdict=passed
    "$script" || { verdict=failed && failed=1; }
    table+=("$(printf '%-28s %-7s %5d s' "${script##*/}" "$verdict" \
      $((SECONDS - started)))")
  done
  if ((${#table[@]} == 0)); then
    echo "test.sh: no script in tests/accept/ is called like that" >&2
    return 2
  fi
  step "Claims"
  printf '%s\n' "${table[@]}"
  return $failed
}

step "Packages"
cmake/packages.sh "${kinds[@]}"
echo "Everything is there."

step "Building the preset $preset"
options=()
if [[ "$preset" != tidy ]]; then
  # start.sh may have configured the same folder without them.
  options=(-DTILLSTORM_TESTS=ON -DTILLSTORM_BENCH=ON)
fi
cmake --preset "$preset" "${options[@]}"
cmake --build --preset "$preset" -j "$jobs"
if [[ "$preset" == tidy ]]; then
  exit 0
fi

if ((accept)); then
  run_accept
  exit
fi

step "Tests of the preset $preset"
runner=()
# ThreadSanitizer of clang 14 needs less randomness in addresses than newer
# kernels give.
if [[ "$preset" == tsan ]] &&
  (($(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28) > 28)); then
  runner=(setarch "$(uname -m)" --addr-no-randomize)
fi
"${runner[@]}" ctest --preset "$preset" -j "$jobs"
