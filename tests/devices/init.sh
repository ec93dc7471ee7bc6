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

# Mounted under a name of its own in /tmp, so that nothing of the host's needs to be writable.
mkdir /tmp/scratch
mount -t hostfs none /tmp/scratch -o "$scratch"
export KETANG_SCRATCH=/tmp/scratch XDG_RUNTIME_DIR=/run

echo "=== ketang: begin"
sh /tmp/scratch/run.sh </dev/null 2>&1
echo $? >/tmp/scratch/status
echo "=== ketang: end"
poweroff -f 2>/dev/null
