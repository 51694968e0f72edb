import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { openDatabase, type Database } from './database.ts'
import { startPostgres, type PostgresStore } from './testing/stores.ts'

let first: PostgresStore
let second: PostgresStore
let login: { name: string; user: string; password: string }
const open: Database[] = []

beforeAll(async () => {
  ;[first, second] = await Promise.all([startPostgres(), startPostgres()])
  login = await first.createDatabase('slot')
  await second.createDatabase('slot')
  // The second one stands by, as far as a client can see: it takes no writes.
  await readOnly(second, true)
})
afterAll(async () => {
  await Promise.all(open.map((database) => database.end()))
  await first[Symbol.asyncDispose]()
  await second[Symbol.asyncDispose]()
})

const readOnly = async (store: PostgresStore, on: boolean): Promise<void> => {
  await store.administer(`alter system set default_transaction_read_only = ${on ? 'on' : 'off'}`)
  await store.administer('select pg_reload_conf()')
  await waitFor(
    async () => {
      const rows = await store.administer('show default_transaction_read_only')
      return rows[0]?.['default_transaction_read_only'] === (on ? 'on' : 'off')
    },
    { what: 'the setting', limit_ms: 5000 },
  )
}

function connect(size = 4): Database {
  const database = openDatabase({ servers: () => [second, first], login, application: 'test', size })
  open.push(database)
  return database
}

async function freshTable(database: Database): Promise<string> {
  const table = `t_${newId().replaceAll('-', '')}`
  await database.query(`create table ${table} (id int primary key, value bigint not null)`)
  return table
}

const portOf = async (database: Database): Promise<number> =>
  Number((await database.query<{ port: string }>(`select current_setting('port') as port`))[0]!.port)

test('finds the server that takes writes and reads int8 as bigint, jsonb as objects', async () => {
  const database = connect()
  expect(await portOf(database)).toBe(first.port)
  const rows = await database.query('select $1::int8 as amount, $2::jsonb as body, 1.5::numeric as share', [
    9_007_199_254_740_993n,
    { a: [1] },
  ])
  expect(rows).toEqual([{ amount: 9_007_199_254_740_993n, body: { a: [1] }, share: '1.5' }])
})

test('rolls back when the work throws, and passes its error on', async () => {
  const database = connect()
  const table = await freshTable(database)
  let committed = 0
  const failing = database.transaction(async (tx) => {
    tx.afterCommit(() => committed++)
    await tx.query(`insert into ${table} values (1, 1)`)
    throw new Problem('insufficient_funds', 'no')
  })
  await expect(failing).rejects.toMatchObject({ code: 'insufficient_funds' })
  expect(await database.query(`select * from ${table}`)).toEqual([])
  await database.transaction(async (tx) => {
    tx.afterCommit(() => committed++)
    await tx.query(`insert into ${table} values ($1, $2)`, [1, 5n])
  })
  expect(committed).toBe(1)
  expect(await database.query(`select value from ${table}`)).toEqual([{ value: 5n }])
})

test('a broken connection to something else does not make it leave the database, nor run the work again', async () => {
  const database = connect()
  let runs = 0
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const failing = database.transaction(async (tx) => {
    runs++
    await tx.query('select 1')
    throw new Problem('unavailable', 'another service', { cause: refused })
  })
  await expect(failing).rejects.toMatchObject({ code: 'unavailable', message: 'another service' })
  expect(runs).toBe(1)
  expect(await portOf(database)).toBe(first.port)
})

test('an SQL error keeps its code, and a transaction that hides one does not pretend to have committed', async () => {
  const database = connect()
  const table = await freshTable(database)
  await database.query(`insert into ${table} values (1, 1)`)
  await expect(database.query(`insert into ${table} values (1, 1)`)).rejects.toMatchObject({ code: '23505' })
  const hidden = database.transaction(async (tx) => {
    await tx.query(`insert into ${table} values (1, 1)`).catch(() => undefined)
  })
  await expect(hidden).rejects.toThrow('a statement of the transaction failed')
})

