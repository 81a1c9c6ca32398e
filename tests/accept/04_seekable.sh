#!/usr/bin/env bash
# An agent started at any instant emits exactly the rest of its full stream,
# and starts fast: the test cases tagged [seek].
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
run_tagged agents_tests "[seek]"
finish
