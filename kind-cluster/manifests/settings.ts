// Time-outs and policies of the system on Kubernetes that decide recovery and scaling. They are printed in every report; tests and
// small clusters change some. Those of the cluster itself (how long a node may be silent) belong to the cluster.
export const defaultSettings = {
  /** Readiness: an instance that is only busy must not be taken away from the others. */
  readiness_period_s: 2,
  readiness_failures: 3,
  liveness_period_s: 5,
  liveness_failures: 6,
  /** From the start of a container to its first answer; on a busy machine all start at once. */
  startup_limit_s: 120,
  /** An instance that stops finishes requests for this long after it has become unready: callers look for it every second. */
  drain_ms: 3_000,
  /** SIGKILL so long after SIGTERM: more than draining, finishing and closing take. */
  termination_grace_s: 20,
  /** Pods of services leave a node that is not ready or cannot be reached after this time; stores stay where their data is. */
  eviction_after_s: 30,
  /** Share of the descriptor's CPU request that a pod asks for: less where all nodes are one machine. */
  cpu_request_percent: 100,
  /** Share of the descriptor's target of requests per second and replica: less where what a replica can do is less. */
  requests_target_percent: 100,
  /** Share of the descriptor's p99 that players are to be served within: more where cores are few. */
  slo_latency_percent: 100,
  hpa_scale_up_stabilization_s: 0,
  hpa_scale_down_stabilization_s: 60,
  hpa_scale_up_pods_max: 4,
  hpa_scale_up_percent_max: 100,
  hpa_scale_period_s: 15,
  keda_polling_s: 5,
  /** Its least ttl is 20 s. */
  patroni_ttl_s: 20,
  patroni_loop_wait_s: 5,
  patroni_retry_timeout_s: 5,
  sentinel_down_after_ms: 5_000,
  sentinel_failover_limit_ms: 10_000,
  /** When JetStream writes to disk before it acknowledges: always, or every so often (NATS' default: 2m). */
  nats_sync_interval: 'always',
  cluster_domain: 'cluster.local',
}

export type KubernetesSettings = typeof defaultSettings
