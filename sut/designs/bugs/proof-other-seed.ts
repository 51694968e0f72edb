import { hash } from 'node:crypto'
import type { PlantedBug } from '../planted-bug.ts'

export const proofOtherSeed: PlantedBug = {
  name: 'proof-other-seed',
  title: 'A proof shows another seed',
  description: 'The game proves a round with a server seed that it was not drawn with.',
  caught_by: 'proofs-hold',
  experiment: 'fresh-reads',
  replaces: {
    'game.proof': (standard, mark) => async (player_id, round_id, deadline_ms) => {
      mark('ran')
      const proof = await standard(player_id, round_id, deadline_ms)
      if (proof.server_seed === undefined) return proof
      mark('reached')
      return { ...proof, server_seed: hash('sha256', proof.server_seed, 'hex') }
    },
  },
}
