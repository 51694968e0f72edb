// Grafana dashboards as data; observability.test.ts writes them to dashboards/*.json, which Grafana imports or is provisioned with.

interface Panel {
  title: string
  /** Grafana's name of the unit. */
  unit: 'reqps' | 's' | 'percentunit' | 'short' | 'ops'
  /** Legend by expression. */
  queries: Readonly<Record<string, string>>
}

const of = '{system="$system"}'
const requests = (by: string, code = ''): string =>
  `sum by (${by}) (rate(http_request_duration_seconds_count{system="$system"${code}}[1m]))`
const p99 = (metric: string, by: string): string =>
  `histogram_quantile(0.99, sum by (${by}, le) (rate(${metric}_bucket${of}[1m])))`

const pages: Readonly<Record<string, { title: string; panels: readonly Panel[] }>> = {
  requests: {
    title: 'Requests: rate, errors, duration',
    panels: [
      {
        title: 'Requests at the door',
        unit: 'reqps',
        queries: {
          '{{region}}': `sum by (region) (service:http_requests:rate1m{system="$system",service="gateway"})`,
        },
      },
      {
        title: 'Refused at the door, by problem',
        unit: 'reqps',
        queries: { '{{code}}': `sum by (code) (rate(gateway_refusals_total${of}[1m]))` },
      },
      {
        title: 'Requests of a service',
        unit: 'reqps',
        queries: { '{{service}} {{region}}': requests('service, region') },
      },
      {
        title: 'Share that failed',
        unit: 'percentunit',
        queries: { '{{service}} {{region}}': 'service:http_errors:ratio_rate1m{system="$system"}' },
      },
      {
        title: 'p99 of a service',
        unit: 's',
        queries: { '{{service}} {{region}}': 'service:http_request_duration_seconds:p99_rate1m{system="$system"}' },
      },
      {
        title: 'p99 of a route',
        unit: 's',
        queries: { '{{service}} {{route}}': p99('http_request_duration_seconds', 'service, route') },
      },
      {
        title: 'p99 of a call, as its caller sees it',
        unit: 's',
        queries: { '{{service}} → {{call}}': p99('call_duration_seconds', 'service, call') },
      },
      {
        title: 'Calls that were tried again',
        unit: 'ops',
        queries: { '{{service}} → {{call}}': `sum by (service, call) (rate(call_retries_total${of}[1m]))` },
      },
    ],
  },
  saturation: {
    title: 'Saturation: what fills up first',
    panels: [
      { title: 'Lateness of timers (p99)', unit: 's', queries: { '{{instance}}': `event_loop_lag_p99_seconds${of}` } },
      { title: 'Requests and queries that wait', unit: 'short', queries: { '{{instance}}': `load_queue_depth${of}` } },
      {
        title: 'Requests of an instance, as the autoscaler reads them',
        unit: 'reqps',
        queries: { '{{instance}}': `load_requests_per_second${of}` },
      },
      {
        title: 'Instances that answer',
        unit: 'short',
        queries: { '{{service}} {{region}}': `count by (service, region) (load_queue_depth${of})` },
      },
      {
        title: 'Instances that callers left alone',
        unit: 'ops',
        queries: { '{{instance}}': `sum by (instance) (rate(call_ejections_total${of}[1m]))` },
      },
      {
        title: 'Look-ups by the layer that answered',
        unit: 'ops',
        queries: { '{{cache}} {{layer}}': `sum by (cache, layer) (rate(cache_lookups_total${of}[1m]))` },
      },
    ],
  },
  events: {
    title: 'Events: what is copied, what is put aside',
    panels: [
      {
        title: 'Events that the log took, by outcome',
        unit: 'ops',
        queries: { '{{outcome}}': `sum by (outcome) (rate(telemetry_events_total${of}[1m]))` },
      },
      {
        title: 'Writes of read models that met a newer revision',
        unit: 'ops',
        queries: { '{{instance}}': `sum by (instance) (rate(analytics_conflicts_total${of}[1m]))` },
      },
      {
        title: 'Events that do not fit the contract',
        unit: 'short',
        queries: { '{{instance}}': `sum by (instance) (increase(analytics_invalid_events_total${of}[15m]))` },
      },
      {
        title: 'Nonces that were checked without Redis',
        unit: 'ops',
        queries: { '{{instance}}': `sum by (instance) (rate(gateway_nonce_fallbacks_total${of}[1m]))` },
      },
    ],
  },
  business: {
    title: 'Business: rounds and money',
    panels: [
      {
        title: 'Rounds, by how they ended',
        unit: 'ops',
        queries: { '{{game}} {{status}}': `sum by (game, status) (rate(business_rounds_total${of}[1m]))` },
      },
      {
        title: 'Return to players, observed over an hour',
        unit: 'percentunit',
        queries: {
          '{{game}}': `sum by (game) (increase(business_wins_minor_total${of}[1h])) / sum by (game) (increase(business_stakes_minor_total${of}[1h]))`,
        },
      },
      {
        title: 'Money moved per minute, by kind (smallest unit)',
        unit: 'short',
        queries: { '{{kind}}': `sum by (kind) (increase(business_transfers_minor_total${of}[1m]))` },
      },
      {
        title: 'What happened, by kind of event',
        unit: 'ops',
        queries: { '{{type}}': `sum by (type) (rate(business_events_total${of}[1m]))` },
      },
    ],
  },
}

const datasource = { type: 'prometheus', uid: '${datasource}' }
const size = { w: 12, h: 8 }

/** Text by file name. */
export function dashboards(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(pages).map(([name, { title, panels }]) => [
      `${name}.json`,
      `${JSON.stringify(dashboard(name, title, panels), undefined, 2)}\n`,
    ]),
  )
}

const dashboard = (name: string, title: string, panels: readonly Panel[]): object => ({
  uid: `slot-chaos-${name}`,
  title: `slot-chaos · ${title}`,
  tags: ['slot-chaos'],
  schemaVersion: 39,
  refresh: '10s',
  time: { from: 'now-30m', to: 'now' },
  templating: {
    list: [
      { name: 'datasource', type: 'datasource', query: 'prometheus' },
      { name: 'system', type: 'query', datasource, query: 'label_values(load_queue_depth, system)', refresh: 2 },
    ],
  },
  panels: panels.map((panel, index) => ({
    id: index + 1,
    type: 'timeseries',
    title: panel.title,
    datasource,
    gridPos: { ...size, x: (index % 2) * size.w, y: Math.floor(index / 2) * size.h },
    fieldConfig: { defaults: { unit: panel.unit, min: 0 } },
    targets: Object.entries(panel.queries).map(([legendFormat, expr], query) => ({
      refId: String.fromCodePoint(65 + query),
      expr,
      legendFormat,
    })),
  })),
})
