#!/bin/sh
# The first process of the guest of scripts/devices: mounts, runs $KETANG_SCRATCH/run.sh, leaves its exit status in
# $KETANG_SCRATCH/status and switches off.
scratch=$KETANG_SCRATCH
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8

mount -t proc none /proc
mount -t sysfs none /sys
mount -t tmpfs none /tmp
mount -t tmpfs none /run
{
    mount -t devtmpfs none /dev   # the kernel has done so already
    mkdir -p /dev/shm /dev/pts
    mount -t tmpfs none /dev/shm
    mount -t devpts none /dev/pts
    mount -t debugfs none /sys/kernel/debug
    mount -t configfs none /sys/kernel/config
    ip link set lo up
} 2>/dev/null

# Writable for both sides, under a name in /tmp so that the host need not have one. GStreamer's list of plug-ins, which takes
# seconds to make, is kept beside the scratch folder for the next run.
mkdir /tmp/devices
mount -t hostfs none /tmp/devices -o "$(dirname "$scratch")"
scratch=/tmp/devices/$(basename "$scratch")
export KETANG_SCRATCH=$scratch GST_REGISTRY_1_0=/tmp/devices/gst-registry.bin XDG_RUNTIME_DIR=/run

# A disk that outlives this guest, where it has one.
if [ -b /dev/ubda ]; then
    mkdir /tmp/disk
    mount -t ext4 /dev/ubda /tmp/disk && export KETANG_DISK=/tmp/disk
fi

# Where computing takes no time, whoever waits by asking again and again gets the processor for ever; vivid's threads do so while
# a program holds their device's lock. Programs that always go before the kernel's threads let go of it first; the share that the
# scheduler keeps for those behind is never used up either.
before=
case $(cat /proc/cmdline) in
    *time-travel=inf-cpu*)
        before="chrt --fifo 1"
        echo 0 >/sys/kernel/debug/sched/fair_server/cpu0/runtime
        ;;
esac

echo "=== ketang: begin"
$before sh "$scratch/run.sh" </dev/null 2>&1
echo $? >"$scratch/status"
echo "=== ketang: end"
poweroff -f 2>/dev/null
