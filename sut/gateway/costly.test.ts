import { describe, expect, test } from 'vitest'
import { Problem } from '#sut/contracts/problems.ts'
import type { Call } from '#sut/platform/platform.ts'
import { costlyPlaces, withPlaces } from './costly.ts'
import { operations } from './operations.ts'

const unlimited = { take: () => {} }
const tooMany = expect.objectContaining({ code: 'too_many_requests' }) as Error

describe('places for what costs much', () => {
  test('one address leaves some to others', () => {
    const take = costlyPlaces({ places_max: 5, of_one_address_max: 3 }, unlimited)
    for (let count = 0; count < 3; count++) take('192.0.2.1')
    expect(() => take('192.0.2.1')).toThrow(tooMany)
    take('192.0.2.2')
    take('192.0.2.3')
    expect(() => take('192.0.2.4')).toThrow(expect.objectContaining({ code: 'unavailable' }) as Error)
  })

  test('are left again, by whom they were taken', () => {
    const take = costlyPlaces({ places_max: 2, of_one_address_max: 1 }, unlimited)
    for (let count = 0; count < 10; count++) {
      const leave = take('192.0.2.1')
      const leaveOther = take('2001:db8::1')
      expect(() => take('2001:db8::2')).toThrow(tooMany) // the same network
      leaveOther()
      leave()
    }
  })

  test('what is refused for its rate takes none', () => {
    const refusing = {
      take: () => {
        throw new Problem('too_many_requests', 'wait a little')
      },
    }
    const take = costlyPlaces({ places_max: 1, of_one_address_max: 1 }, refusing)
    for (let count = 0; count < 5; count++) expect(() => take('192.0.2.1')).toThrow('wait a little')
  })
})

test('a login and a registration have a place until they have ended, however; nothing else needs one', async () => {
  const call: Call = async () => Promise.reject(new Problem('unavailable', 'identity is away'))
  const events: string[] = []
  const take = (address: string) => {
    events.push(`takes ${address}`)
    return () => void events.push('leaves')
  }
  const all = withPlaces(operations(call, 'master'), take)
  const request = { body: { name: 'ada', password: 'x' }, address: '192.0.2.1', params: {}, query: {} } as never
  for (const kind of ['login', 'register', 'balance', 'refresh', 'spin'] as const)
    await expect(all[kind].handle(request)).rejects.toMatchObject({ code: 'unavailable' })
  expect(events).toEqual(['takes 192.0.2.1', 'leaves', 'takes 192.0.2.1', 'leaves'])
})
