#!/bin/sh
# Start, or stop, a SLURM cluster of this one machine, to try the workflow on. Needs root, and no systemd.
#   tests/workflow/start_slurm.sh FOLDER          start what does not run yet
#   tests/workflow/start_slurm.sh --stop FOLDER   cancel its jobs and stop it; the folder, with the logs, stays
# In the environment, CPUS=4, MEMORY=16000 (MB) and GPUS=2 make the node pretend to have so much, so that jobs which
# ask for more than this machine has are run all the same. Jobs get pretended GPUs by number, but find none.
# Everything is kept in FOLDER, except a link to its slurm.conf in /etc/slurm, where all commands look for it:
# the environment variable SLURM_CONF would not reach the job steps. The cluster has no accounting: ask squeue,
# not sacct. Finished jobs are listed in FOLDER/jobs.txt.
set -eu

LINK=/etc/slurm/slurm.conf
DAEMONS="munged slurmctld slurmd"

say() { echo "start_slurm: $*"; }
fail() { say "$*" >&2; exit 1; }

running() { # folder, name: whether the process of a pid file runs (a zombie does not), and is still that program
    [ -s "$1/$2.pid" ] && awk -v name="$2" '/^Name:/ { program = $2 } /^State:/ { state = $2 }
        END { exit !(program == name && state != "Z") }' "/proc/$(cat "$1/$2.pid" 2>/dev/null)/status" 2>/dev/null
}

start() { # name, command ...
    name=$1
    shift
    if running "$folder" "$name"; then
        say "$name runs already"
    else
        say "starting $name"
        rm -f "$folder/$name.pid"
        "$@" || fail "$name did not start: $(tail -n 5 "$folder/$name.log" 2>/dev/null)"
    fi
}

stop() { # name
    running "$folder" "$1" || return 0
    pid=$(cat "$folder/$1.pid")
    say "stopping $1"
    kill "$pid"
    for _ in $(seq 100); do
        running "$folder" "$1" || return 0
        sleep 0.2
    done
    say "$1 (process $pid) does not stop by itself: killing it"
    kill -9 "$pid"
}

claim() { # make the link, unless it belongs to a cluster that runs
    if [ -e "$LINK" ] && [ ! -L "$LINK" ]; then
        fail "$LINK is there already: this machine is set up for a cluster"
    fi
    other=$(dirname "$(readlink "$LINK" || echo "$folder/slurm.conf")")
    if [ "$other" != "$folder" ] && running "$other" slurmctld; then
        fail "a cluster in $other runs already; stop it with: $0 --stop $other"
    fi
    mkdir -p "$(dirname "$LINK")"
    ln -sfn "$folder/slurm.conf" "$LINK"
}

configure() {
    name=$(uname -n | cut -d. -f1)
    cpus=${CPUS:-$(nproc)}
    memory=${MEMORY:-$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)}
    cat >"$folder/slurm.conf" <<END
ClusterName=one
SlurmctldHost=$name(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$folder/munge.socket
# no cgroups: a container may have none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
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
# believe the line below rather than the machine
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName=$name NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$memory Gres=gpu:${GPUS:-0} State=UNKNOWN
PartitionName=all Nodes=$name Default=YES DefaultTime=5 MaxTime=INFINITE State=UP
END
    : >"$folder/gres.conf"
    for number in $(seq "${GPUS:-0}"); do
        ln -sf /dev/null "$folder/gpu$number"
        echo "Name=gpu File=$folder/gpu$number" >>"$folder/gres.conf"
    done
    # slurmd looks for cgroups, used or not; the ways to tell it that there are none differ.
    set -- $(slurmd -V | tr -c '0-9\n' ' ') # the numbers of "slurm-wlm 22.05.8"
    plugin=disabled
    [ $(($1 * 100 + ${2#0})) -ge 2311 ] || plugin=cgroup/v1
    printf 'CgroupPlugin=%s\nCgroupMountpoint=%s\n' $plugin "$folder/cgroup" >"$folder/cgroup.conf"
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
[ ${#folder} -le 90 ] || fail "the name of $folder is too long for a socket in it; choose one of up to 90 letters"
chmod 755 "$folder"

if [ $stopping = yes ]; then
    if running "$folder" slurmctld; then
        timeout 20 scancel --partition=all || say "could not cancel the jobs"
    fi
    stop slurmd
    stop slurmctld
    stop munged
    [ "$(readlink "$LINK")" != "$folder/slurm.conf" ] || rm "$LINK"
    say "stopped"
    exit
fi

claim
running "$folder" slurmctld || configure
[ -e "$folder/munge.key" ] || mungekey --create --keyfile="$folder/munge.key"
start munged munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" --seed-file="$folder/munge.seed"
start slurmctld slurmctld -c -f "$folder/slurm.conf"
start slurmd slurmd -f "$folder/slurm.conf"
ready=no
for _ in $(seq 60); do
    case $(sinfo --noheader --format=%T 2>/dev/null) in
        idle | mixed | allocated) ready=yes && break ;;
    esac
    sleep 0.5
done
timeout 20 sinfo --Node --long || true
if [ $ready = no ]; then
    for daemon in $DAEMONS; do
        say "the last lines of $folder/$daemon.log:"
        tail -n 10 "$folder/$daemon.log" || true
    done
    fail "the node is not ready"
fi
say "ready"
