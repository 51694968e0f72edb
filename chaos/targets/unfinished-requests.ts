import { setMaxListeners } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type ClientHttp2Session, connect } from 'node:http2'
import { Failure } from '#lib/errors.ts'
import { pause } from '#lib/wait.ts'
import { publicRoutes } from '#sut/contracts/api.ts'
import type { HeldRequests } from './target.ts'

// Requests that are begun and never ended, held open on connections of this process: they end with it, whatever becomes of it. Only on
// this machine. What the gateway refuses or closes is begun again, a second later.

const retry_ms = 1_000
const refusal_characters_max = 4_096

export interface UnfinishedRequests {
  state(): HeldRequests
  /** Closes all of them. Idempotent. */
  release(): void
}

interface Gateway {
  url: string
  authority_file: string
}

export async function holdUnfinished(
  { url, authority_file }: Gateway,
  { connections, streams }: { connections: number; streams: number },
): Promise<UnfinishedRequests> {
  if (!/^127\.\d+\.\d+\.\d+$/.test(new URL(url).hostname))
    throw new Failure('NO_FAULT_TARGET', `unfinished requests are sent to 127.0.0.0/8 alone, and not to ${url}`)
  const ca = await readFile(authority_file, 'utf8')
  const over = new AbortController()
  const tally: HeldRequests = { wanted: connections * streams, open: 0, refused: 0, beyond: 0, refusals: {} }
  for (let number = 0; number < connections; number++)
    void connectAgain({ url, ca, streams, tally, signal: over.signal })
  return { state: () => ({ ...tally, refusals: { ...tally.refusals } }), release: () => over.abort() }
}

interface Asked {
  url: string
  ca: string
  streams: number
  tally: HeldRequests
  signal: AbortSignal
}

async function connectAgain(asked: Asked): Promise<void> {
  while (!asked.signal.aborted) {
    await connection(asked)
    await rest(asked.signal)
  }
}

/** One connection with its streams, until it ends; as many as the gateway admits on one, the others are `beyond`. */
async function connection({ url, ca, streams, tally, signal }: Asked): Promise<void> {
  const session = connect(url, { ca })
  const ended = new AbortController()
  const either = AbortSignal.any([signal, ended.signal])
  setMaxListeners(0, either)
  signal.addEventListener('abort', () => session.destroy(), { once: true, signal: ended.signal })
  session.on('error', (error) => (tally.error = error.message))
  let beyond = 0
  session.once('remoteSettings', ({ maxConcurrentStreams: most = streams }) => {
    beyond = Math.max(0, streams - most)
    tally.beyond += beyond
    for (let number = beyond; number < streams; number++) void requests(session, tally, either)
  })
  await new Promise<void>((resolve) => void session.once('close', resolve))
  tally.beyond -= beyond
  ended.abort()
}

/** Requests one after the other: each is open until the gateway answers or closes it, the next one begins a while later. */
async function requests(session: ClientHttp2Session, tally: HeldRequests, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    tally.open++
    const code = await refusalOf(session).finally(() => tally.open--)
    if (code !== undefined) tally.refusals[code] = (tally.refusals[code] ?? 0) + 1
    const told = code === undefined ? 0 : 1
    tally.refused += told
    await rest(signal)
    tally.refused -= told
  }
}

/** Begins a request; the code of its refusal, undefined when it was closed without a word. */
async function refusalOf(session: ClientHttp2Session): Promise<string | undefined> {
  if (session.closed || session.destroyed) return undefined
  const { method, path } = publicRoutes.login
  const headers = { 'content-type': 'application/json', 'content-length': 100 }
  const stream = session.request({ ':method': method, ':path': path, ...headers })
  let answer = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    answer += text
    if (answer.length > refusal_characters_max) stream.close()
  })
  stream.on('error', () => undefined)
  stream.write('{')
  await new Promise<void>((resolve) => void stream.once('close', resolve))
  return codeOf(answer)
}

const rest = (signal: AbortSignal): Promise<void> => pause(retry_ms, signal).catch(() => undefined)

function codeOf(answer: string): string | undefined {
  try {
    const { code } = JSON.parse(answer) as { code?: unknown }
    return typeof code === 'string' ? code : undefined
  } catch {
    return undefined
  }
}
