// One chart, kept from tick to tick. Plotly.react brings it up to date; uirevision keeps what the person zoomed.

function load(source) {
  window.labPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = source
    script.onload = () => resolve(window.Plotly)
    script.onerror = () => reject(new Error(`${source} could not be loaded`))
    document.head.append(script)
  })
  return window.labPlotly
}

// Colours are named by what they mean; the style sheet knows their shade in this theme.
function painter(place) {
  const probe = document.createElement("span")
  place.append(probe)
  const known = new Map()
  const look = name => {
    const [meaning, share] = name.split("/")
    probe.style.color = share
      ? `color-mix(in srgb, var(${meaning}) ${100 * share}%, transparent)`
      : `var(${meaning})`
    return getComputedStyle(probe).color.replace(
      /color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)/,
      (_, red, green, blue, alpha = 1) =>
        `rgba(${[red, green, blue].map(value => Math.round(255 * value))},${alpha})`,
    )
  }
  const paint = value => {
    if (typeof value === "string" && value.startsWith("--lab-")) {
      if (!known.has(value)) known.set(value, look(value))
      return known.get(value)
    }
    if (Array.isArray(value)) return value.map(paint)
    if (value && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, paint(inner)]))
    return value
  }
  return { paint, close: () => probe.remove() }
}

function start(parent) {
  const frame = parent.querySelector(".lab-chart")
  const whole = parent.querySelector(".lab-whole")
  const spoken = parent.querySelector(".lab-spoken")
  const chart = { frame, revision: 0, at: null }

  // On a slow machine the newest content is drawn next; what came between is left out.
  chart.draw = async () => {
    chart.isDue = true
    if (chart.isDrawing) return
    chart.isDrawing = true
    try {
      while (chart.isDue) {
        chart.isDue = false
        await paintChart()
        await new Promise(requestAnimationFrame)
      }
    } finally {
      chart.isDrawing = false
    }
  }

  const paintChart = async () => {
    const { plotly: script, alt, data, layout } = chart.content
    frame.style.height = `${layout.height}px`
    frame.setAttribute("aria-label", alt) // at once: what draws it is still on its way the first time
    const plotly = await load(script)
    const { paint, close } = painter(parent)
    const narrow = frame.clientWidth < 560
    const painted = paint({ data, layout })
    close()
    painted.layout.uirevision = `${painted.layout.uirevision} ${chart.revision}`
    painted.layout.dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom"
    painted.layout.font.family = getComputedStyle(frame).fontFamily
    if (narrow) {
      // the legend, where there is one, gets lines of its own above the first panel
      const top = painted.layout.showlegend === false ? painted.layout.margin.t : 92
      painted.layout.margin = { ...painted.layout.margin, l: 48, r: 6, t: top }
      painted.layout.legend = { ...painted.layout.legend, x: 0, xanchor: "left", y: 1, yref: "container", yanchor: "top" }
    }
    if (chart.span) painted.layout.xaxis.range = chart.span
    const first = !chart.drawn
    chart.drawn = true
    await plotly.react(frame, painted.data, painted.layout, {
      displayModeBar: false,
      responsive: true,
      doubleClick: false,
    })
    if (first) {
      frame.on("plotly_relayout", change => {
        if (Object.keys(change).some(name => name.includes("axis"))) whole.hidden = false
      })
      frame.on("plotly_doubleclick", chart.reset)
    }
  }

  chart.reset = () => {
    chart.revision += 1
    chart.span = null
    whole.hidden = true
    chart.draw()
    frame.focus()
  }
  whole.onclick = chart.reset

  // The keyboard: arrows walk along the points, plus and minus zoom, Escape shows the whole run.
  frame.onkeydown = event => {
    const plotly = window.Plotly
    if (!plotly || !frame._fullLayout) return
    const xs = [...new Set(frame.calcdata.flatMap(points => points.map(point => point.x)))]
      .filter(Number.isFinite).sort((a, b) => a - b)
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key]
    if (step !== undefined && xs.length) {
      const from = chart.at === null ? (step > 0 ? -1 : xs.length) : chart.at
      chart.at = Math.max(0, Math.min(xs.length - 1, from + step))
      const panel = Object.keys(frame._fullLayout._plots)[0]
      plotly.Fx.hover(frame, { xval: xs[chart.at] }, panel)
      spoken.textContent = [...frame.querySelectorAll(".hoverlayer text")].map(text => text.textContent).join(", ")
    } else if (event.key === "+" || event.key === "-") {
      const [low, high] = frame._fullLayout.xaxis.range
      const middle = chart.at === null ? (low + high) / 2 : xs[Math.min(chart.at, xs.length - 1)]
      const half = ((high - low) / 2) * (event.key === "+" ? 0.6 : 1 / 0.6)
      // uirevision keeps only what a mouse has zoomed
      chart.span = [middle - half, middle + half]
      plotly.relayout(frame, { "xaxis.range": chart.span })
    } else if (event.key === "Escape" || event.key === "0") chart.reset()
    else return
    event.preventDefault()
  }

  // Another theme is another set of colours.
  const repaint = () => requestAnimationFrame(() => chart.content && chart.draw())
  const app = document.querySelector(".stApp")
  const watcher = new MutationObserver(repaint)
  if (app) watcher.observe(app, { attributes: true, attributeFilter: ["class", "style", "data-theme"] })
  chart.stop = () => {
    watcher.disconnect()
    window.Plotly?.purge(frame)
  }
  return chart
}

const charts = new WeakMap()

const unpack = data => new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"))).json()
const isSame = (one, other) => one?.length === other.length && one.every((byte, place) => byte === other[place])

export function show(parent, data) {
  if (!charts.has(parent)) charts.set(parent, start(parent))
  const chart = charts.get(parent)
  if (isSame(chart.data, data)) return
  chart.data = data
  unpack(data).then(content => {
    if (chart.data !== data) return // something newer came meanwhile
    chart.content = content
    chart.draw()
  })
}

export function forget(parent) {
  charts.get(parent)?.stop()
  charts.delete(parent)
}
