import { once, type EventEmitter } from 'node:events'
import { connect, Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { pause } from '#lib/wait.ts'
import { closeDoors } from './testing/door.ts'
import { answerOn, answerTo, asked, asking, begin, listeningDoor, posting } from './testing/listening.ts'
import { unfinished } from './unfinished.ts'

afterEach(closeDoors)

const patient = { timeout: 10_000 }
const games = () => ({ games: [] })
const wrongLogin = JSON.stringify({ name: 'ada', password: 'correct horse' })
const begun = 'POST /v1/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{'
const times = (count: number): undefined[] => Array.from({ length: count })

describe('requests that do not end hold no place', { timeout: 30_000 }, () => {
  test('over HTTP/2: 3 connections with 110 of them, and whoever is honest is served', async () => {
    await using here = await listeningDoor(games)
    const attackers = await Promise.all(times(3).map(() => here.session()))
    for (const session of attackers) for (const _ of times(110)) begin(session)
    const honest = await here.session()
    const statuses: number[] = []
    for (const _ of times(25)) {
      statuses.push((await asked(honest, asking)).status)
      statuses.push((await asked(honest, posting, wrongLogin)).status)
    }
    expect(statuses.filter((status) => status === 503 || status === 429)).toEqual([])
    expect(here.called).toHaveLength(50)
    here.leave()
    await expect.poll(here.in_flight, patient).toBe(0)
  })

  test('over HTTP/1: 150 connections with one of them', async () => {
    await using here = await listeningDoor(games)
    const sockets = await Promise.all(times(150).map(() => here.socket()))
    for (const socket of sockets) socket.write(begun)
    const honest = await here.session()
    const statuses: number[] = []
    for (const _ of times(25)) statuses.push((await asked(honest, asking)).status)
    for (const _ of times(25)) statuses.push((await asked(honest, posting, wrongLogin)).status)
    expect(statuses.filter((status) => status === 503 || status === 429)).toEqual([])
    here.leave()
    await expect.poll(here.in_flight, patient).toBe(0)
  })

  test('nor do those that are reset as soon as they were begun', async () => {
    await using here = await listeningDoor(games, { in_flight_max: 10 })
    const attacker = await here.session()
    for (const _ of times(300)) begin(attacker).close(8)
    const honest = await here.session()
    for (const _ of times(25)) expect((await asked(honest, asking)).status).toBe(200)
    here.leave()
    await expect.poll(here.in_flight, patient).toBe(0)
    expect(here.called.filter(({ name }) => name === 'identity.login')).toEqual([])
  })
})

test('a timer that fires early, as it does in a process that was busy, ends nothing', async () => {
  const clock = { now_ms: 0, monotonic_ms: () => clock.now_ms }
  const refused: string[] = []
  const bodies = unfinished({ body_ms: 20, unfinished_address_max: 10, unfinished_max: 10 }, clock)
  bodies.begin('a', ({ code }) => refused.push(code))
  bodies.begin('a', ({ code }) => refused.push(code))()
  await pause(100)
  expect(refused).toEqual([])
  clock.now_ms = 20
  await expect.poll(() => refused, patient).toEqual(['request_timeout'])
})

describe('a body has its time', { timeout: 30_000 }, () => {
  test('and is refused after it, also when a byte comes now and then; the stream is closed', async () => {
    await using here = await listeningDoor(games, { body_ms: 300 })
    const session = await here.session()
    const stream = begin(session)
    // timer: bytes that never make a body, until the stream is closed
    const trickle = setInterval(() => stream.writable && stream.write(' '), 50)
    stream.once('close', () => clearInterval(trickle))
    expect(await answerTo(stream)).toEqual({ status: 408, code: 'request_timeout' })
    await expect.poll(() => stream.closed, patient).toBe(true)
    expect(here.refused).toEqual(['request_timeout'])
    expect((await asked(session, asking)).status).toBe(200)
  })

  test('over HTTP/1 too; the connection is closed', async () => {
    await using here = await listeningDoor(games, { body_ms: 300 })
    const socket = await here.socket()
    socket.write(begun)
    expect(await answerOn(socket)).toEqual({ status: 408, code: 'request_timeout' })
  })

  test('what was cut off is not carried out, though it could be read', async () => {
    await using here = await listeningDoor(games, { body_ms: 300 })
    begin(await here.session(), posting, wrongLogin)
    const socket = await here.socket()
    socket.write(begun.replace('{', '').replace('100', `${wrongLogin.length + 1}`) + wrongLogin)
    const honest = await here.session()
    await asked(honest, asking)
    here.breakConnections(2)
    for (const _ of times(5)) await asked(honest, asking)
    expect(here.called.filter(({ name }) => name === 'identity.login')).toEqual([])
  })
})

describe('bodies that have not arrived are bounded', { timeout: 30_000 }, () => {
  test('for an address: who has waited longest is refused at once', async () => {
    await using here = await listeningDoor(games, { unfinished_address_max: 5, unfinished_max: 100 })
    const [one, other] = [await here.session(), await here.session('127.0.0.2')]
    const elsewhere = begin(other)
    const first = begin(one)
    const rest = times(5).map(() => begin(one))
    expect(await answerTo(first)).toEqual({ status: 429, code: 'too_many_requests' })
    expect([...rest, elsewhere].some(({ closed }) => closed)).toBe(false)
    expect((await asked(one, posting, wrongLogin)).status).not.toBe(429)
  })

  test('in all', async () => {
    await using here = await listeningDoor(games, { unfinished_address_max: 5, unfinished_max: 8 })
    const sessions = [await here.session(), await here.session('127.0.0.2'), await here.session('127.0.0.3')]
    const first = begin(sessions[0]!)
    const refused = answerTo(first)
    for (const session of sessions) for (const _ of times(4)) begin(session)
    expect(await refused).toEqual({ status: 503, code: 'unavailable' })
    here.leave()
    await expect.poll(here.in_flight, patient).toBe(0)
  })

  test.each([
    ['that say so', { ...posting, 'content-length': '1000000' }, '{'],
    ['that do not', posting, 'x'.repeat(20_000)],
  ])('too large ones %s are refused without waiting for the rest', async (_, headers, first) => {
    await using here = await listeningDoor(games)
    const stream = begin(await here.session(), headers, first)
    expect(await answerTo(stream)).toEqual({ status: 413, code: 'body_too_large' })
    await expect.poll(() => stream.closed, patient).toBe(true)
    const socket = await here.socket()
    socket.write(begun.replace('100', '1000000'))
    expect(await answerOn(socket)).toEqual({ status: 413, code: 'body_too_large' })
  })
})

describe('a place is held as long as the work lasts', { timeout: 30_000 }, () => {
  test('also when the client has gone meanwhile', async () => {
    const first = Promise.withResolvers<unknown>()
    const answers = [first.promise]
    await using here = await listeningDoor(() => answers.shift() ?? games(), { in_flight_max: 1 })
    const honest = await here.session()
    const left = (await here.session()).request(asking)
    left.on('error', () => undefined)
    await expect.poll(() => answers.length, patient).toBe(0)
    left.close(8)
    await expect.poll(here.in_flight, patient).toBe(0)
    expect((await asked(honest, asking)).status).toBe(503)
    first.resolve(games())
    await expect.poll(async () => (await asked(honest, asking)).status, patient).toBe(200)
  })

  test('and no longer, when the client never ends its request or does not read the answer', async () => {
    await using here = await listeningDoor(games, { in_flight_max: 1 })
    const [one, other] = [await here.session(), await here.session()]
    const answered = begin(one, asking, '')
    expect((await answerTo(answered)).status).toBe(200)
    await expect.poll(() => answered.closed, patient).toBe(true)
    const unread = await here.session()
    unread.settings({ initialWindowSize: 0 })
    await asked(other, asking)
    begin(unread, asking, '')
    for (const _ of times(5)) expect((await asked(other, asking)).status).toBe(200)
  })
})

describe('connections that do nothing are closed', { timeout: 30_000 }, () => {
  const quick = { handshake_ms: 1_500, headers_ms: 500, idle_ms: 2_000 }
  const closed = (of: EventEmitter): Promise<unknown> => {
    if (of instanceof Socket) of.resume()
    return once(of, 'close')
  }

  test('before the handshake, in the headers of HTTP/1, and without a request', async () => {
    await using here = await listeningDoor(games, {}, { ...quick, idle_ms: 4_000 })
    const mute = closed(connect(here.port, '127.0.0.1').on('error', () => undefined))
    const slow = await here.socket()
    slow.write('GET /v1/games HTTP/1.1\r\nhost: a\r\nx-slow: ')
    const idle = closed(await here.session())
    // Whoever keeps a connection for later would take an answer for that of the request that he is just sending.
    const unused = answerOn(await here.socket())
    expect(await answerOn(slow)).toEqual({ status: 408, code: 'request_timeout' })
    expect(await unused).toEqual({ status: 0, code: undefined })
    await Promise.all([mute, idle])
  })

  test('what is no HTTP, or has too many headers, is refused as everything else is', async () => {
    await using here = await listeningDoor(games)
    const wrong = await here.socket()
    wrong.write('no request at all\r\n\r\n')
    expect(await answerOn(wrong)).toEqual({ status: 400, code: 'malformed' })
    const long = await here.socket()
    long.write(`GET /v1/games HTTP/1.1\r\nhost: a\r\nx-long: ${'x'.repeat(100_000)}\r\n\r\n`)
    expect(await answerOn(long)).toEqual({ status: 431, code: 'headers_refused' })
  })

  test('and not those that are used, nor one whose request takes its time', async () => {
    const waiting = Promise.withResolvers<unknown>()
    await using here = await listeningDoor(() => waiting.promise, {}, quick)
    const session = await here.session()
    const answer = asked(session, asking)
    const unused = await here.session()
    await closed(unused)
    expect(session.closed).toBe(false)
    waiting.resolve({ games: [] })
    expect(await answer).toMatchObject({ status: 200 })
  })

  test('where there are too many of an address, or in all: the one that was not used for longest', async () => {
    await using here = await listeningDoor(games, {}, { address_max: 3, all_max: 4 })
    const sessions = [await here.session(), await here.session(), await here.session()]
    await asked(sessions[0]!, asking)
    const open = () => sessions.map((session) => !session.closed && !session.destroyed)
    sessions.push(await here.session())
    await expect.poll(open, patient).toEqual([true, false, true, true])
    sessions.push(await here.session('127.0.0.2'), await here.session('127.0.0.3'))
    await expect.poll(open, patient).toEqual([true, false, false, true, true, true])
  })

  test('a connection has no more streams than a client has use for', async () => {
    await using here = await listeningDoor(games)
    const { remoteSettings } = await here.session()
    expect(remoteSettings.maxConcurrentStreams).toBe(100)
  })
})
