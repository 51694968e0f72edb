import { Failure } from '#lib/errors.ts'
import { within } from '#lib/wait.ts'
import type { Api } from '../access/api.ts'
import type { Pod } from '../access/objects.ts'
import { type PodProgram, startInPod } from '../access/run-in-pod.ts'
import { createAdmission, ensureAgent } from './ephemeral.ts'

/** The agent inside one pod, for as long as we speak to it. */
export interface Agent {
  readonly pod: string
  /** Throws what the agent says, or that it is gone. */
  ask<T>(question: object, limit_ms?: number): Promise<T>
  alive(): boolean
}

export interface Agents {
  /** Starts it when there is none. */
  of(pod: Pod): Promise<Agent>
  /** Those that are there. */
  all(): Agent[]
  /** The end of every conversation: each agent undoes what it holds. */
  close(): Promise<void>
}

interface AgentOptions {
  api: Pick<Api, 'call' | 'exec'>
  namespace: string
  image: string
}

/** The agent forgets everything ten seconds after the last word. */
const beat_every_ms = 2_500
const answer_limit_ms = 10_000
const program = ['node', '/app/agent/main.mjs']

export function createAgents(options: AgentOptions): Agents {
  const admission = createAdmission(options.api, options.namespace)
  const known = new Map<string, { agent?: Talking; starting: Promise<Talking> }>()
  const start = async (pod: Pod): Promise<Talking> => {
    const container = await ensureAgent({ ...options, admission }, pod)
    return talk(options, { namespace: options.namespace, pod: pod.metadata.name, container })
  }
  return {
    async of(pod) {
      const key = pod.metadata.uid ?? pod.metadata.name
      const there = known.get(key)
      if (there !== undefined && there.agent?.alive() !== false) return there.starting
      const entry: { agent?: Talking; starting: Promise<Talking> } = { starting: start(pod) }
      known.set(key, entry)
      try {
        return (entry.agent = await entry.starting)
      } catch (error) {
        known.delete(key)
        throw error
      }
    },
    all: () => [...known.values()].flatMap(({ agent }) => (agent?.alive() === true ? [agent] : [])),
    async close() {
      await Promise.all(
        [...known.values()].map(({ starting }) => starting.then((agent) => agent.close()).catch(() => undefined)),
      )
    },
  }
}

type Talking = Agent & { close(): Promise<void> }

async function talk(
  { api }: AgentOptions,
  place: { namespace: string; pod: string; container: string },
): Promise<Talking> {
  const waiting = new Map<number, (answer: { failed?: string }) => void>()
  let next = 1
  let alive = true
  const hello = Promise.withResolvers<unknown>()
  waiting.set(0, hello.resolve)
  const conversation: PodProgram = await startInPod(api, place, program, (line) => {
    const answer = JSON.parse(line) as { id: number; failed?: string }
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  const beat = setInterval(() => conversation.write('{"id":-1,"verb":"beat"}'), beat_every_ms)
  beat.unref()
  const watch = async (): Promise<void> => {
    const { text } = await conversation.ended
    alive = false
    clearInterval(beat)
    hello.reject(new Failure('FAULT_NOT_EFFECTIVE', `the agent in ${place.pod} did not start: ${text}`))
    for (const tell of waiting.values()) tell({ failed: `the agent is gone: ${text}` })
  }
  void watch()
  await within(hello.promise, { what: `the agent in ${place.pod}`, limit_ms: answer_limit_ms })
  return {
    pod: place.pod,
    alive: () => alive,
    async ask<T>(question: object, limit_ms = answer_limit_ms) {
      const id = next++
      const answered = new Promise<{ failed?: string }>((resolve) => waiting.set(id, resolve))
      if (alive) conversation.write(JSON.stringify({ ...question, id }))
      else waiting.get(id)?.({ failed: 'the agent is gone' })
      const answer = await within(answered, { what: `an answer of the agent in ${place.pod}`, limit_ms })
      if (answer.failed !== undefined) throw new Error(`agent in ${place.pod}: ${answer.failed}`)
      return answer as T
    },
    async close() {
      conversation.end()
      await within(conversation.ended, { what: 'the agent to end', limit_ms: answer_limit_ms }).catch(() => undefined)
      conversation.close()
    },
  }
}
