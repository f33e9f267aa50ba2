#!/bin/sh
#SBATCH --job-name=glassraft
#SBATCH --array=1-8
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=04:00:00
# Grades a part of a class: an array of 8 jobs, each with a shard of its own.
#
#     sbatch labs/cluster/slurm.sh SUBMISSIONS LAB RESULTS
#
# From the top of a built tree, in a folder that all nodes share. A job that was
# ended goes on where it stopped when it is submitted again.
exec build/glassraft grade --all "$1" --lab "$2" --results "$3" \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    -j "${SLURM_CPUS_PER_TASK:-1}"
