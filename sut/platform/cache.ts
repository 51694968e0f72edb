export interface LayeredOptions<T> {
  name: string
  /** Age limit in this process' memory. */
  memory_ms: number
  /** Age limit in Redis, where all instances share it. */
  shared_ms: number
  /** The source. JSON must carry its result. */
  load: (key: string) => Promise<T>
}

/** process → Redis → load; at most one load a key and process at a time. Works without Redis, only slower. */
export interface Layered<T> {
  get(key: string): Promise<T>
  forget(key: string): Promise<void>
}
