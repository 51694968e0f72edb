// Pinned: what is built where no registry can be reached. They fit each other; kubeadm checks most of it.
export const versions = {
  kubernetes: '1.36.3',
  etcd: '3.6.16',
  /** Kubernetes 1.36 wants containerd 2. */
  containerd: '2.2.1',
  coredns: '1.14.1',
  metrics_server: '0.9.0',
  local_path_provisioner: '0.0.30',
  keda: '2.21.0',
  kind: '0.33.0',
  toxiproxy: '2.5.0',
  /** Debian of the nodes: systemd 256 and later, in trixie, refuses to boot on cgroup v1. */
  node_suite: 'bookworm',
  /** Debian of the stores: PostgreSQL 17, Patroni 4. */
  stores_suite: 'trixie',
} as const

/** Addresses of pods and of Services in a cluster: the pod network must know both. */
export const subnets = { pods: '10.244.0.0/16', services: '10.96.0.0/12' } as const

/** Modules of Kubernetes' own repository: its replace lines do not count where it is a dependency, so all are named. */
export const staging_modules = [
  'api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap',
  'code-generator component-base component-helpers controller-manager cri-api cri-client cri-streaming',
  'csi-translation-lib dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator',
  'kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics mount-utils',
  'pod-security-admission sample-apiserver streaming',
].flatMap((line) => line.split(' '))
