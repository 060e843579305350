#!/bin/sh
# One search of a kernel in parts, with GNU parallel. The arguments are those of `gordian split`:
#
#   PARTS=100 JOBS=8 OUT=parts docs/scale/parts.sh etcd/7492 --variant fixed
#
# On several machines the folder is on a disk that all of them have, and
# PARALLEL='--sshloginfile machines --workdir .' names them. What was stopped goes on when it is run
# again.
set -eu

out=${OUT:-parts}
[ -d "$out" ] || gordian split "$@" --parts "${PARTS:-100}" --out "$out"
while :; do
    for part in "$out"/*.part; do
        [ -e "${part%.part}.done" ] || [ ! -e "$part" ] || echo "$part"
    done | parallel --halt soon,fail=1 --jobs "${JOBS:-100%}" gordian part {}
    code=0
    gordian merge "$out" || code=$?
    # While parts are left, a round has begun.
    [ -n "$(find "$out" -name '*.part')" ] || exit "$code"
done
