// Time-outs and policies of the local target that decide recovery and scaling. They are printed in every report; tests shorten some.
export const defaultSettings = {
  /**
   * Readiness probe, and how often it must fail before an instance gets no more traffic (Kubernetes: every 10 s, 3 times). A
   * dead process is noticed by its end; an instance that is only busy must not be taken away from the others.
   */
  readiness_period_ms: 500,
  readiness_failures: 10,
  /** Restart back-off: Kubernetes' CrashLoopBackOff. The first restart is immediate. */
  restart_back_off_first_ms: 10_000,
  restart_back_off_max_ms: 300_000,
  restart_back_off_reset_ms: 600_000,
  /** Time between a SIGTERM and the SIGKILL that follows it (Kubernetes: 30 s). */
  termination_grace_ms: 30_000,
  /** An instance that stops finishes requests for this long after it has become unready. */
  drain_ms: 1_000,
  /**
   * Autoscaler, as the HPA (Kubernetes: sync 15 s, stabilization 0 s up and 300 s down). Growth waits for a second reading: where
   * all processes share a few cores, those that start for one short queue make the queue longer.
   */
  hpa_sync_ms: 5_000,
  hpa_scale_up_stabilization_ms: 8_000,
  hpa_tolerance: 0.1,
  hpa_scale_up_pods_max: 4,
  hpa_scale_up_percent_max: 100,
  hpa_scale_down_stabilization_ms: 60_000,
  /** PostgreSQL fail-over, as Patroni (its defaults: ttl 30 s, loop_wait 10 s; its least ttl is 20 s). */
  postgres_lease_ttl_ms: 20_000,
  postgres_loop_ms: 5_000,
  /** Redis Sentinel (default 30 s and 180 s). */
  sentinel_down_after_ms: 5_000,
  sentinel_failover_limit_ms: 10_000,
  /** When JetStream writes to disk before it acknowledges: always, or every so often (NATS' default: 2m). */
  nats_sync_interval: 'always',
  /** Everything must be ready within this time of the start. */
  start_limit_ms: 90_000,
}

export type LocalSettings = typeof defaultSettings
