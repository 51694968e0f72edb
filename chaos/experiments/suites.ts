export interface Suite {
  name: string
  title: string
  experiments: readonly string[]
}

export const suites: Readonly<Record<string, Suite>> = {
  quick: {
    name: 'quick',
    title: 'A crash, a surge and the loss of a region: what every release should survive (about 4 minutes)',
    experiments: ['wallet-kill', 'traffic-surge', 'region-failover'],
  },
}
