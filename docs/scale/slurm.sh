#!/bin/sh
#SBATCH --job-name=gordian
#SBATCH --array=1-4
#SBATCH --cpus-per-task=2
#SBATCH --requeue
#
# An array of Slurm: a shard for each task of the array. OUT is a folder that all nodes share.
#
#   export OUT=$PWD/shards
#   id=$(sbatch --parsable docs/scale/slurm.sh kubernetes --states-max 1000000)
#   sbatch --dependency="afterany:$id" --wrap 'gordian merge "$OUT"/*.json'
#
# The arguments are those of `gordian check`. Another number of tasks: sbatch --array=1-100.
set -eu
mkdir -p "$OUT"
file=$OUT/$SLURM_ARRAY_TASK_ID.json

# A shard has done its work if its file is there, whatever the verdict. `merge` judges.
gordian check "$@" --jobs "${SLURM_CPUS_PER_TASK:-1}" \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --out "$file" || test -e "$file"
