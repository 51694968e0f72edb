import { runService } from '../service.ts'

// A whole service process for a test: it keeps a call waiting for as long as the path says.
await runService('wallet', (platform) => {
  platform.serve('wallet.balance', async ({ params, signal }) => {
    const { pause } = await import('#lib/wait.ts')
    await pause(Number(params['id']), signal)
    return { balance_minor: 1, version: 1 }
  })
})
