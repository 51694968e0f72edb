import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { copyFile, cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BundleRequest, ensureBundle, servicesBundle } from '#lib/bundle.ts'
import { flagsOf } from '#sut/deployment/service-config.ts'
import { programNames } from '#sut/descriptor.ts'
import { artifactKey, ensureArtifact, keyOf } from '../offline/artifact.ts'
import { programArtifacts } from '../offline/programs.ts'
import { type RootName, rootArtifacts } from '../offline/root-file-systems.ts'
import { versions } from '../offline/versions.ts'
import type { Recipe } from './recipe.ts'

// The three images that a system on Kubernetes is made of. Offline their base is a root file system of ours and node is the
// program that runs this very text; else they begin with official images and need nothing of this machine, which may be a Mac.

const root = join(import.meta.dirname, '..', '..')
/** The one dependency that no bundle can hold: native code. */
const native = 'node_modules/@node-rs'
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
}
const search_path = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const node_version = process.version.slice(1)
const official = {
  node: `node:${node_version}-trixie-slim`,
  debian: 'debian:trixie-slim',
  toxiproxy: `ghcr.io/shopify/toxiproxy:${versions.toxiproxy}`,
} as const
const toxiproxy = programArtifacts['toxiproxy-server']
/** Where the service image has its modules compiled; only its own user can use that. */
export const compileCache = '/app/.compile-cache'
const run_as = { service: '10001:10001', stores: '10002:10002' } as const

export async function recipes({
  offline,
}: {
  offline: boolean
}): Promise<Record<'service' | 'stores' | 'agent', Recipe>> {
  const [service, agent] = await Promise.all([
    contentOf(servicesBundle(programNames)),
    contentOf({
      name: 'agent',
      programs: { agent: 'kind-cluster/agent/main.ts' },
      sources: ['kind-cluster/agent', 'lib'],
    }),
  ])
  return {
    service: offline ? offlineService(service) : officialService(service),
    stores: offline ? offlineStores() : officialStores(),
    agent: offline ? offlineAgent(agent) : officialAgent(agent),
  }
}

