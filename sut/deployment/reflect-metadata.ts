// @peculiar/x509 is built on decorators with metadata, for which it wants three functions of the old Reflect proposal to exist
// before it is loaded. It asks only for own metadata of classes, so a map of maps is enough.
type Key = string | symbol
const stored = new WeakMap<object, Map<Key, unknown>>()

const own = (key: Key, target: object): unknown => stored.get(target)?.get(key)

function inherited(key: Key, target: object): unknown {
  for (let object: object | null = target; object !== null; object = Reflect.getPrototypeOf(object))
    if (stored.get(object)?.has(key) === true) return own(key, object)
  return undefined
}

function define(key: Key, value: unknown, target: object): void {
  const map = stored.get(target) ?? new Map<Key, unknown>()
  stored.set(target, map.set(key, value))
}

if (!('getMetadata' in Reflect))
  Object.assign(Reflect, { getMetadata: inherited, getOwnMetadata: own, defineMetadata: define })
