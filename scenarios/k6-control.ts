// k6's REST API, as far as starting and stopping need it. Loopback only.

export interface K6Status {
  /** Iterations that are running. */
  running: number
}

export interface K6Control {
  /** Null when k6 does not answer. */
  status(): Promise<K6Status | null>
  /** Makes a VU for the idle scenario `stop`, which all others see: arrivals do nothing from now on. */
  announceStop(): Promise<void>
  /** Ends k6 at once; iterations that are running are cut off. */
  end(): Promise<void>
}

export function k6Control(port: number): K6Control {
  const url = `http://127.0.0.1:${port}/v1/status`
  const limited = (): AbortSignal => AbortSignal.timeout(2000)
  const patch = async (attributes: Record<string, unknown>): Promise<void> => {
    const body = JSON.stringify({ data: { type: 'status', id: 'default', attributes } })
    const answer = await fetch(url, { method: 'PATCH', body, signal: limited() })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`k6 answered ${answer.status}: ${text.slice(0, 200)}`)
  }
  return {
    async status() {
      try {
        const answer = await fetch(url, { signal: limited() })
        const { data } = (await answer.json()) as { data: { attributes: { vus: number } } }
        return { running: data.attributes.vus }
      } catch {
        return null
      }
    },
    announceStop: () => patch({ vus: 0, 'vus-max': 1 }),
    end: () => patch({ stopped: true }),
  }
}
