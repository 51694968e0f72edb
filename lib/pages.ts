/**
 * Everything, page by page, in the order of a key: `read` answers the rows after `last` (undefined: from the start), and fewer
 * than `size` when there are no more. Only one page is in memory.
 */
export async function* pages<Row>(
  size: number,
  read: (last: Row | undefined, size: number) => Promise<Row[]>,
): AsyncGenerator<Row> {
  let last: Row | undefined
  for (;;) {
    const page = await read(last, size)
    yield* page
    if (page.length < size) return
    last = page.at(-1)
  }
}
