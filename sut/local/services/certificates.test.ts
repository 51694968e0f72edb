import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openObservations } from '#reports/record/observations.ts'
import { createAuthority, type Authority } from '#sut/deployment/pki.ts'
import { slotBackend } from '#sut/descriptor.ts'
import { factsOf } from '#sut/platform/certificates.ts'
import type { SystemContext } from '../context.ts'
import { type ServiceCertificates, issueCertificates } from './certificates.ts'

const hour_ms = 3_600_000
const all = slotBackend.services.length * slotBackend.regions.length
let folder: string
let now_ms: number
let authority: Authority
let certificates: ServiceCertificates
const clock = { wall_ms: () => now_ms, monotonic_ms: () => now_ms }
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-certificates-'))
  now_ms = Date.UTC(2026, 0, 1)
  authority = await createAuthority(folder, 'test', clock)
  const request = { descriptor: slotBackend } as SystemContext['request']
  const context = { request, clock, observe: openObservations(null, clock), ending: AbortSignal.abort() }
  certificates = await issueCertificates(context, { ...authority, issue: (...owner) => authority.issue(...owner) })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const factsNow = async (service: string, region: string) =>
  factsOf(await readFile(certificates.files(service, region).certificate))

test('nothing is issued again until a third of its life is left, and then all, for as long as the system runs', async () => {
  for (let day = 1; day <= 3; day++) {
    now_ms += 15.9 * hour_ms
    expect(await certificates.renew()).toEqual([])
    now_ms += 0.1 * hour_ms + 1
    expect(await certificates.renew()).toHaveLength(all)
    expect((await factsNow('wallet', 'b')).until_ms - now_ms).toBeGreaterThan(23.9 * hour_ms)
    expect(await certificates.renew()).toEqual([])
  }
})

test('one that was replaced on demand has its own time', async () => {
  now_ms += 10 * hour_ms
  const [issued, ...others] = await certificates.rotate({ service: 'wallet', region: 'a' })
  expect(others).toEqual([])
  expect(issued).toMatchObject({ service: 'wallet', region: 'a', serial: (await factsNow('wallet', 'a')).serial })
  now_ms += 7 * hour_ms
  const renewed = (await certificates.renew()).map(({ service, region }) => `${service}-${region}`)
  expect(renewed).toHaveLength(all - 1)
  expect(renewed).not.toContain('wallet-a')
})

test('what could not be issued is due at the next look', async () => {
  now_ms += 17 * hour_ms
  const working = authority
  authority = { ...working, issue: () => Promise.reject(new Error('no space left')) }
  await expect(certificates.renew()).rejects.toThrow('no space left')
  authority = working
  expect(await certificates.renew()).toHaveLength(all)
})

test('a service, a region, or all', async () => {
  expect(await certificates.rotate({ service: 'wallet' })).toHaveLength(2)
  expect(await certificates.rotate({ region: 'a' })).toHaveLength(all / 2)
  expect(await certificates.rotate({})).toHaveLength(all)
})
