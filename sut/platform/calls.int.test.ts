import { connect } from 'node:http2'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pause, waitFor } from '#lib/wait.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { StartedService, Wire } from './service.ts'
import { forwarder, startNetwork, type Network, type ServiceAddress } from './testing/network.ts'

let network: Network
beforeEach(async () => void (network = await startNetwork()))
afterEach(() => network[Symbol.asyncDispose]())

const balance = { balance_minor: 5, version: 1 }
const wallet = (answer: () => Promise<typeof balance> = async () => balance): Wire => {
  return (platform) => platform.serve('wallet.balance', answer)
}
const at = ({ port }: { port: number }, region: 'a' | 'b' = 'a'): ServiceAddress => ({
  instance: `wallet-${region}-${port}`,
  region,
  host: '127.0.0.1',
  port,
})
const ask = ({ platform }: StartedService, patience_ms = 1000) =>
  platform.call('wallet.balance', { params: { id: 'p' }, deadline_ms: platform.clock.monotonic_ms() + patience_ms })
/** A call with time left, whose caller goes away after a tenth of a second. */
const giveUpOn = ({ platform }: StartedService, id = 'p') =>
  platform.call('wallet.balance', {
    params: { id },
    deadline_ms: platform.clock.monotonic_ms() + 2000,
    signal: AbortSignal.timeout(100),
  })
const start: Network['start'] = (...args) => network.start(...args)
const metricsOf = ({ platform }: StartedService): Promise<string> => platform.metrics.registry.metrics()

