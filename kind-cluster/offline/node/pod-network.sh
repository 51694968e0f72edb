#!/bin/bash
# Pod network of the nodes that are built offline; a host-network DaemonSet runs it (privileged; NODE_NAME set; /etc/cni/net.d mounted).
# A pod gets an address of its node's range; one masquerade rule lets it speak beyond the cluster; one route leads to each other node.
set -euo pipefail
range=$(kubectl get node "$NODE_NAME" -o jsonpath='{.spec.podCIDR}')
cat > /etc/cni/net.d/.unfinished <<JSON
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "ptp", "mtu": 1500, "ipMasq": false, "ipam": {"type": "host-local", "dataDir": "/run/cni-ipam",
    "ranges": [[{"subnet": "$range"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
mv /etc/cni/net.d/.unfinished /etc/cni/net.d/10-pods.conflist
# The first two lines make it the same whether the table is there or not: a container that starts again adds nothing.
nft -f - <<RULES
table ip pods
delete table ip pods
table ip pods {
  chain leaving {
    type nat hook postrouting priority 100; policy accept;
    ip saddr $POD_SUBNET ip daddr != $POD_SUBNET ip daddr != $SERVICE_SUBNET oifname "eth0" masquerade
  }
}
RULES
# --watch prints a line for every node now and at every change; when it ends, so does the container, and starts again.
columns=NAME:.metadata.name,RANGE:.spec.podCIDR,ADDRESS:'.status.addresses[?(@.type=="InternalIP")].address'
kubectl get nodes --watch --no-headers -o custom-columns="$columns" | while read -r name other address; do
  if [ "$name" != "$NODE_NAME" ] && [ "$other" != "<none>" ] && [ "$address" != "<none>" ]; then
    ip route replace "$other" via "$address"
  fi
done
