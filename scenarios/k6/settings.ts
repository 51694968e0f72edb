import type { Stage } from '../profiles/profile.ts'

/** What Node tells the k6 program, as JSON in the environment variable of this name. */
export const settingsVariable = 'SLOT_CHAOS_LOAD'

export interface Gateway {
  region: string
  /** https://127.0.0.1:PORT */
  url: string
}

export interface LoadSettings {
  run_id: string
  /** Journey of each player, by number. */
  journeys: string[]
  /** Account of an operator, for journeys that need one. */
  operator?: { name: string; password: string }
  /** Proves to the gateway that a trace is to be recorded. */
  trace_key?: string
  seed: string
  players: number
  stages: Stage[]
  gateways: Gateway[]
  /** Where k6 writes its own counts at the end. */
  summary_file: string
  client: ClientPolicy
}

/** How a game client on a phone behaves when its backend does not. */
export interface ClientPolicy {
  attempt_timeout_ms: number
  attempts_max: number
  /** The n-th retry waits between half and all of backoff_ms · 2^n. */
  backoff_ms: number
  /** How long it stays with the other region before it tries its home again. */
  away_ms: number
  /** Players that are registered at the same time, before the load starts; at most as many as arrive in a second. */
  onboarding_concurrency: number
  /** Of the operations whose trace is sampled. */
  trace_share: number
}

export const clientPolicy: ClientPolicy = {
  // Longer than the gateway's own deadline of 2 s: a busy gateway answers 503 or 504 on a connection that lives on. A client
  // that hangs up first comes back with a TLS handshake, which costs more than its request.
  attempt_timeout_ms: 2500,
  attempts_max: 4,
  backoff_ms: 50,
  away_ms: 10_000,
  onboarding_concurrency: 8,
  trace_share: 0.01,
}