describe('a call', () => {
  test('is answered over mutual TLS, to callers that the contract admits', async () => {
    const served = await start('wallet', wallet())
    const gateway = await start('gateway', () => {}, [at(served)])
    expect(await ask(gateway)).toEqual(balance)
    const catalog = await start('catalog', () => {}, [at(served)])
    await expect(ask(catalog)).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('finds a connection that was made before the service was ready', async () => {
    const served = await start('wallet', wallet())
    let connections = 0
    served.platform.http.server.on('secureConnection', () => connections++)
    const gateway = await start('gateway', () => {}, [at(served)])
    expect(connections).toBe(1)
    await ask(gateway)
    expect(connections).toBe(1)
  })

  test('is not asked for before the region has who answers it: a service waits for its neighbours', async () => {
    const served = await start('wallet', wallet())
    let ready = false
    const starting = start('gateway', () => {}, [at(served, 'b')]).finally(() => (ready = true))
    await pause(500)
    expect(ready).toBe(false)
    await network.announce('gateway-a-2', [at(served), at(served, 'b')])
    expect(await ask(await starting)).toEqual(balance)
  })

  test('goes to no one who is not the service that is called', async () => {
    const imposter = await start('wallet', wallet(), [], 'catalog')
    const gateway = await start('gateway', () => {}, [at(imposter)])
    await expect(ask(gateway)).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('takes a hundred at once over one connection', async () => {
    let under_way = 0
    let most = 0
    const gate = Promise.withResolvers<void>()
    const slow = async (): Promise<typeof balance> => {
      most = Math.max(most, ++under_way)
      if (under_way === 100) gate.resolve()
      await gate.promise
      return balance
    }
    const served = await start('wallet', wallet(slow))
    const gateway = await start('gateway', () => {}, [at(served)])
    await Promise.all(Array.from({ length: 100 }, () => ask(gateway, 5000)))
    expect(most).toBe(100)
  })

  test('is tried at another instance when the first refuses, and the dead one is left alone', async () => {
    const dead = await network.listen((socket) => socket.destroy())
    const served = await start('wallet', wallet(), [])
    const gateway = await start('gateway', () => {}, [at(dead), at(served, 'b')])
    for (let round = 0; round < 5; round++) expect(await ask(gateway)).toEqual(balance)
    const text = await metricsOf(gateway)
    expect(text).toMatch(/call_ejections_total\{[^}]*\} 1/)
    expect(text).toMatch(/call_retries_total\{[^}]*\} 3/)
  })

  test('ends at its deadline when the peer is silent', async () => {
    const silent = await network.listen(() => {})
    const gateway = await start('gateway', () => {}, [at(silent)])
    const begun = performance.now()
    await expect(ask(gateway, 300)).rejects.toMatchObject({ code: 'deadline_exceeded' })
    expect(performance.now() - begun).toBeLessThan(600)
  })

  test('passes on what the callee says, and hides what it does not', async () => {
    const refusing = await start(
      'wallet',
      wallet(() => Promise.reject(new Problem('not_found', 'no account'))),
    )
    const gateway = await start('gateway', () => {}, [at(refusing)])
    await expect(ask(gateway)).rejects.toMatchObject({ code: 'not_found', message: 'no account' })
    const broken = await start(
      'wallet',
      wallet(() => Promise.reject(new Error('password=1'))),
    )
    const other = await start('gateway', () => {}, [at(broken)])
    await expect(ask(other)).rejects.toMatchObject({ code: 'internal', message: 'internal error' })
  })

  test('that does not fit the contract is refused with every violation', async () => {
    const served = await start('wallet', (platform) => {
      platform.serve('wallet.transfer', async () => ({ transfer_id: 't', ...balance, replayed: false }))
    })
    const { platform } = await start('gateway', () => {}, [at(served)])
    const body = { key: '', kind: 'gift', player_id: 'p', amount_minor: 0 } as never
    const refused = platform.call('wallet.transfer', { body, deadline_ms: platform.clock.monotonic_ms() + 1000 })
    await expect(refused).rejects.toMatchObject({ code: 'malformed' })
    await expect(refused).rejects.toThrow(/key.*kind.*amount_minor/)
  })

  test('without a certificate, or with one of another authority, gets no connection', async () => {
    const served = await start('wallet', wallet())
    const other = await startNetwork()
    const { authority, certificate, key } = (await other.start('gateway', () => {})).platform.config.certificates
    const files = await Promise.all([authority, certificate, key].map((path) => readFile(path, 'utf8')))
    for (const own of [{}, { cert: files[1]!, key: files[2]! }]) {
      const session = connect(`https://127.0.0.1:${served.port}`, { rejectUnauthorized: false, ...own })
      const request = session.request({ ':path': '/accounts/p' })
      const status = await new Promise((resolve) => {
        for (const end of [session, request])
          end.on('error', () => resolve('refused')).on('close', () => resolve('closed'))
        request.on('response', (headers) => resolve(headers[':status']))
      })
      expect(['refused', 'closed']).toContain(status)
      session.destroy()
    }
    await other[Symbol.asyncDispose]()
  })

  test('goes elsewhere while a link swallows everything, and comes back when the link does', async () => {
    const near = await start('wallet', wallet())
    const far = await start('wallet', wallet())
    await using link = await forwarder(near.port)
    const gateway = await start('gateway', () => {}, [at(link), at(far, 'b')])
    const served = async (): Promise<number> =>
      Number(/http_request_duration_seconds_count\{[^}]*accounts[^}]*\} (\d+)/.exec(await metricsOf(near))?.[1] ?? 0)
    await ask(gateway)
    expect(await served()).toBe(1)

    link.swallow(true)
    // Each of these is tried at the far instance once the near one has been silent for long enough.
    await Promise.all([1, 2, 3].map(async () => expect(await ask(gateway, 2000)).toEqual(balance)))
    const begun = performance.now()
    for (let round = 0; round < 20; round++) expect(await ask(gateway)).toEqual(balance)
    expect(performance.now() - begun).toBeLessThan(700)
    expect(await metricsOf(gateway)).toMatch(/call_ejections_total\{[^}]*\} 1/)

    link.swallow(false)
    const before = await served()
    await waitFor(async () => (await ask(gateway), (await served()) > before), { what: 'the return', limit_ms: 6000 })
  })

  test('that may not be made twice is made again where the first instance cannot have seen it', async () => {
    const open = (): Wire => (platform) =>
      platform.serve('session.open', async () => ({ session_id: 's', game_id: 'g' }))
    const gone = await network.listen(() => {})
    await gone.close()
    const served = await start('session', open())
    const { platform } = await start('gateway', () => {}, { session: [at(gone), at(served, 'b')] })
    const body = { player_id: 'p', game_id: 'g' }
    const answer = await platform.call('session.open', { body, deadline_ms: platform.clock.monotonic_ms() + 1000 })
    expect(answer.session_id).toBe('s')
  })

  test('goes on while certificates are replaced: none fails, and new connections carry the new ones', async () => {
    // Longer than a look at the files takes: some calls are under way whenever a connection is given up.
    const served = await start(
      'wallet',
      wallet(() => pause(50).then(() => balance)),
    )
    const callers = new Set<string>()
    served.platform.http.server.on('secureConnection', (socket) => {
      const { serialNumber, subjectaltname } = socket.getPeerCertificate()
      if (subjectaltname?.includes('/gateway')) callers.add(serialNumber)
    })
    const gateway = await start('gateway', () => {}, [at(served)])
    const over = new AbortController()
    let answered = 0
    const asking = Array.from({ length: 20 }, async () => {
      for (; !over.signal.aborted; answered++) expect(await ask(gateway)).toEqual(balance)
    })
    for (let rotations = 1; rotations <= 2; rotations++) {
      const before = await network.certificateOf(served)
      await network.rotate(served)
      await network.rotate(gateway)
      const taken = async () => callers.size > rotations && (await network.certificateOf(served)) !== before
      await waitFor(taken, { what: 'both to use their new ones', limit_ms: 10_000 })
    }
    over.abort()
    await Promise.all(asking)
    expect(answered).toBeGreaterThan(200)
    expect(await metricsOf(gateway)).not.toMatch(/call_(ejections|retries)_total\{/)
  })

  test('under way is finished by a service that stops, and its idle connections do not hold it up', async () => {
    const gate = Promise.withResolvers<void>()
    const served = await start(
      'wallet',
      wallet(() => gate.promise.then(() => balance)),
    )
    const gateway = await start('gateway', () => {}, [at(served)])
    const answer = ask(gateway, 5000)
    await waitFor(async () => (await network.load(served)).in_flight === 1, { what: 'the request', limit_ms: 2000 })
    const stopped = served.stop()
    await waitFor(
      async () =>
        ask(gateway, 200).then(
          () => false,
          () => true,
        ),
      { what: 'no more', limit_ms: 2000 },
    )
    gate.resolve()
    expect(await answer).toEqual(balance)
    const begun = performance.now()
    await stopped
    expect(performance.now() - begun).toBeLessThan(1000)
  })

  test('that its caller gives up does not reset its stream', async () => {
    const gate = Promise.withResolvers<typeof balance>()
    const served = await start(
      'wallet',
      wallet(() => gate.promise),
    )
    const gateway = await start('gateway', () => {}, [at(served)])
    const cut: boolean[] = []
    served.platform.http.server.on('stream', (stream) => stream.once('close', () => cut.push(stream.aborted)))
    await Promise.allSettled(Array.from({ length: 5 }, () => giveUpOn(gateway)))
    expect(cut).toEqual([])
    gate.resolve(balance)
    await waitFor(() => cut.length === 5, { what: 'the answers that nobody wants', limit_ms: 3000 })
    expect(cut).toEqual(Array(5).fill(false))
  })

  test('that is late is no reason to leave an instance alone that was heard meanwhile', async () => {
    const served = await start('wallet', (platform) =>
      platform.serve('wallet.balance', async ({ params }) => (params.id === 'late' ? new Promise(() => {}) : balance)),
    )
    const gateway = await start('gateway', () => {}, [at(served)])
    await ask(gateway)
    const late = Promise.allSettled(Array.from({ length: 5 }, () => giveUpOn(gateway, 'late')))
    expect(await ask(gateway)).toEqual(balance)
    for (const outcome of await late) expect(outcome).toMatchObject({ reason: { code: 'deadline_exceeded' } })
    expect(await metricsOf(gateway)).not.toMatch(/call_ejections_total\{/)
  })

  test('that its caller has given up is not counted as under way for ever', async () => {
    const gate = Promise.withResolvers<typeof balance>()
    const served = await start(
      'wallet',
      wallet(() => gate.promise),
    )
    const gateway = await start('gateway', () => {}, [at(served)])
    await Promise.allSettled(Array.from({ length: 20 }, () => giveUpOn(gateway)))
    gate.resolve(balance)
    const load = async () =>
      (await (await fetch(`http://127.0.0.1:${served.operations_port}/load`)).json()) as { in_flight: number }
    await waitFor(async () => (await load()).in_flight === 0, { what: 'nothing under way', limit_ms: 3000 })
  })
})
