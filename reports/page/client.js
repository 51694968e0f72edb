// Draws the charts of the report. Runs in the browser after the chart library (global uPlot), from the data in the page.
/* global uPlot, document, window, matchMedia, getComputedStyle, ResizeObserver */
{
  const runs = JSON.parse(document.getElementById('chart-data').textContent)
  const charts = new Map()
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

  /** Shades where a fault was at work, and the time until service was whole again. */
  const shade =
    (run, labels = true) =>
    (u) => {
      const { ctx, bbox } = u
      const at = (t) => u.valToPos(t, 'x', true)
      ctx.save()
      ctx.beginPath()
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
      ctx.clip()
      for (const { label, from, held, whole } of run.faults) {
        ctx.fillStyle = colour('impact')
        ctx.fillRect(at(from), bbox.top, Math.max(2, at(whole) - at(from)), bbox.height)
        ctx.fillStyle = colour('fault')
        ctx.fillRect(at(from), bbox.top, Math.max(3, at(held) - at(from)), 6 * uPlot.pxRatio)
        ctx.fillRect(at(from), bbox.top, 1.5 * uPlot.pxRatio, bbox.height)
        if (!labels) continue
        ctx.font = `${11 * uPlot.pxRatio}px system-ui`
        ctx.fillText(label, at(from) + 5 * uPlot.pxRatio, bbox.top + 18 * uPlot.pxRatio)
      }
      ctx.restore()
    }

  const verticals = (times) => (u) => {
    const { ctx, bbox } = u
    ctx.save()
    ctx.strokeStyle = colour('fault')
    ctx.setLineDash([2 * uPlot.pxRatio, 3 * uPlot.pxRatio])
    for (const t of times) {
      const x = u.valToPos(t, 'x', true)
      ctx.beginPath()
      ctx.moveTo(x, bbox.top)
      ctx.lineTo(x, bbox.top + bbox.height)
      ctx.stroke()
    }
    ctx.restore()
  }

  const axis = (more) => ({
    stroke: colour('muted'),
    grid: { stroke: colour('grid'), width: 1 },
    ticks: { stroke: colour('grid'), width: 1, size: 4 },
    font: '11px system-ui',
    ...more,
  })
  const timeAxis = (small) =>
    axis({ space: small ? 60 : 70, size: 28, values: (_u, ticks) => ticks.map((t) => `${t} s`) })
  const fixed = (digits) => (_u, value) => (value === null || value === undefined ? '–' : value.toFixed(digits))
  const line = (label, name, more) => ({ label, stroke: colour(name), width: 2, points: { show: false }, ...more })
  const base = (width, height, run) => ({
    width,
    height,
    padding: [8, 16, 0, 0],
    scales: { x: { time: false } },
    cursor: { sync: { key: run.key }, drag: { x: true, y: false } },
    legend: { live: true },
  })
  const time = {
    label: 't',
    value: (_u, value) => (value === null || value === undefined ? '–' : `${value.toFixed(1)} s`),
  }

  const makers = {
    throughput(run, width) {
      const rate = (values) => values.map((value) => value / run.window_s)
      const served = run.operations.map((all, index) => (all - run.failed[index]) / run.window_s)
      const broken = run.failed.map((all, index) => (all - run.dropped[index]) / run.window_s)
      return {
        options: {
          ...base(width, 220, run),
          series: [
            time,
            line('served', 'good', { fill: colour('good-fill'), value: fixed(0) }),
            line('failed', 'bad', { fill: colour('bad-fill'), value: fixed(0) }),
            line('dropped', 'warn', { value: fixed(0) }),
          ],
          axes: [timeAxis(), axis({ size: 44 })],
          scales: { x: { time: false }, y: { range: (_u, _low, high) => [0, Math.max(1, high * 1.08)] } },
          hooks: { drawAxes: [shade(run)] },
        },
        data: [run.t, served, broken, rate(run.dropped)],
      }
    },
    latency(run, width) {
      const limit = run.t.map(() => run.slo_p99_ms)
      return {
        options: {
          ...base(width, 220, run),
          series: [
            time,
            line('p50', 'good', { value: fixed(0) }),
            line('p99', 'accent', { value: fixed(0) }),
            line('limit of the p99', 'bad', { width: 1, dash: [6, 4], value: fixed(0) }),
          ],
          axes: [
            timeAxis(),
            axis({ size: 44, values: (_u, ticks) => ticks.map((v) => (v === null ? '' : String(v))) }),
          ],
          scales: { x: { time: false }, y: { distr: 3 } },
          hooks: { drawAxes: [shade(run)] },
        },
        data: [run.t, run.p50, run.p99, limit],
      }
    },
    replicas(run, width, index) {
      const { t, demanded, supplied, decisions } = run.services[index]
      const paths = uPlot.paths.stepped({ align: 1 })
      return {
        options: {
          ...base(width, 130, run),
          legend: { show: false },
          series: [
            time,
            line('ready', 'good', { paths, fill: colour('good-fill') }),
            line('demanded', 'accent', { paths, dash: [6, 4] }),
          ],
          axes: [timeAxis(true), axis({ size: 28, space: 20, incrs: [1, 2, 5, 10, 20, 50] })],
          scales: { x: { time: false }, y: { range: (_u, _low, high) => [0, Math.max(2, high) + 0.4] } },
          hooks: { drawAxes: [shade(run, false), verticals(decisions)] },
        },
        data: [t, supplied, demanded],
      }
    },
  }

  const draw = (figure) => {
    charts.get(figure)?.destroy()
    charts.delete(figure)
    const width = Math.floor(figure.clientWidth)
    const run = runs[figure.dataset.run]
    if (width === 0 || run === undefined) return
    run.key = figure.dataset.run
    const { options, data } = makers[figure.dataset.chart](run, width, Number(figure.dataset.index))
    charts.set(figure, new uPlot(options, data, figure))
  }
  const figures = [...document.querySelectorAll('figure[data-chart]')]
  const drawAll = () => figures.forEach(draw)

  // A figure inside a closed run has no width; it gets one, and its chart, when the run is opened.
  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const chart = charts.get(target)
      const width = Math.floor(contentRect.width)
      if (width > 0 && (chart === undefined || Math.abs(chart.width - width) > 1)) draw(target)
    }
  })
  figures.forEach((figure) => observer.observe(figure))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll)

  const openTarget = () => {
    const target = document.getElementById(window.location.hash.slice(1))
    const run = target?.closest('details.run')
    if (run) run.open = true
    target?.scrollIntoView()
  }
  window.addEventListener('hashchange', openTarget)
  if (window.location.hash !== '') openTarget()
  window.addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details')) details.open = true
    drawAll()
  })
}
