import type { TObject } from 'typebox'
import {
  type OperationKind,
  admittedRoles,
  idempotencyKey,
  problem,
  publicRoutes,
  signatureHeaders,
} from '#sut/contracts/api.ts'
import { problems } from '#sut/contracts/problems.ts'
import type { Operation } from './operations.ts'

type Described = Pick<Operation, 'body' | 'params' | 'query' | 'answer' | 'moves_money'>

const json = (schema: unknown): object => ({ 'application/json': { schema } })
const header = (name: string, description: string, schema: unknown = { type: 'string' }): object => ({
  name,
  in: 'header',
  required: true,
  description,
  schema,
})

const signature = [
  header(signatureHeaders.timestamp, 'milliseconds since the epoch, at most 30 s away from the clock of the gateway'),
  header(signatureHeaders.nonce, '16 to 64 characters, never used before with this token'),
  header(
    signatureHeaders.signature,
    'hex(HMAC-SHA256(signing_key, METHOD \\n path-with-query \\n hex(SHA-256(body)) \\n timestamp \\n nonce \\n idempotency-key or nothing \\n region))',
  ),
]

/** Every status that a refusal can have, with the codes that stand for it. */
const refusals = Object.fromEntries(
  [...Map.groupBy(Object.entries(problems), ([, { status }]) => status)].map(([status, all]) => [
    String(status),
    { description: all.map(([code]) => code).join(', '), content: json({ $ref: '#/components/schemas/problem' }) },
  ]),
)

/** The public API as OpenAPI 3.1, whose schemas are JSON schemas, as ours are. */
export function openApiDocument(operations: Readonly<Record<OperationKind, Described>>): object {
  const kinds = Object.keys(publicRoutes) as OperationKind[]
  return {
    openapi: '3.1.0',
    info: {
      title: 'slot-backend',
      version: '1',
      description: 'Amounts are integers of the smallest unit of money. Each refusal has the body {code, message}.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: Object.fromEntries(
      [...Map.groupBy(kinds, (kind) => publicRoutes[kind].path)].map(([path, same]) => [
        path,
        Object.fromEntries(
          same.map((kind) => [publicRoutes[kind].method.toLowerCase(), operationOf(kind, operations[kind])]),
        ),
      ]),
    ),
    components: {
      schemas: { problem },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  }
}

const fieldsOf = (place: 'path' | 'query', schema: TObject | undefined): object[] =>
  Object.entries(schema?.properties ?? {}).map(([name, of]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: of,
  }))

function operationOf(kind: OperationKind, { body, params, query, answer, moves_money }: Described): object {
  const { status, signed } = publicRoutes[kind]
  const parameters = [
    ...fieldsOf('path', params),
    ...fieldsOf('query', query),
    ...(signed ? signature : []),
    ...(moves_money ? [header('idempotency-key', 'the same key moves money once', idempotencyKey)] : []),
  ]
  return {
    operationId: kind,
    ...(signed && { description: `For the role ${(admittedRoles[kind] ?? ['player']).join(', ')}.` }),
    security: signed ? [{ token: [] }] : [],
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { required: true, content: json(body) } }),
    responses: { [String(status)]: { description: 'done', content: json(answer) }, ...refusals },
  }
}