test('only a relaxed transaction commits without waiting, and leaves nothing of it on the connection', async () => {
  const database = connect(1)
  const waits = (relaxed: boolean): Promise<string> =>
    database.transaction(
      async (tx) => {
        const [row] = await tx.query<{ setting: string }>(`select current_setting('synchronous_commit') as setting`)
        return row!.setting
      },
      { relaxed },
    )
  expect(await waits(true)).toBe('off')
  expect(await waits(false)).toBe('on')
  const stopped = database.transaction(() => Promise.reject(new Error('changed its mind')), { relaxed: true })
  await expect(stopped).rejects.toThrow('changed its mind')
  expect(await waits(false)).toBe('on')
})

test('a deadlock is run again until both transactions are done', async () => {
  const database = connect()
  const table = await freshTable(database)
  await database.query(`insert into ${table} values (1, 0), (2, 0)`)
  let attempts = 0
  let arrived = 0
  const add = (order: [number, number]): Promise<void> =>
    database.transaction(async (tx) => {
      attempts++
      await tx.query(`update ${table} set value = value + 1 where id = $1`, [order[0]])
      arrived++
      await waitFor(() => arrived >= 2, { what: 'both to hold one row', limit_ms: 5000, every_ms: 5 })
      await tx.query(`update ${table} set value = value + 1 where id = $1`, [order[1]])
    })
  await Promise.all([add([1, 2]), add([2, 1])])
  expect(attempts).toBeGreaterThan(2)
  expect(await database.query(`select value from ${table} order by id`)).toEqual([{ value: 2n }, { value: 2n }])
})

test('the queue for a connection is bounded in time', async () => {
  const database = connect(1)
  await database.transaction(async () => {
    const start = performance.now()
    await expect(database.query('select 1')).rejects.toMatchObject({ code: 'unavailable' })
    expect(performance.now() - start).toBeLessThan(3000)
  })
  expect(database.waiting()).toBe(0)
})

test('leaves a primary that became read-only, without an error for the caller', async () => {
  const database = connect()
  await Promise.all([1, 2, 3].map(() => database.query('select pg_sleep(0.05)')))
  for (const store of [first, second]) {
    await store.administer('select 1')
  }
  await readOnly(second, false)
  await readOnly(first, true)
  try {
    const table = await database.transaction(async (tx) => {
      const name = `t_${newId().replaceAll('-', '')}`
      await tx.query(`create table ${name} (id int)`)
      return name
    })
    expect(await portOf(database)).toBe(second.port)
    expect(await database.query(`select * from ${table}`)).toEqual([])
  } finally {
    await readOnly(first, false)
    await readOnly(second, true)
  }
})

test('moves to the other server when the primary is killed, and fails within a bound while there is none', async () => {
  const database = connect()
  expect(await portOf(database)).toBe(first.port)
  await first.stop('SIGQUIT')
  try {
    const start = performance.now()
    await expect(database.query('select 1')).rejects.toMatchObject({ code: 'unavailable' })
    await expect(database.query('select 1')).rejects.toMatchObject({ code: 'unavailable' })
    expect(performance.now() - start).toBeLessThan(6000)
    await readOnly(second, false)
    expect(await waitFor(() => portOf(database).catch(() => undefined), { what: 'it', limit_ms: 5000 })).toBe(
      second.port,
    )
  } finally {
    await readOnly(second, true)
    await first.start()
  }
})

test('a frozen primary costs a bounded wait, and the other one is taken as soon as it takes writes', async () => {
  const database = connect()
  await waitFor(() => portOf(database).catch(() => undefined), { what: 'the first server', limit_ms: 10_000 })
  await first.signal('SIGSTOP')
  // The session's own process is a child of the frozen one and still answers: only new sessions meet the silence.
  const fresh = connect()
  try {
    await expect(fresh.query('select 1')).rejects.toMatchObject({ code: 'unavailable' })
    await readOnly(second, false)
    expect(await waitFor(() => portOf(fresh).catch(() => undefined), { what: 'it', limit_ms: 6000 })).toBe(second.port)
  } finally {
    await first.signal('SIGCONT')
    await readOnly(second, true)
  }
})

test('a replica is the primary when no standby answers', async () => {
  const database = connect()
  const rows = await waitFor(
    () =>
      database
        .replica()
        .query<{ port: string }>(`select current_setting('port') as port`)
        .catch(() => undefined),
    { what: 'an answer', limit_ms: 5000 },
  )
  expect(Number(rows[0]!.port)).toBe(first.port)
})
