// Digits as points in a plane: they glide to their new places, the one under the pointer is shown, a click takes it.

const GLIDE_MILLISECONDS = 450
const REACH = 16 // px from a point at which it counts as meant
const MARGIN = 22
const TILE = 28, SHOWN = 84 // px of a digit in the sheet, and beside the pointer

const ease = share => 1 - (1 - share) ** 3
const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches

function colours(place, count) {
  const probe = document.createElement("span")
  place.append(probe)
  const look = name => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const found = {
    classes: Array.from({ length: count }, (_, label) => look(`--lab-class-${label}`)),
    ink: look("--lab-ink"),
    paper: look("--lab-paper"),
    quiet: look("--lab-quiet-ink"),
  }
  probe.remove()
  return found
}

function start(parent) {
  const frame = parent.querySelector(".lab-scatter")
  const canvas = parent.querySelector("canvas")
  const tip = parent.querySelector(".lab-tip")
  const spoken = parent.querySelector(".lab-spoken")
  const chart = { at: null, shown: null, take: () => {} }

  const size = () => ({ width: frame.clientWidth, height: frame.clientHeight })
  const onScreen = ([x, y]) => {
    const { width, height } = size()
    return [MARGIN + (x / 1000) * (width - 2 * MARGIN), MARGIN + (y / 1000) * (height - 2 * MARGIN)]
  }

  const draw = () => {
    const { content, shown } = chart
    if (!content || !shown) return
    const { width, height } = size()
    const dense = window.devicePixelRatio || 1
    canvas.width = width * dense
    canvas.height = height * dense
    const pen = canvas.getContext("2d")
    pen.scale(dense, dense)
    const palette = colours(parent, 10)
    const spots = shown.points.map(onScreen)
    const dot = (spot, radius) => {
      pen.beginPath()
      pen.arc(...spot, radius, 0, 2 * Math.PI)
    }
    pen.globalAlpha = 0.75
    spots.forEach((spot, place) => {
      pen.fillStyle = palette.classes[content.labels[place]]
      dot(spot, 3.6)
      pen.fill()
    })
    pen.globalAlpha = 1
    pen.lineWidth = 1.8
    pen.strokeStyle = palette.ink
    spots.forEach((spot, place) => {
      if (!content.ringed || content.labels[place] === content.read[place]) return
      dot(spot, 6.5)
      pen.stroke()
    })
    // each class's name in its midst, so that nobody has to tell ten colours apart
    pen.font = `700 20px ${getComputedStyle(frame).fontFamily}`
    pen.textAlign = "center"
    pen.textBaseline = "middle"
    pen.lineJoin = "round"
    content.names.forEach((name, label) => {
      const own = spots.filter((_, place) => content.labels[place] === label)
      if (!own.length) return
      const middle = values => values.sort((a, b) => a - b)[values.length >> 1]
      const spot = [middle(own.map(([x]) => x)), middle(own.map(([, y]) => y))]
      pen.lineWidth = 6
      pen.strokeStyle = palette.paper
      pen.strokeText(name, ...spot)
      pen.fillStyle = palette.classes[label]
      pen.fillText(name, ...spot)
    })
    if (shown.hand) cross(pen, onScreen(shown.hand), palette)
    if (chart.at !== null) {
      pen.lineWidth = 2.5
      pen.strokeStyle = palette.ink
      dot(spots[chart.at], 9)
      pen.stroke()
    }
  }

  const cross = (pen, [x, y], palette) => {
    for (const [width, colour] of [[7, palette.paper], [3, palette.ink]]) {
      pen.lineWidth = width
      pen.strokeStyle = colour
      pen.beginPath()
      pen.moveTo(x - 11, y)
      pen.lineTo(x + 11, y)
      pen.moveTo(x, y - 11)
      pen.lineTo(x, y + 11)
      pen.stroke()
    }
    pen.font = `600 15px ${getComputedStyle(frame).fontFamily}`
    const left = x > size().width - 110
    pen.textAlign = left ? "right" : "left"
    pen.lineWidth = 5
    pen.strokeStyle = palette.paper
    pen.strokeText("in hand", x + (left ? -14 : 14), y - 12)
    pen.fillStyle = palette.ink
    pen.fillText("in hand", x + (left ? -14 : 14), y - 12)
  }

  chart.glide = from => {
    const { points, hand } = chart.content
    const begun = performance.now()
    cancelAnimationFrame(chart.frame)
    const step = now => {
      const share = from && !isStill() ? ease(Math.min(1, (now - begun) / GLIDE_MILLISECONDS)) : 1
      const between = (old, next) => next.map((value, axis) => old[axis] + (value - old[axis]) * share)
      chart.shown = {
        points: share < 1 ? points.map((point, place) => between(from.points[place], point)) : points,
        hand: share < 1 && hand && from.hand ? between(from.hand, hand) : hand,
      }
      draw()
      if (share < 1) chart.frame = requestAnimationFrame(step)
    }
    chart.frame = requestAnimationFrame(step)
  }

  const describe = place => {
    const { labels, read, sure, names } = chart.content
    const said = labels[place] === read[place] ? "" : `, read as ${names[read[place]]}`
    return `labelled ${names[labels[place]]}${said}, ${sure[place]} sure`
  }

  const point = place => {
    if (place === chart.at) return
    chart.at = place
    tip.hidden = place === null
    canvas.style.cursor = place === null ? "" : "pointer"
    if (place !== null) {
      const [x, y] = onScreen(chart.shown.points[place])
      const { width } = size()
      frame.dataset.at = `${x} ${y}`
      tip.querySelector("i").style.backgroundPosition =
        `${-(place % chart.content.columns) * SHOWN}px ${-Math.floor(place / chart.content.columns) * SHOWN}px`
      tip.querySelector("i").style.backgroundSize = `${chart.content.columns * SHOWN}px auto`
      tip.querySelector("span").textContent = describe(place)
      tip.style.left = `${Math.min(Math.max(x - 60, 0), Math.max(0, width - 130))}px`
      tip.style.top = y > 150 ? `${y - 150}px` : `${y + 16}px`
    }
    draw()
  }

  const nearest = event => {
    const box = canvas.getBoundingClientRect()
    const x = event.clientX - box.left, y = event.clientY - box.top
    let found = null, least = REACH ** 2
    chart.shown?.points.forEach((each, place) => {
      const [px, py] = onScreen(each)
      const far = (px - x) ** 2 + (py - y) ** 2
      if (far < least) [found, least] = [place, far]
    })
    return found
  }
  canvas.onpointermove = event => event.pointerType === "mouse" && point(nearest(event))
  canvas.onpointerleave = event => event.pointerType === "mouse" && point(null)
  // a finger first sees what it has met, and takes it with a second touch
  canvas.onpointerup = event => {
    const place = nearest(event)
    const again = place !== null && place === chart.at
    point(place)
    if (place !== null && (again || event.pointerType === "mouse")) chart.take(place)
  }

  frame.onkeydown = event => {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
    const way = ways[event.key]
    if (way && chart.shown) {
      const from = chart.at === null ? (chart.shown.hand ?? [500, 500]) : chart.shown.points[chart.at]
      let found = chart.at, least = Infinity
      chart.shown.points.forEach(([x, y], place) => {
        const along = (x - from[0]) * way[0] + (y - from[1]) * way[1]
        const aside = Math.abs((x - from[0]) * way[1]) + Math.abs((y - from[1]) * way[0])
        const far = along + 2 * aside
        if (place !== chart.at && along > 0 && aside <= along * 1.5 && far < least) [found, least] = [place, far]
      })
      point(found)
      if (found !== null) spoken.textContent = describe(found)
    } else if (event.key === "Enter" && chart.at !== null) chart.take(chart.at)
    else if (event.key === "Escape") point(null)
    else return
    event.preventDefault()
  }
  frame.onblur = () => point(null)

  const resized = new ResizeObserver(draw)
  resized.observe(frame)
  const app = document.querySelector(".stApp")
  const themed = new MutationObserver(() => requestAnimationFrame(draw))
  if (app) themed.observe(app, { attributes: true, attributeFilter: ["class", "style", "data-theme"] })
  chart.stop = () => {
    resized.disconnect()
    themed.disconnect()
    cancelAnimationFrame(chart.frame)
  }
  return chart
}

const charts = new WeakMap()

export function show(parent, content, take) {
  if (!charts.has(parent)) charts.set(parent, start(parent))
  const chart = charts.get(parent)
  chart.take = take
  const text = JSON.stringify(content)
  if (chart.text === text) return
  const from = chart.content?.points.length === content.points.length ? chart.shown : null
  chart.text = text
  chart.content = content
  chart.at = null
  parent.querySelector(".lab-tip").hidden = true
  parent.querySelector(".lab-scatter").setAttribute("aria-label", content.alt)
  chart.glide(from)
}

export function forget(parent) {
  charts.get(parent)?.stop()
  charts.delete(parent)
}
