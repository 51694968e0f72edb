import {
  addEdge,
  components,
  emptyEdges,
  graphOf,
  shortestPath,
  type EdgeList,
  type Graph,
  type Step,
} from './graph.ts'
import type { ListHistory, ListRead, Transaction } from './list-append.ts'

export type AnomalyKind = 'G0' | 'G1a' | 'G1b' | 'G1c' | 'G-single' | 'lost-update' | 'G2'

/** One anomaly with its smallest witness: the transactions of the cycle, in order, and in words what leads from one to the next. */
export interface Anomaly {
  kind: AnomalyKind
  /** The cycle needs the order of real time: each list by itself could have been so. */
  realtime: boolean
  transactions: number[]
  text: string
}

// Dependencies: ww: the next append to a list · wr: whoever saw an append · rw: the append that a reader did not see yet ·
// rt: answered before the other was asked.
const [ww, wr, rw, rt] = [0, 1, 2, 3] as const
const bit = (...labels: number[]): number => labels.reduce((mask, label) => mask | (1 << label), 0)
const words = ['was appended before', 'was seen by', 'did not see', 'was answered before'] as const

// From few dependencies to all: a cycle belongs to the first of these that has it.
const ladder = [
  { labels: bit(ww), realtime: false },
  { labels: bit(ww, wr), realtime: false },
  { labels: bit(ww, wr, rw), realtime: false },
  { labels: bit(ww, rt), realtime: true },
  { labels: bit(ww, wr, rt), realtime: true },
  { labels: bit(ww, wr, rw, rt), realtime: true },
] as const

const visited_max = 20_000
const tries_max = 64
/** Cycles that are looked into; of the others it is only known that they are there. */
const witnesses_max = 20

/**
 * All anomalies of reads, and one a component of the graph of dependencies, of which `more` are left out: linear in the length of the
 * history where there is none.
 */
export function anomaliesOf(history: ListHistory): { found: Anomaly[]; more: number } {
  const reads = readAnomalies(history)
  const { edges, nodes } = dependencies(history)
  if (components(graphOf(nodes, edges)).length === 0) return { found: reads, more: 0 }
  let more = 0
  const told = new Set<number>()
  const cycles: Anomaly[] = []
  for (const { labels, realtime } of ladder) {
    const graph = graphOf(nodes, edges, labels)
    for (const component of components(graph)) {
      if (component.some((node) => told.has(node))) continue
      for (const node of component) told.add(node)
      if (cycles.length < witnesses_max) cycles.push(anomalyOf(history, graph, component, realtime))
      else more++
    }
  }
  return { found: [...reads, ...cycles], more }
}

function dependencies({ transactions, lists }: ListHistory): { edges: EdgeList; nodes: number } {
  const edges = emptyEdges()
  for (const appends of lists.values())
    for (let at = 1; at < appends.length; at++) addEdge(edges, appends[at - 1]!, appends[at]!, ww)
  for (const [reader, { reads }] of transactions.entries())
    for (const { list, length } of reads) {
      const appends = lists.get(list) ?? []
      const [last, next] = length === null ? [] : [appends[length - 1], appends[length]]
      if (last !== undefined) addEdge(edges, last, reader, wr)
      // What was seen in the middle is an anomaly of its own already.
      if (next !== undefined && next !== last) addEdge(edges, reader, next, rw)
    }
  return { edges, nodes: addRealTime(transactions, edges) }
}

/**
 * Who was answered before somebody was asked comes before him. One node an answer, in a chain, makes that linear:
 *
 *     answered ──► moment ──► moment ──► asked
 */
function addRealTime(transactions: readonly Transaction[], edges: EdgeList): number {
  const answered = transactions
    .flatMap(({ answered_ms }, index) => (answered_ms === undefined ? [] : [{ index, at_ms: answered_ms }]))
    .toSorted((one, other) => one.at_ms - other.at_ms)
  const asked = transactions
    .flatMap(({ asked_ms }, index) => (asked_ms === undefined ? [] : [{ index, at_ms: asked_ms }]))
    .toSorted((one, other) => one.at_ms - other.at_ms)
  const moment = (at: number): number => transactions.length + at
  for (const [at, { index }] of answered.entries()) {
    addEdge(edges, index, moment(at), rt)
    if (at > 0) addEdge(edges, moment(at - 1), moment(at), rt)
  }
  let before = 0
  for (const { index, at_ms } of asked) {
    while (before < answered.length && answered[before]!.at_ms < at_ms) before++
    if (before > 0) addEdge(edges, moment(before - 1), index, rt)
  }
  return transactions.length + answered.length
}

function anomalyOf(history: ListHistory, graph: Graph, component: readonly number[], realtime: boolean): Anomaly {
  const within = new Set(component)
  const cycle = withOneRead(graph, component, within) ?? smallestCycle(graph, component, within)
  const steps = withoutMoments(cycle, history.transactions.length)
  const labels = steps.map(({ label }) => label)
  const unseen = labels.filter((label) => label === rw).length
  const kind = unseen > 1 ? 'G2' : unseen === 1 ? single(history, steps) : labels.includes(wr) ? 'G1c' : 'G0'
  const nameOf = (node: number): string => history.transactions[node]!.name
  return {
    kind,
    realtime: realtime && labels.includes(rt),
    transactions: steps.map(({ from }) => from),
    text: steps.map(({ from, to, label }) => `${nameOf(from)} ${words[label]} ${nameOf(to)}`).join(', and '),
  }
}

