import { Failure } from '#lib/errors.ts'
import type { SystemFile } from '#sut/local/request.ts'
import type { UndoAction } from '#reports/record/format.ts'
import type { FaultPort } from '../target.ts'
import { holdUnfinished, type UnfinishedRequests } from '../unfinished-requests.ts'
import type { ControlClient } from './control-client.ts'
import { isRunning, readSystem } from './state.ts'

/** Fault operations of a running system. Undo of a system that is gone is done: nothing of it is left to undo. */
export function faultPort(control: ControlClient, file: SystemFile, session: string): FaultPort {
  const { id } = file
  const requests = heldAt(file)
  const removeToxic: FaultPort['removeToxic'] = async (link, name) => {
    await control.call('toxic-remove', { link, name })
  }
  const startRegion: FaultPort['startRegion'] = async (region) => {
    await control.call('region-start', { region })
  }
  const startProcesses: FaultPort['startProcesses'] = async (names) => {
    await control.call('process-release', { names: [...names] })
  }
  const undo = async (action: UndoAction): Promise<void> => {
    const argument = (name: string): string => String(action.arguments[name])
    if (action.operation === 'removeToxic' || action.operation === 'toxic.remove')
      return removeToxic(argument('link'), argument('name'))
    if (action.operation === 'startRegion' || action.operation === 'region.start')
      return startRegion(argument('region'))
    // Those of a harness that is gone went with it.
    if (action.operation === 'releaseRequests') return requests.releaseRequests(argument('region'))
    if (action.operation === 'startProcess') return startProcesses([argument('name')])
    throw new Failure('NOT_UNDONE', `the local target knows no undo '${action.operation}'`)
  }
  return {
    ...requests,
    removeToxic,
    startRegion,
    startProcesses,
    stopProcesses: (names) => control.call('process-hold', { session, names: [...names] }),
    runningOf: (names) => control.call('process-running', { names: [...names] }),
    links: (selector) => control.call('links', selector),
    async kill(instances) {
      const killed = await control.call('kill', { names: [...instances] })
      return killed.map(({ subject, pid }) => ({ instance: subject, pid }))
    },
    gone: (pid) => control.call('gone', { pid }),
    async addToxic(link, toxic) {
      await control.call('toxic-add', { session, link, toxic })
    },
    hasToxic: async (link, name) => (await control.call('toxic-has', { link, name })).there,
    probeLink: (link) => control.call('link-probe', { link }),
    stopRegion: (region) => control.call('region-stop', { session, region }),
    runningIn: (region) => control.call('region-running', { region }),
    rotateCertificates: (chosen) => control.call('certificates-rotate', chosen),
    shownCertificate: async (instance) => (await control.call('certificate-shown', { instance })).serial,
    async undo(action) {
      try {
        await undo(action)
      } catch (error) {
        if (isRunning(await readSystem(id))) throw error
      }
    },
    residue: async () => [...(await control.call('residue', {})), ...requests.left()],
  }
}

/** Requests of this process that are held open at the gateways. */
function heldAt({ gateways, authority_file }: Pick<SystemFile, 'gateways' | 'authority_file'>) {
  const held = new Map<string, UnfinishedRequests>()
  return {
    async holdRequests(region: string, many: { connections: number; streams: number }) {
      const gateway = gateways.find((each) => each.region === region)
      if (gateway === undefined) throw new Failure('NO_FAULT_TARGET', `region ${region} has no gateway`)
      if (!held.has(region)) held.set(region, await holdUnfinished({ url: gateway.url, authority_file }, many))
    },
    heldRequests: async (region: string) => held.get(region)?.state() ?? null,
    async releaseRequests(region: string) {
      held.get(region)?.release()
      held.delete(region)
    },
    left: (): string[] => [...held.keys()].map((region) => `unfinished requests in ${region}`),
  }
}