const dockerfile = (folder: string, lines: readonly string[]): Promise<void> =>
  writeFile(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`)

/** Programs of ours, in a few files each. */
interface Content {
  folder: string
  /** Differs when a file does. */
  hash: string
}

async function contentOf(request: BundleRequest): Promise<Content> {
  const folder = await ensureBundle(root, request)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  for (const path of paths.toSorted()) hash.update(`${path.slice(folder.length)}\0`).update(await readFile(path))
  return { folder, hash: hash.digest('hex') }
}

const layOut = ({ folder }: Content, to: string): Promise<void> => cp(folder, join(to, 'programs'), { recursive: true })

async function addRoot(folder: string, name: RootName, options: Parameters<Recipe['prepare']>[1]): Promise<void> {
  // A hard copy: the builder reads the folder alone.
  await copyFile(join(await ensureArtifact(rootArtifacts[name], options), 'root.tar'), join(folder, 'root.tar'))
}

const service_end = ['WORKDIR /app', `USER ${run_as.service}`, 'ENTRYPOINT ["/usr/local/bin/node"]']

/**
 * Every program is started once, by the user and with the flags of later, and finds no configuration: it ends, but its modules are
 * compiled by then. Twenty processes that start on a few cores feel that.
 */
function warmUp(): string[] {
  const commands = programNames.map((name) => [...flagsOf(name), `${name}/main.mjs`])
  const starting = `for (const command of ${JSON.stringify(commands)})
    require('node:child_process').spawnSync(process.execPath, command, { timeout: 60000 })`
  const command = JSON.stringify(['/usr/local/bin/node', '-e', starting.replaceAll(/\s+/g, ' ')])
  return [`ENV NODE_COMPILE_CACHE=${compileCache}`, `RUN ${command}`]
}

function offlineService(content: Content): Recipe {
  const lines = [
    'FROM scratch',
    'ADD root.tar /',
    search_path,
    'COPY node /usr/local/bin/node',
    `COPY native /app/${native}`,
    'COPY programs /app/',
    'COPY --chown=10001:10001 empty /app/.compile-cache',
    ...service_end,
    ...warmUp(),
  ]
  return {
    name: 'service',
    key: keyOf([
      lines,
      content.hash,
      dependencies['@node-rs/argon2'],
      process.version,
      artifactKey(rootArtifacts.libraries),
    ]),
    typical_s: 20,
    prepare: async (folder, options) => {
      await addRoot(folder, 'libraries', options)
      await copyFile(process.execPath, join(folder, 'node'))
      await mkdir(join(folder, 'empty'))
      await cp(join(root, native), join(folder, 'native'), { recursive: true })
      await layOut(content, folder)
      await dockerfile(folder, lines)
    },
  }
}

function officialService(content: Content): Recipe {
  const lines = [
    `FROM ${official.node} AS packages`,
    'WORKDIR /app',
    'COPY lock/ ./',
    'RUN npm ci --omit=dev --ignore-scripts',
    `FROM ${official.node}`,
    `COPY --from=packages /app/${native} /app/${native}`,
    'COPY programs /app/',
    'COPY --chown=10001:10001 empty /app/.compile-cache',
    ...service_end,
    ...warmUp(),
  ]
  return {
    name: 'service',
    key: keyOf([lines, content.hash, dependencies['@node-rs/argon2']]),
    typical_s: 60,
    prepare: async (folder) => {
      await layOut(content, folder)
      for (const each of ['lock', 'empty']) await mkdir(join(folder, each))
      for (const file of ['package.json', 'package-lock.json'])
        await copyFile(join(root, file), join(folder, 'lock', file))
      await dockerfile(folder, lines)
    },
  }
}

function offlineStores(): Recipe {
  const lines = ['FROM scratch', 'ADD root.tar /', search_path, `USER ${run_as.stores}`]
  return {
    name: 'stores',
    key: keyOf([lines, artifactKey(rootArtifacts.stores)]),
    typical_s: 20,
    prepare: async (folder, options) => {
      await addRoot(folder, 'stores', options)
      await dockerfile(folder, lines)
    },
  }
}

function officialStores(): Recipe {
  const packages = 'patroni postgresql-17 redis-server redis-sentinel nats-server procps iproute2 ca-certificates'
  const lines = [
    `FROM ${official.debian}`,
    // Else the package would make a database of its own.
    'RUN mkdir -p /etc/postgresql-common && echo create_main_cluster=false > /etc/postgresql-common/createcluster.conf',
    `RUN apt-get update && apt-get install -y --no-install-recommends ${packages} && rm -rf /var/lib/apt/lists/*`,
    'RUN useradd --uid 10002 --user-group --home-dir /data --no-create-home --shell /usr/sbin/nologin stores',
    `USER ${run_as.stores}`,
  ]
  return {
    name: 'stores',
    key: keyOf([lines]),
    typical_s: 90,
    prepare: (folder) => dockerfile(folder, lines),
  }
}

const agent_end = ['WORKDIR /app', 'ENTRYPOINT ["/usr/local/bin/node"]', 'CMD ["agent/main.mjs"]']

function offlineAgent(content: Content): Recipe {
  const lines = [
    'FROM scratch',
    'ADD root.tar /',
    search_path,
    'COPY node toxiproxy-server /usr/local/bin/',
    'COPY programs /app/',
    ...agent_end,
  ]
  return {
    name: 'agent',
    key: keyOf([lines, content.hash, process.version, artifactKey(rootArtifacts.base), artifactKey(toxiproxy)]),
    typical_s: 20,
    prepare: async (folder, options) => {
      await addRoot(folder, 'base', options)
      await copyFile(process.execPath, join(folder, 'node'))
      await copyFile(join(await ensureArtifact(toxiproxy, options), toxiproxy.name), join(folder, toxiproxy.name))
      await layOut(content, folder)
      await dockerfile(folder, lines)
    },
  }
}
function officialAgent(content: Content): Recipe {
  const packages = 'nftables conntrack iproute2 procps'
  const lines = [
    `FROM ${official.toxiproxy} AS toxiproxy`,
    `FROM ${official.node}`,
    `RUN apt-get update && apt-get install -y --no-install-recommends ${packages} && rm -rf /var/lib/apt/lists/*`,
    'COPY --from=toxiproxy /toxiproxy /usr/local/bin/toxiproxy-server',
    'COPY programs /app/',
    ...agent_end,
  ]
  return {
    name: 'agent',
    key: keyOf([lines, content.hash]),
    typical_s: 60,
    prepare: async (folder) => {
      await layOut(content, folder)
      await dockerfile(folder, lines)
    },
  }
}
