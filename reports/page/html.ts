import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ResultFile } from '../record/result.ts'
import { embedded, hypertext, nothing, raw, type Markup } from './markup.ts'
import { chartData, runSection } from './run-section.ts'
import { verdictList, verdictMark } from './sections/summary.ts'

// One file that needs nothing else: style, chart library, script and data are inside, and the policy forbids every request.

/** The report of one run as one HTML document. */
export function runPage(result: ResultFile): string {
  const { run } = result
  const body = hypertext`<header>
      <p class="brand">slot-chaos · ${run.experiment} on ${run.target}, design ${run.design}</p>
      <h1>${run.title}</h1>
    </header>
    <main>${runSection(result, 'r0')}</main>`
  return page(`${run.experiment}: ${result.verdict.system}`, body, [result])
}

/** Several runs in one document: what came of each first, then each in full. */
export function suitePage(results: readonly ResultFile[]): string {
  const rows = results.map(
    ({ run, verdict }, index) =>
      hypertext`<li>
        <h2><a href="#run-${index}">${run.title}</a></h2>
        ${verdictList(verdict)}
        <p>${verdict.sentence}</p>
      </li>`,
  )
  const runs = results.map((result, index) => {
    const open = isBad(result) || (index === 0 && !results.some(isBad)) ? raw(' open') : nothing
    const { run, verdict } = result
    return hypertext`<details class="run" id="run-${index}"${open}>
      <summary><span class="title">${run.title}</span>${verdictMark(verdict.system)}</summary>
      <p class="brand">${run.experiment} on ${run.target}, design ${run.design}</p>
      ${runSection(result, `r${index}`)}
    </details>`
  })
  const body = hypertext`<header>
      <p class="brand">slot-chaos</p>
      <h1>${suiteTitle(results)}</h1>
    </header>
    <main>
      <ol class="overview" aria-label="Runs">
        ${rows}
      </ol>
      ${runs}
    </main>`
  return page(suiteTitle(results), body, results)
}

const isBad = ({ verdict: { system, harness, cleanup } }: ResultFile): boolean =>
  system !== 'PASS' || harness !== 'PASS' || cleanup !== 'PASS'

function suiteTitle(results: readonly ResultFile[]): string {
  const passed = results.filter((result) => !isBad(result)).length
  return passed === results.length ? `All ${results.length} runs passed` : `${passed} of ${results.length} runs passed`
}

function page(title: string, body: Markup, results: readonly ResultFile[]): string {
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot'))
  const library = readFileSync(join(uplot, 'uPlot.iife.min.js'), 'utf8')
  const script = `${library}\n${readFileSync(new URL('client.js', import.meta.url), 'utf8')}`
  if (script.includes('</script')) throw new Error('a script that ends its own element')
  const hash = createHash('sha256').update(script).digest('base64')
  const style = `${readFileSync(join(uplot, 'uPlot.min.css'), 'utf8')}\n${readFileSync(new URL('style.css', import.meta.url), 'utf8')}`
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`
  const data = results.map((result, index) => [`r${index}`, chartData(result)])
  return hypertext`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${raw(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        ${body}
        <footer>Made by slot-chaos from ${results.map(({ run }) => run.id).join(', ')}.</footer>
        <script type="application/json" id="chart-data">${raw(embedded(Object.fromEntries(data)))}</script>
        ${raw(`<script>${script}</script>`)}
      </body>
    </html> `.markup
}
