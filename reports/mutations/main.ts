import { freshSeed } from '#lib/random.ts'
import { isSound, runCampaign, type Campaign } from './campaign.ts'

// npm run test:records -- [--records N] [--seed S]: exit code 0 when each change was found by a check that is meant for it,
// and nothing was a false alarm.

const value = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`)
  return at === -1 ? otherwise : (process.argv[at + 1] ?? otherwise)
}

function textOf({ seed, unchanged, changed, false_alarms, missed, unbounded, mutations }: Campaign): string {
  const width = Math.max(...mutations.map(({ name }) => name.length))
  const rows = mutations.map(({ name, tried, caught, intended, by }) => {
    const others = Object.entries(by).map(([check, count]) => `${check} ${count}`)
    return `${name.padEnd(width)}  ${String(tried).padStart(5)}  ${String(caught).padStart(6)}  ${String(intended).padStart(8)}  ${others.join(', ')}`
  })
  const unintended = mutations.filter(({ tried, intended }) => intended < tried)
  return [
    `${'mutation'.padEnd(width)}  tried  caught  intended  by`,
    ...rows,
    ...unintended.map(
      ({ name, tried, intended }) =>
        `by another   ${name}: ${tried - intended} of ${tried} not by a check that is meant for it`,
    ),
    ...missed.map((text) => `missed       ${text}`),
    ...false_alarms.map((text) => `false alarm  ${text}`),
    ...unbounded.map((text) => `unbounded    ${text}`),
    `seed ${seed}: ${unchanged} unchanged records, ${false_alarms.length} false alarms; ${changed} changed records of ${mutations.length} kinds, ${missed.length} missed, ${unbounded.length} witnesses without bound`,
  ].join('\n')
}

const records = Number(value('records', '10000'))
if (!Number.isInteger(records) || records < 1) {
  console.error(`--records ${value('records', '')} is not a whole number above 0`)
  process.exit(2)
}
const campaign = runCampaign({
  records,
  seed: value('seed', freshSeed()),
  progress: (done) => void (done % 500 === 0 && process.stderr.write(`${done} of ${records}\n`)),
})
console.log(textOf(campaign))
process.exitCode = isSound(campaign) ? 0 : 1
