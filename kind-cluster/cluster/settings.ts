// Time-outs that decide how fast Kubernetes heals and scales: set here, printed in every report. Kubernetes' own are in brackets.
export const clusterSettings = {
  /** A node that is silent for this long is NotReady, and its pods leave the endpoints (default 50). */
  node_monitor_grace_period_s: 20,
  /** How often silence is looked for (default 5). */
  node_monitor_period_s: 2,
  /** How often a kubelet says that it is well (default 10); its lease is renewed every quarter of the lease's duration (40). */
  node_status_update_s: 4,
  node_lease_duration_s: 16,
  /** Pods of a NotReady node are deleted, and so replaced, after this long (default 300). */
  default_not_ready_toleration_s: 10,
  default_unreachable_toleration_s: 10,
  /** The autoscaler looks at its metrics this often (default 15). */
  hpa_sync_period_s: 5,
  /** CPU of a pod younger than this counts only once it is ready (default 300; the delay below: 30). */
  hpa_cpu_initialization_period_s: 30,
  hpa_initial_readiness_delay_s: 10,
  /**
   * Most of this machine's CPU that one worker takes, as a machine of its own would: all pods of a region that comes back start at
   * once, and the other region serves meanwhile. What the two leave is for the control plane, the load and the harness: a machine
   * without CPU to spare answers late, whoever has a right to it (docs/decisions/005).
   */
  worker_cpu_percent_max: 40,
  /** Dealt out in parts of this length (default 100): whoever has used his stands still for the rest of it, with all who wait for him. */
  worker_cpu_period_ms: 20,
  /** CPU and memory of pods are read this often (default 15). */
  metrics_resolution_s: 10,
  /** Kubernetes' own, which no setting changes: the first restart of a container waits this long, then twice that … */
  container_restart_back_off_first_s: 10,
  container_restart_back_off_max_s: 300,
} as const

export type ClusterSettings = Readonly<Record<keyof typeof clusterSettings, number>>
