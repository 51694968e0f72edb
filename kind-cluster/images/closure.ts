// Which npm packages a service needs: those that its files import, and all that these need in turn.

export interface LockedPackage {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** "packages" of a package-lock.json of version 3: by folder, "node_modules/a/node_modules/b". */
export type LockedPackages = Readonly<Record<string, LockedPackage>>

/** Names of the packages that these source texts import; modules of node and of the project are none. */
export function packagesImported(texts: readonly string[]): string[] {
  const pattern =
    /^\s*(?:import|export)\b[^'"`;]*?from\s*'([^'.#][^']*)'|^\s*import\s*'([^'.#][^']*)'|\bimport\('([^'.#][^']*)'\)/gm
  const specifiers = texts.flatMap((text) =>
    [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3]!),
  )
  const names = specifiers.filter((each) => !each.startsWith('node:')).map(nameOf)
  return [...new Set(names)].toSorted()
}

/** The folders of the packages and of all that they need, as node looks for them. Throws when one is not in the lock file. */
export function closureOf(names: readonly string[], packages: LockedPackages): string[] {
  const found = new Set<string>()
  const visit = (name: string, from: string, optional: boolean): void => {
    const folder = resolve(name, from, packages)
    if (folder === undefined && optional) return
    if (folder === undefined)
      throw new Error(`${name}, needed by ${from || 'the services'}, is not in package-lock.json`)
    if (found.has(folder)) return
    found.add(folder)
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = packages[folder] ?? {}
    for (const each of Object.keys(dependencies)) visit(each, folder, each in optionalDependencies)
    for (const each of Object.keys({ ...optionalDependencies, ...peerDependencies })) visit(each, folder, true)
  }
  for (const name of names) visit(name, '', false)
  return [...found].toSorted()
}

function resolve(name: string, from: string, packages: LockedPackages): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const candidate = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (candidate in packages) return candidate
    if (folder === '') return undefined
    if (!folder.includes('/node_modules/')) {
      const top = `node_modules/${name}`
      return top in packages ? top : undefined
    }
  }
}

/** "@scope/name/sub/path" is in the package "@scope/name". */
const nameOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
