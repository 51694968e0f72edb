import { reasons, unserved } from '../model/reasons.ts'
import { sceneOf, type Scene } from '../model/scene.ts'
import { verdictOf, type Check } from './check.ts'
import { ended, type Operation } from './evidence.ts'
import { attackOf, witnessOf } from './report.ts'

/**
 * Who is refused had it coming: at some moment between the request and its answer the condition of that refusal can have held. What was
 * not served at all has no reason, and is counted by the service level.
 */
export const refusalsJustified: Check = {
  name: 'refusals-justified',
  title: 'Every refusal has its reason in what had happened',
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'refused_for_money',
      what: 'operations refused for want of money',
      brought_about_by: 'two-devices: races for the last money of an account',
    },
    {
      name: 'refused_for_care',
      what: 'operations refused by a limit, an exclusion or a reality check',
      brought_about_by: 'careful',
    },
    {
      name: 'refused_otherwise',
      what: 'operations refused with another code of the API',
      brought_about_by: 'same-key, two-devices, operator and impatient',
    },
  ],
  run(record, evidence) {
    const verdict = verdictOf('refusals-justified')
    const scene = sceneOf(record, evidence)
    for (const operation of evidence.operations) {
      if (!ended(operation, 'fail') || attackOf(operation) !== undefined) continue
      const code = codeOf(operation)
      if (unserved.has(code) || clientCode.test(code)) continue
      verdict.examine()
      verdict.exercise(dangerOf(code))
      const what = wrongWith(operation, code, scene)
      if (what !== null)
        verdict.violate(() =>
          witnessOf(operation, `was refused (${code}), and ${what}`, evidence, linesAbout(operation, scene)),
        )
    }
    return verdict.outcome()
  },
}

const codeOf = ({ end }: Operation): string => {
  const code = end!.value['code']
  return typeof code === 'string' ? code : ''
}

/** Codes of the client for requests that never left it. */
const clientCode = /^\d+$/

const ofCare: ReadonlySet<string> = new Set(['self_excluded', 'loss_limit_reached', 'reality_check_due'])
const dangerOf = (code: string): string =>
  code === 'insufficient_funds' ? 'refused_for_money' : ofCare.has(code) ? 'refused_for_care' : 'refused_otherwise'

function wrongWith(operation: Operation, code: string, scene: Scene): string | null {
  const reason = Object.hasOwn(reasons, code) ? reasons[code] : undefined
  return reason === undefined ? 'an honest client is never told that' : reason(operation, scene)
}

function linesAbout({ invoke }: Operation, { evidence }: Scene): (object | undefined)[] {
  const { payout_id, round_id } = invoke.value
  return [evidence.holdById.get(String(payout_id)), evidence.roundById.get(String(round_id))]
}
