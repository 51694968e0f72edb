import { Failure } from '#lib/errors.ts'
import type { SystemFile } from '#sut/local/request.ts'
import type { UndoAction } from '#reports/record/format.ts'
import type { FaultPort } from '../target.ts'
import type { ControlClient } from './control-client.ts'
import { isRunning, readSystem } from './state.ts'

/** Fault operations of a running system. Undo of a system that is gone is done: nothing of it is left to undo. */
export function faultPort(control: ControlClient, { id }: SystemFile, session: string): FaultPort {
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
    if (action.operation === 'startProcess') return startProcesses([argument('name')])
    throw new Failure('NOT_UNDONE', `the local target knows no undo '${action.operation}'`)
  }
  return {
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
    residue: () => control.call('residue', {}),
  }
}
