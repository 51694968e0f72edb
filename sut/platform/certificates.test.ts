import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { waitFor } from '#lib/wait.ts'
import { type Authority, createAuthority } from '#sut/deployment/pki.ts'
import { type Certificates, readCertificates, watchCertificates } from './certificates.ts'

let folder: string
let authority: Authority
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-certificates-'))
  authority = await createAuthority(folder, 'test', systemClock)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function watch(certificates: { authority: string; certificate: string; key: string }) {
  const taken: Certificates[] = []
  const errors: unknown[] = []
  const watched = watchCertificates({ certificates }, (error) => errors.push(error), 5)
  watched.onChange((fresh) => taken.push(fresh))
  return { taken, errors, watched }
}
const limit = { limit_ms: 5000, every_ms: 5 }

test('a new pair is handed on once, however often the files are looked at', async () => {
  const certificates = await authority.issue('wallet', 'a')
  const { taken, errors, watched } = watch(certificates)
  for (let count = 1; count <= 3; count++) {
    await authority.issue('wallet', 'a')
    await waitFor(() => taken.length === count, { what: 'the new pair', ...limit })
    expect(watched.current()).toEqual(readCertificates({ certificates }))
  }
  watched.close()
  expect(errors).toEqual([])
})

test('a certificate beside the key of another is reported and not used; the pair that comes after it is', async () => {
  const [own, other] = [await authority.issue('wallet', 'a'), await authority.issue('wallet', 'b')]
  const certificates = { ...own, certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') }
  await copyFile(own.certificate, certificates.certificate)
  await copyFile(own.key, certificates.key)
  const { taken, errors, watched } = watch(certificates)
  const before = watched.current()
  await copyFile(other.certificate, certificates.certificate)
  await waitFor(() => errors.length > 0, { what: 'the complaint', ...limit })
  expect(String(errors[0])).toMatch(/key values mismatch/)
  expect([taken, watched.current()]).toEqual([[], before])
  await copyFile(other.key, certificates.key)
  await waitFor(() => taken.length > 0, { what: 'the pair', ...limit })
  watched.close()
  expect(taken).toEqual([readCertificates({ certificates: other })])
})
