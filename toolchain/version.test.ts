import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { programs } from './registry.ts'
import { compareVersions, describeRange, satisfies } from './version.ts'
import { packageOf } from './ways/debian-packages.ts'

const version = fc.array(fc.nat(99), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'))

describe('comparing versions', () => {
  test.each([
    ['1.10', '1.9', 1],
    ['2.0', '2', 0],
    ['v1.8.1', '1.8.1', 0],
    ['7.0.15', '7.0.9-rc1', 1],
    ['1.8', '1.8.1', -1],
  ])('%s and %s', (a, b, sign) => expect(Math.sign(compareVersions(a, b))).toBe(sign))

  test('is an order', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0)
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0)
      }),
    )
  })

  test('refuses what is no version', () => expect(() => compareVersions('git', '1')).toThrow(RangeError))
})

test('a range takes its lower end and not its upper end', () => {
  const range = { from: '1.8.0', below: '2' }
  expect(['1.7.9', '1.8', '1.99', '2.0.0'].map((each) => satisfies(each, range))).toEqual([false, true, true, false])
  expect(satisfies('99', { from: '6.2' })).toBe(true)
  expect(describeRange(range)).toBe('1.8.0 or newer, below 2')
})

test.each([
  ['k6', 'k6 v1.8.1 (go1.26.8, linux/amd64)', '1.8.1'],
  ['nats-server', 'nats-server: v2.15.2', '2.15.2'],
  ['toxiproxy', 'toxiproxy-server version 2.5.0', '2.5.0'],
  ['toxiproxy', 'toxiproxy-server version git', undefined],
  ['redis', 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64', '7.0.15'],
  ['redis', 'Valkey server v=9.1.2 sha=00000000:0 malloc=libc bits=64', '9.1.2'],
  ['go', 'go version go1.26.8 linux/amd64', '1.26.8'],
  ['go', 'go version go1.27 darwin/arm64', '1.27'],
] as const)('the version of %s out of "%s"', (name, output, expected) => {
  expect(programs[name].version_pattern.exec(output)?.[1]).toBe(expected)
})

test('every pinned version is one that is accepted', () => {
  for (const program of Object.values(programs)) expect(satisfies(program.pinned_version, program.accepted)).toBe(true)
})

test.each([
  ['libjemalloc.so.2', 'libjemalloc2'],
  ['liblua5.1.so.0', 'liblua5.1-0'],
  ['libhiredis.so.0.14', 'libhiredis0.14'],
  ['lua-cjson.so.0', 'lua-cjson0'],
])('%s is in the package %s', (library, name) => expect(packageOf(library)).toBe(name))
