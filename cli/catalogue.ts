import { experiments } from '#chaos/experiments/registry.ts'
import type { Catalogue } from '#chaos/engine/catalogue.ts'
import { faults } from '#chaos/faults/registry.ts'
import { targets } from '#chaos/targets/registry.ts'
import { dangerNames } from '#reports/checks/check.ts'
import { checks } from '#reports/checks/registry.ts'
import { journeys, profiles } from '#scenarios/registry.ts'
import { inTopology } from '#sut/contracts/topology.ts'
import { choices, designNames } from '#sut/designs/registry.ts'
import { slotBackend } from '#sut/descriptor.ts'

/** Everything that a command can name, out of the registries. */
export const catalogue: Catalogue = {
  experiments,
  faults,
  journeys: Object.keys(journeys),
  profiles: Object.keys(profiles),
  designs: designNames,
  dangers: dangerNames(checks),
  targets,
  systemOf: (design) => inTopology(choices(design).topology, slotBackend),
}
