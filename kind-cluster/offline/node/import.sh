#!/bin/sh
# Runs in a container of the node image: the images that a cluster starts with become part of it.
set -eu
containerd > /tmp/containerd.log 2>&1 &
daemon=$!
turns=0
until ctr version > /dev/null 2>&1; do
  turns=$((turns + 1))
  if [ "$turns" -gt 100 ]; then cat /tmp/containerd.log >&2; exit 1; fi
  sleep 0.2
done
# Not unpacked: three nodes share one image, and unpack what they run.
ctr --namespace k8s.io images import --all-platforms --no-unpack --digests=false /images.tar
kill "$daemon"
wait "$daemon" || true
rm -f /images.tar /tmp/containerd.log
