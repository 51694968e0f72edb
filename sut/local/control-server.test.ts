import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { expect, test } from 'vitest'
import { Failure } from '#lib/errors.ts'
import { serveControl } from './control-server.ts'
import type { Handlers } from './control.ts'

const sockets = await mkdtemp(join(tmpdir(), 'slot-control-'))
const streams = { async *events() {}, async *dump() {} }

test.for([
  ['of its own', new Failure('UNKNOWN_LINK', 'no such link'), '{}', { status: 400, code: 'UNKNOWN_LINK' }],
  ['of its own that nobody asked for', new Failure('SYSTEM_LOST', 'gone'), '{}', { status: 500, code: 'SYSTEM_LOST' }],
  ['that it did not expect', new TypeError('broken inside'), '{}', { status: 500, code: 'SYSTEM_ERROR' }],
  ['about a body of another shape', undefined, '[]', { status: 400, code: 'USAGE' }],
  ['about a body that is not JSON', undefined, '{', { status: 400, code: 'USAGE' }],
] as const)('an error %s is answered with its code', async ([, thrown, body, expected], { onTestFinished }) => {
  const residue = () => (thrown === undefined ? [] : Promise.reject(thrown))
  const path = join(sockets, 'control.sock')
  const server = await serveControl(path, { residue } as unknown as Handlers, streams)
  const agent = new Agent({ connect: { socketPath: path } })
  onTestFinished(async () => {
    await agent.close()
    await server.close()
    await rm(path, { force: true })
  })
  const headers = { 'content-type': 'application/json' }
  const answer = await request('http://system/residue', { method: 'POST', headers, body, dispatcher: agent })
  expect({ status: answer.statusCode, ...((await answer.body.json()) as object) }).toMatchObject({
    ...expected,
    message: thrown?.message ?? expect.any(String),
  })
})
