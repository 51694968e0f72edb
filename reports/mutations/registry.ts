import { actMutations } from './catalogue/acts.ts'
import { answerMutations } from './catalogue/answers.ts'
import { chainMutations } from './catalogue/chains.ts'
import { entryMutations } from './catalogue/entries.ts'
import { eventMutations } from './catalogue/events.ts'
import { fairnessMutations } from './catalogue/fairness.ts'
import { historyMutations } from './catalogue/history.ts'
import { holdMutations } from './catalogue/holds.ts'
import { loginMutations } from './catalogue/logins.ts'
import { outcomeMutations } from './catalogue/outcomes.ts'
import { protectionMutations } from './catalogue/protection.ts'
import { readMutations } from './catalogue/reads.ts'
import { refusalMutations } from './catalogue/refusals.ts'
import { requestMutations } from './catalogue/requests.ts'
import { transferMutations } from './catalogue/transfers.ts'
import type { Mutation } from './mutation.ts'

export const mutations: readonly Mutation[] = [
  ...entryMutations,
  ...transferMutations,
  ...chainMutations,
  ...requestMutations,
  ...refusalMutations,
  ...readMutations,
  ...outcomeMutations,
  ...holdMutations,
  ...eventMutations,
  ...historyMutations,
  ...protectionMutations,
  ...loginMutations,
  ...fairnessMutations,
  ...answerMutations,
  ...actMutations,
]