/** A cycle with exactly one append that was not seen, where there is one. */
function withOneRead(graph: Graph, component: readonly number[], within: ReadonlySet<number>): Step[] | undefined {
  const others = graphOf(graph.nodes, withoutLabel(graph, component, rw))
  let tries = 0
  let best: Step[] | undefined
  for (const from of component)
    for (let at = graph.first[from]!; at < graph.first[from + 1]!; at++) {
      if (graph.label[at] !== rw || !within.has(graph.to[at]!)) continue
      if (tries++ >= tries_max) return best
      const back = shortestPath(others, [graph.to[at]!, from], within, visited_max)
      if (back !== undefined && (best === undefined || back.length + 1 < best.length))
        best = [{ from, to: graph.to[at]!, label: rw }, ...back]
    }
  return best
}

function withoutLabel({ first, to, label }: Graph, component: readonly number[], without: number): EdgeList {
  const edges = emptyEdges()
  for (const from of component)
    for (let at = first[from]!; at < first[from + 1]!; at++)
      if (label[at] !== without) addEdge(edges, from, to[at]!, label[at]!)
  return edges
}

function smallestCycle(graph: Graph, component: readonly number[], within: ReadonlySet<number>): Step[] {
  const cycles = component
    .slice(0, tries_max)
    .flatMap((node) => [shortestPath(graph, [node, node], within, component.length + 1) ?? []])
  return cycles.filter(({ length }) => length > 0).toSorted((one, other) => one.length - other.length)[0]!
}

/** Moments of real time are no transactions: what leads in and out of a chain of them is one step. */
function withoutMoments(cycle: readonly Step[], count: number): Step[] {
  const start = cycle.findIndex(({ from }) => from < count)
  const turned = [...cycle.slice(start), ...cycle.slice(0, start)]
  const steps: Step[] = []
  for (const step of turned) {
    const last = steps.at(-1)
    if (last !== undefined && last.to >= count) last.to = step.to
    else steps.push({ ...step })
  }
  return steps
}

/** Whoever did not see an append, and appended to the same list later all the same, lost it. */
function single({ lists, transactions }: ListHistory, steps: readonly Step[]): AnomalyKind {
  const { from, to } = steps.find(({ label }) => label === rw)!
  const others = steps.filter(({ label }) => label !== rw)
  const lost = transactions[from]!.reads.some(({ list }) => {
    const appends = lists.get(list) ?? []
    return appends.includes(from) && appends.includes(to)
  })
  return lost && others.every(({ label }) => label === ww) ? 'lost-update' : 'G-single'
}

/** G1a: something was seen that never was, or that was told not to have been. G1b: a transaction was seen before it was through. */
function readAnomalies({ transactions, lists }: ListHistory): Anomaly[] {
  const firstAborted = new Map<string, number>()
  const lastOf = new Map<string, Map<number, number>>()
  for (const [list, appends] of lists) {
    const aborted = appends.findIndex((index) => transactions[index]!.aborted === true)
    if (aborted !== -1) firstAborted.set(list, aborted)
    lastOf.set(list, new Map(appends.map((index, at) => [index, at])))
  }
  return transactions.flatMap((transaction, reader) =>
    transaction.reads.flatMap((read): Anomaly[] => {
      const found = wrongRead(read, reader, { firstAborted, lastOf, lists })
      if (found === null) return []
      const { kind, of } = found
      const what = kind === 'G1b' ? 'in the middle of' : 'of'
      const source = of === null ? 'what was never committed' : transactions[of]!.name
      const text = `${transaction.name} saw a state of ${read.list} ${what} ${source}${of !== null && kind === 'G1a' ? ', which did not happen' : ''}`
      return [{ kind, realtime: false, transactions: of === null ? [reader] : [of, reader], text }]
    }),
  )
}

interface ListFacts {
  firstAborted: ReadonlyMap<string, number>
  lastOf: ReadonlyMap<string, ReadonlyMap<number, number>>
  lists: ListHistory['lists']
}

function wrongRead(
  { list, length }: ListRead,
  reader: number,
  { firstAborted, lastOf, lists }: ListFacts,
): { kind: 'G1a' | 'G1b'; of: number | null } | null {
  const appends = lists.get(list) ?? []
  if (length === null || length > appends.length) return { kind: 'G1a', of: null }
  const aborted = firstAborted.get(list)
  if (aborted !== undefined && length > aborted && appends[aborted] !== reader)
    return { kind: 'G1a', of: appends[aborted]! }
  const last = appends[length - 1]
  if (last === undefined || last === reader) return null
  return lastOf.get(list)!.get(last)! > length - 1 ? { kind: 'G1b', of: last } : null
}
