#!/bin/sh
# Runs inside the new root: what the Dockerfile of kind's base image does after its packages.
set -eu
ctr oci spec | jq '.hooks.createContainer += [{"path": "/kind/bin/mount-product-files.sh"}] | del(.process.rlimits)' \
  > /etc/containerd/cri-base.json
find /lib/systemd/system/sysinit.target.wants -name systemd-tmpfiles-setup.service -delete
for unwanted in /lib/systemd/system/multi-user.target.wants /etc/systemd/system/*.wants /lib/systemd/system/local-fs.target.wants \
  /lib/systemd/system/basic.target.wants; do
  rm -f "$unwanted"/*
done
rm -f /lib/systemd/system/sockets.target.wants/*udev* /lib/systemd/system/sockets.target.wants/*initctl*
echo ReadKMsg=no >> /etc/systemd/journald.conf
systemctl enable containerd.service kubelet.service undo-mount-hacks.service
# It would register things in the kernel, for all containers of the machine.
systemctl mask systemd-binfmt.service
ln -sf multi-user.target /lib/systemd/system/default.target
update-alternatives --set iptables /usr/sbin/iptables-nft
