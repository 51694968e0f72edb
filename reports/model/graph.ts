// Directed graphs over nodes 0 … n − 1 in typed arrays, for histories of a million transactions.

export interface Graph {
  readonly nodes: number
  /** The edges of a node are `edges[first[node]] … edges[first[node + 1] − 1]`. */
  readonly first: Int32Array
  readonly to: Int32Array
  readonly label: Uint8Array
}

export interface EdgeList {
  from: number[]
  to: number[]
  label: number[]
}

export const emptyEdges = (): EdgeList => ({ from: [], to: [], label: [] })

export function addEdge(edges: EdgeList, from: number, to: number, label: number): void {
  if (from === to) return
  edges.from.push(from)
  edges.to.push(to)
  edges.label.push(label)
}

/** Of the edges whose label is in the bit mask `labels` (bit n: label n). */
export function graphOf(nodes: number, edges: EdgeList, labels = -1): Graph {
  const kept = edges.label.map((label) => (labels >> label) & 1)
  const first = new Int32Array(nodes + 1)
  for (const [index, keep] of kept.entries()) if (keep === 1) first[edges.from[index]! + 1]!++
  for (let node = 0; node < nodes; node++) first[node + 1]! += first[node]!
  const to = new Int32Array(first[nodes]!)
  const label = new Uint8Array(to.length)
  const next = first.slice()
  for (const [index, keep] of kept.entries()) {
    if (keep !== 1) continue
    const at = next[edges.from[index]!]!++
    to[at] = edges.to[index]!
    label[at] = edges.label[index]!
  }
  return { nodes, first, to, label }
}

/**
 * Strongly connected components of two nodes or more, by Tarjan's algorithm (Depth-first search and linear graph algorithms, 1972), in
 * time linear in nodes and edges. The recursion is a stack of its own: a chain of a million nodes must not overflow that of the machine.
 */
export function components({ nodes, first, to }: Graph): number[][] {
  const index = new Int32Array(nodes).fill(-1)
  const low = new Int32Array(nodes)
  const onStack = new Uint8Array(nodes)
  const edge = new Int32Array(nodes)
  const stack: number[] = []
  const path: number[] = []
  const found: number[][] = []
  let count = 0
  const enter = (node: number): void => {
    index[node] = low[node] = count++
    edge[node] = first[node]!
    onStack[node] = 1
    stack.push(node)
    path.push(node)
  }
  const leave = (node: number): void => {
    path.pop()
    const parent = path.at(-1)
    if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!)
    if (low[node] !== index[node]) return
    const component = stack.splice(stack.lastIndexOf(node))
    for (const each of component) onStack[each] = 0
    if (component.length > 1) found.push(component)
  }
  for (let root = 0; root < nodes; root++) {
    if (index[root] !== -1) continue
    enter(root)
    while (path.length > 0) {
      const node = path.at(-1)!
      if (edge[node] === first[node + 1]) {
        leave(node)
        continue
      }
      const child = to[edge[node]!++]!
      if (index[child] === -1) enter(child)
      else if (onStack[child] === 1) low[node] = Math.min(low[node]!, index[child]!)
    }
  }
  return found
}

export interface Step {
  from: number
  to: number
  label: number
}

/** The shortest way from one node to another inside `within`, by breadth; undefined when there is none, or none after `visited_max` nodes. */
export function shortestPath(
  { first, to, label }: Graph,
  [start, goal]: readonly [number, number],
  within: ReadonlySet<number>,
  visited_max: number,
): Step[] | undefined {
  const reached = new Map<number, Step>()
  const queue = [start]
  for (let head = 0; head < queue.length && reached.size < visited_max; head++) {
    const node = queue[head]!
    for (let at = first[node]!; at < first[node + 1]!; at++) {
      const child = to[at]!
      if (!within.has(child) || reached.has(child)) continue
      reached.set(child, { from: node, to: child, label: label[at]! })
      if (child === goal) return pathTo(goal, start, reached)
      queue.push(child)
    }
  }
  return undefined
}

function pathTo(goal: number, start: number, reached: ReadonlyMap<number, Step>): Step[] {
  const steps: Step[] = []
  let at = goal
  do {
    const step = reached.get(at)!
    steps.push(step)
    at = step.from
  } while (at !== start)
  return steps.toReversed()
}
