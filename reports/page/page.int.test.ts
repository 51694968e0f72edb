import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judgeRun } from '../gate/judge.ts'
import { fixture, writeFixture } from '../record/fixture.ts'
import { writeReports, writeSuiteReports } from './write.ts'

// Needs Chromium: CHROMIUM_PATH, or where Debian puts it. Without one the tests are skipped, and say so.
const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

describe.skipIf(!existsSync(executablePath))('the page in Chromium (CHROMIUM_PATH or /usr/bin/chromium)', () => {
  let browser: Browser
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'page-'))
    const runs: string[] = []
    for (const story of ['wallet-kill', 'traffic-surge', 'region-failover'] as const) {
      const run = join(folder, story)
      writeFixture(run, fixture({ story, rate_per_s: 20, severity: story === 'region-failover' ? 4 : 1 }))
      await judgeRun(run)
      await writeReports(run)
      runs.push(run)
    }
    await writeSuiteReports(folder, runs)
    browser = await chromium.launch({ executablePath, args: quiet })
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  async function open(path: string, width: number, colorScheme: 'light' | 'dark') {
    const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme })
    const problems: string[] = []
    page.on('console', (message) => problems.push(`console: ${message.text()}`))
    page.on('pageerror', (error) => problems.push(`error: ${error.message}`))
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) problems.push(`request: ${request.url()}`)
    })
    await page.goto(`file://${join(folder, path, 'report.html')}`)
    return { page, problems }
  }

  const pages = ['wallet-kill', 'traffic-surge', 'region-failover', '']
  const views = [390, 1280].flatMap((width) => pages.map((path) => [path, width] as const))
  test.each(views)('%s at %d px: no error, no request, no sideways scrolling, charts drawn', async (path, width) => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page, problems } = await open(path, width, scheme)
      // Every run of a suite is opened, as a reader would.
      await page.evaluate(`document.querySelectorAll('details').forEach((details) => { details.open = true })`)
      const drawn = `[...document.querySelectorAll('figure[data-chart]')].every((figure) => figure.querySelector('canvas'))`
      // Asked from outside: a wait inside the page evaluates its text there, which the page's own policy refuses.
      await expect.poll(() => page.evaluate(drawn), { timeout: 30_000 }).toBe(true)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
      expect(problems).toEqual([])
      await page.close()
    }
  })

  test.each(pages.slice(0, 3))(
    '%s on a phone: the sentence and the verdicts are there without scrolling',
    async (path) => {
      const { page } = await open(path, 390, 'light')
      for (const selector of ['.sentence', '.verdicts']) {
        const box = await page.locator(selector).first().boundingBox()
        expect(box!.y + box!.height).toBeLessThan(844)
      }
      await page.close()
    },
  )

  test('every text has enough contrast in both schemes', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page } = await open('region-failover', 1280, scheme)
      expect(await page.evaluate(lowContrast)).toEqual([])
      await page.close()
    }
  })
})

/** Runs in the page: texts whose contrast with the ground behind them is below 4.5 (WCAG 2, 1.4.3). */
const lowContrast = `(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number)
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = numbers(getComputedStyle(at).backgroundColor)
      if (alpha === 1) return [r, g, b]
    }
    return [255, 255, 255]
  }
  const found = new Set()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (!walker.currentNode.data.trim() || element.closest('script') || !element.checkVisibility()) continue
    const lights = [luminance(numbers(getComputedStyle(element).color)), luminance(ground(element))]
    const contrast = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05)
    if (contrast < 4.5) found.add(element.className + ': ' + walker.currentNode.data.trim() + ' ' + contrast.toFixed(2))
  }
  return [...found]
})()`
