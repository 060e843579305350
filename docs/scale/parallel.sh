#!/bin/sh
# Checks in shards with GNU parallel, and puts them together.
#
#   SHARDS=8 JOBS=2 docs/scale/parallel.sh kubernetes --states-max 1000000
#
# The arguments are those of `gordian check`. JOBS shards run at once. To use other machines, put
# `--sshloginfile NODES` into the variable PARALLEL; they must share the folder OUT.
set -eu
shards=${SHARDS:-4}
out=${OUT:-$(mktemp -d)}
mkdir -p "$out"
export shards out

# A shard has done its work if its file is there, whatever the verdict. `merge` judges.
# --quote keeps the arguments as they are.
seq "$shards" | parallel --quote --jobs "${JOBS:-1}" --retries 3 \
    sh -c 'shard=$1; shift
        gordian check "$@" --jobs 1 --shard "$shard/$shards" --out "$out/$shard.json" \
            > "$out/$shard.txt" 2>&1 || test -e "$out/$shard.json"' sh {} "$@" || true

# A shard without a file is missing: exit code 2.
gordian merge "$out"/*.json
