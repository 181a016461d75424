#!/bin/sh
# Start, or stop, a SLURM cluster of this one machine, to try the workflow on. Needs root, and no systemd.
#   tests/workflow/start_slurm.sh FOLDER          start what does not run yet
#   tests/workflow/start_slurm.sh --stop FOLDER   stop it; the folder, with the logs, stays
# Everything is kept in FOLDER, except a link to its slurm.conf in /etc/slurm, where all commands look for it:
# the environment variable SLURM_CONF would not reach the job steps. The cluster has no accounting: ask squeue,
# not sacct. Finished jobs are listed in FOLDER/jobs.txt.
# GPUS=2 in the environment makes the node pretend to have so many: jobs can ask for them, but find none.
set -eu

LINK=/etc/slurm/slurm.conf

say() { echo "start_slurm: $*"; }
fail() { say "$*" >&2; exit 1; }

running() { # whether the process of a pid file runs
    [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null
}

start() { # name, command ...
    name=$1
    shift
    if running "$folder/$name.pid"; then
        say "$name runs already"
    else
        say "starting $name"
        "$@" || fail "$name did not start; see $folder/$name.log"
    fi
}

stop() { # name
    if running "$folder/$1.pid"; then
        pid=$(cat "$folder/$1.pid")
        say "stopping $1"
        kill "$pid"
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || return 0
            sleep 0.2
        done
        fail "$1 (process $pid) does not stop"
    fi
}

configure() {
    node=$(slurmd -C | head -n 1) # NodeName=... CPUs=... RealMemory=...: what this machine has
    name=$(echo "$node" | sed 's/^NodeName=\([^ ]*\).*/\1/')
    cat >"$folder/slurm.conf" <<END
ClusterName=one
SlurmctldHost=$name(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$folder/munge.socket
# no cgroups: a container may have none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/jobs.txt
# finished jobs stay visible in squeue, which stands in for the accounting
MinJobAge=3600
ReturnToService=2
SchedulerParameters=sched_interval=2,bf_interval=2
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
GresTypes=gpu
$node Gres=gpu:${GPUS:-0} NodeAddr=127.0.0.1 State=UNKNOWN
PartitionName=all Nodes=$name Default=YES DefaultTime=5 MaxTime=INFINITE State=UP
END
    : >"$folder/gres.conf"
    for number in $(seq "${GPUS:-0}"); do
        ln -sf /dev/null "$folder/gpu$number"
        echo "Name=gpu File=$folder/gpu$number" >>"$folder/gres.conf"
    done
    [ ! -e "$LINK" ] || [ "$(readlink "$LINK")" = "$folder/slurm.conf" ] || fail "$LINK belongs to another cluster"
    mkdir -p "$(dirname "$LINK")"
    ln -sf "$folder/slurm.conf" "$LINK"
}

stopping=no
if [ "${1:-}" = --stop ]; then
    stopping=yes
    shift
fi
[ $# -eq 1 ] || fail "usage: $0 [--stop] FOLDER"
[ "$(id -u)" -eq 0 ] || fail "needs root"
for program in munged mungekey slurmctld slurmd sinfo; do
    command -v "$program" >/dev/null || fail "no $program here: apt-get install slurm-wlm munge"
done
mkdir -p "$1/state" "$1/spool"
folder=$(cd "$1" && pwd)
chmod 755 "$folder"

if [ $stopping = yes ]; then
    stop slurmd
    stop slurmctld
    stop munged
    [ "$(readlink "$LINK")" != "$folder/slurm.conf" ] || rm "$LINK"
    say "stopped"
    exit
fi

running "$folder/slurmctld.pid" || configure
[ -e "$folder/munge.key" ] || mungekey --create --keyfile="$folder/munge.key"
start munged munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" --seed-file="$folder/munge.seed"
start slurmctld slurmctld -c -f "$folder/slurm.conf"
start slurmd slurmd -f "$folder/slurm.conf"
ready=no
for _ in $(seq 30); do
    case $(sinfo --noheader --format=%T 2>/dev/null) in
        idle | mixed | allocated) ready=yes && break ;;
    esac
    sleep 1
done
sinfo --Node --long
[ $ready = yes ] || fail "the node is not ready; see $folder/slurmd.log"
say "ready"
