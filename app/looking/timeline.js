// The epochs of a network on one line: its learning rate and the drops, what it reads in the digit, and where one is.
// Playing asks for the next epoch when the one before is on screen: a slow server slows the film, nothing piles up.

const SVG = "http://www.w3.org/2000/svg"
const RATE = { top: 6, height: 34 }
const LEFT = 52 // px for the two lines' names
const RIGHT = 10

function make(parent, name, settings, text) {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(settings)) made.setAttribute(key, value)
  if (text !== undefined) made.textContent = text
  parent.append(made)
  return made
}

function start(parent) {
  const frame = parent.querySelector(".lab-line")
  const play = parent.querySelector(".lab-play")
  const speed = parent.querySelector(".lab-speed")
  const line = { timer: 0, playing: false, asked: null }

  const x = epoch => {
    const { epochs } = line.content
    const [first, last] = [epochs[0], epochs.at(-1)]
    return LEFT + ((line.width - LEFT - RIGHT) * (epoch - first)) / Math.max(1, last - first)
  }

  line.draw = () => {
    const { content } = line
    line.width = frame.clientWidth
    if (!content || !line.width) return
    const height = content.reads.length ? 72 : 48
    frame.replaceChildren()
    const svg = make(frame, "svg", { width: line.width, height, "aria-hidden": "true" })
    const { course, rates } = content // of all epochs, also of those whose weights weren't kept
    const logs = rates.map(rate => Math.log(Math.max(rate, 1e-12)))
    const [low, high] = [Math.min(...logs), Math.max(...logs)]
    const y = log => RATE.top + RATE.height * (high > low ? (high - log) / (high - low) : 0.3)
    // the rate of an epoch is what it was learned with: a step that ends at its mark
    let path = `M${x(course[0])},${y(logs[0])}`
    for (let at = 1; at < course.length; at++) path += `L${x(course[at - 1])},${y(logs[at])}L${x(course[at])},${y(logs[at])}`
    make(svg, "text", { x: 0, y: RATE.top + 14, class: "lab-line-name" }, "rate")
    if (content.reads.length) make(svg, "text", { x: 0, y: height - 7, class: "lab-line-name" }, "reads")
    for (const drop of content.drops) make(svg, "line", { x1: x(drop), x2: x(drop), y1: RATE.top - 4, y2: RATE.top + RATE.height + 6, class: "lab-drop" })
    make(svg, "path", { d: path, class: "lab-rate-line" })
    const at = course.indexOf(content.at)
    make(svg, "line", { x1: x(content.at), x2: x(content.at), y1: 0, y2: height, class: "lab-here" })
    make(svg, "circle", { cx: x(content.at), cy: y(logs[at]), r: 5, class: "lab-here-dot" })
    let right = -Infinity
    for (const [epoch, digit, share, isRight] of content.reads) {
      const middle = x(epoch)
      if (epoch !== content.at && (middle - right < 16 || Math.abs(middle - x(content.at)) < 16)) continue
      right = middle
      const text = make(svg, "text", { x: middle, y: height - 7, "text-anchor": "middle", class: `lab-epoch-reads${isRight ? "" : " lab-wrong"}${epoch === content.at ? " lab-now" : ""}` }, digit)
      text.style.opacity = epoch === content.at ? 1 : 0.35 + 0.65 * share
    }
    frame.setAttribute("aria-label", content.alt)
    parent.querySelector(".lab-said b").textContent = content.title
    parent.querySelector(".lab-said span").textContent = content.said
  }

  const nearest = event => {
    const place = event.clientX - frame.getBoundingClientRect().left
    return line.content.epochs.reduce((best, epoch) => (Math.abs(x(epoch) - place) < Math.abs(x(best) - place) ? epoch : best))
  }
  frame.onclick = event => {
    stop()
    ask(nearest(event))
  }

  const ask = epoch => {
    line.asked = epoch
    line.from = line.content.at
    line.askedAt = performance.now()
    if (epoch !== line.content.at) line.tell("epoch", epoch)
  }
  const stop = () => {
    line.playing = false
    clearTimeout(line.timer)
    label()
  }
  const label = () => {
    play.textContent = line.playing ? "❚❚ Stop" : "▶ Play"
  }
  const next = () => {
    const { epochs, at } = line.content
    const place = epochs.indexOf(at)
    if (place === epochs.length - 1) stop()
    else ask(epochs[place + 1])
  }
  play.onclick = () => {
    if (line.playing) return stop()
    line.playing = true
    label()
    const { epochs, at } = line.content
    if (at === epochs.at(-1)) ask(epochs[0]) // at the end it begins anew
    else next()
  }

  // The epoch that was asked for is here: after its time the next.
  line.arrived = () => {
    if (line.content.more && !line.playing) line.tell("more", line.content.more)
    if (!line.playing) return
    if (line.content.at !== line.asked) {
      // Where the epoch was chosen by another hand meanwhile, the film is over; else the one asked for is on its way.
      if (line.content.at !== line.from) stop()
      return
    }
    clearTimeout(line.timer)
    line.timer = setTimeout(next, Math.max(0, 1000 / Number(speed.value) - (performance.now() - line.askedAt)))
  }

  const sizes = new ResizeObserver(() => frame.clientWidth !== line.width && requestAnimationFrame(line.draw))
  sizes.observe(frame)
  line.stop = () => {
    stop()
    sizes.disconnect()
  }
  label()
  return line
}

const lines = new WeakMap()

export function show(parent, data, tell) {
  if (!lines.has(parent)) lines.set(parent, start(parent))
  const line = lines.get(parent)
  line.tell = tell
  line.content = data
  line.draw()
  line.arrived()
}

export function forget(parent) {
  lines.get(parent)?.stop()
  lines.delete(parent)
}
