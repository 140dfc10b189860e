// A layer's values before and after, side by side: a cell under the pointer, chosen by a click, stepped to or played
// through. Every number comes from the server (`app/opened/grids.py`). Served behind `painting.js`
// and `telling.js`.

const NUMBERS = 30 // px: a cell of this side has its value written into it
const TELL_MILLISECONDS = 350 // after the last step the server is told
const TONES = { line: "--lab-quiet-ink", accent: "--lab-chosen", paper: "--lab-paper", faint: "--lab-grid", in: "--lab-run-1", out: "--lab-validation" }
const DIM = 0.16 // what has not been computed yet, while playing

function start(parent) {
  const frameOf = parent.querySelector(".lab-grids")
  const row = parent.querySelector(".lab-grids-row")
  const readout = parent.querySelector(".lab-grids-readout")
  const spoken = parent.querySelector(".lab-spoken")
  const at = parent.querySelector(".lab-at")
  const [back, next, play] = [".lab-back", ".lab-next", ".lab-play"].map(name => parent.querySelector(name))
  const speed = parent.querySelector(".lab-speed")
  const view = { figures: [], cell: 0, peek: null, mask: 0, timer: 0, telling: 0, playing: false, told: [] }

  // ---- cells are counted through what goes out; of a vector a cell is its number
  const out = () => view.content.grids.at(-1)
  const count = () => out().values.length
  const shown = () => view.peek ?? view.cell
  const pair = cell => (view.content.isVector ? [0, cell] : [Math.floor(cell / out().width), cell % out().width])
  const place = cell => [Math.floor(cell / out().width), cell % out().width]
  const named = cell => (view.content.isVector ? `value ${cell}` : `row ${place(cell)[0]}, column ${place(cell)[1]}`)

  // The part of what comes in that a cell is made of.
  const source = cell => {
    const [r, c] = place(cell)
    const { rows, columns } = view.content
    if (!rows.length) return { top: r, left: c, height: 1, width: 1 }
    return { top: rows[r][0], left: columns[c][0], height: rows[r][1], width: columns[c][1] }
  }
  const inWindow = cell => {
    const { top, left, height, width } = source(cell)
    const first = view.content.grids[0]
    return Array.from({ length: height * width }, (_, i) => first.values[(top + Math.floor(i / width)) * first.width + left + (i % width)])
  }
  const isKept = index => (view.bits[view.mask * view.content.masks.bytes + (index >> 3)] >> (7 - (index & 7))) & 1

  // ---- pictures
  const build = () => {
    row.replaceChildren()
    view.curve = view.window = view.mean = null
    const { grids, kind } = view.content
    view.figures = grids.map((_, index) => figure(index))
    if (view.content.masks) view.mean = figure(null)
    if (kind === "pooling") {
      const made = figure(null)
      made.box.classList.add("lab-window")
      view.figures[0].box.after(made.box)
      view.window = made
    }
    if (view.content.curve) {
      view.curve = figure(null)
      view.curve.box.classList.add("lab-plot")
      element(view.curve.title, "span", "", `${view.content.curve.function.replace("_", " ")}: what comes out for what comes in`)
    }
  }
  const figure = index => {
    const box = element(row, "figure")
    const made = { box, title: element(box, "figcaption"), canvas: element(box, "canvas"), index }
    made.canvas.setAttribute("role", "img")
    if (index === null) return made
    made.canvas.tabIndex = 0
    made.canvas.onpointermove = event => peek(under(made, event))
    made.canvas.onpointerleave = () => peek(null)
    made.canvas.onclick = event => {
      const found = under(made, event)
      if (found !== null) go(found)
    }
    made.canvas.onkeydown = event => {
      const { width } = out()
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width, Home: -Infinity, End: Infinity }[event.key]
      if (step === undefined) return
      event.preventDefault()
      if (Math.abs(step) === Infinity || (view.cell + step >= 0 && view.cell + step < count())) go(view.cell + step)
    }
    return made
  }

  const under = (made, event) => {
    const grid = view.content.grids[made.index]
    const [r, c] = [event.offsetY, event.offsetX].map(px => Math.floor(px / made.cell))
    if (r < 0 || c < 0 || r >= grid.height || c >= grid.width) return null
    const { rows, columns } = view.content
    if (made.index || !rows.length) return r * grid.width + c < count() ? r * grid.width + c : null
    // under what comes in: the first window that holds the cell
    const holds = spans => at => spans.findIndex(([first, length]) => at >= first && at < first + length)
    const [down, across] = [holds(rows)(r), holds(columns)(c)]
    return down < 0 || across < 0 ? null : down * out().width + across
  }

  const painted = grid => {
    const image = new ImageData(grid.width, grid.height)
    const table = colours(view.content.stops, grid.signed)
    grid.values.forEach((value, index) => {
      const share = Math.max(-1, Math.min(1, grid.most ? value / grid.most : 0))
      const hidden = view.content.masks && grid.own && !isKept(index)
      const colour = 3 * (255 + Math.round(255 * share))
      for (let channel = 0; channel < 3; channel++) image.data[4 * index + channel] = table[colour + channel]
      image.data[4 * index + 3] = hidden ? 0 : 255
    })
    const canvas = document.createElement("canvas")
    canvas.width = grid.width
    canvas.height = grid.height
    canvas.getContext("2d").putImageData(image, 0, 0)
    return canvas
  }

  const write = (pen, grid, values, cell, each) => {
    pen.font = `14px ${view.family}`
    pen.textAlign = "center"
    pen.textBaseline = "middle"
    values.forEach((value, index) => {
      const share = grid.most ? value / grid.most : 0
      pen.fillStyle = (grid.signed ? Math.abs(share) > 0.72 : share < 0.55) ? "#fff" : "#111"
      const [x, y] = [((index % each) + 0.5) * cell, (Math.floor(index / each) + 0.53) * cell]
      pen.fillText(brief(value), x, y)
    })
  }

  const drawGrid = (made, side) => {
    const grid = view.content.grids[made.index]
    const cell = Math.min(side / grid.width, side / grid.height)
    made.cell = cell
    made.box.style.maxWidth = `${Math.max(120, grid.width * cell)}px` // so that words don't push it aside
    const pen = sized(made.canvas, grid.width * cell, grid.height * cell)
    pen.imageSmoothingEnabled = false
    const picture = painted(grid)
    const isOut = made.index > 0
    if (isOut && view.playing && !view.content.masks) {
      pen.globalAlpha = DIM
      pen.drawImage(picture, 0, 0, grid.width * cell, grid.height * cell)
      pen.globalAlpha = 1
      const [r, c] = place(view.cell)
      const bands = [[0, 0, grid.width, r], [0, r, c + 1, 1]]
      for (const [x, y, w, h] of bands) if (w && h) pen.drawImage(picture, x, y, w, h, x * cell, y * cell, w * cell, h * cell)
    } else pen.drawImage(picture, 0, 0, grid.width * cell, grid.height * cell)
    if (view.content.masks && grid.own) crosses(pen, grid, cell)
    else if (cell >= NUMBERS) write(pen, grid, grid.values, cell, grid.width)
    pen.strokeStyle = view.line
    pen.strokeRect(0.5, 0.5, grid.width * cell - 1, grid.height * cell - 1)
    const marked = isOut ? { top: place(shown())[0], left: place(shown())[1], height: 1, width: 1 } : source(shown())
    mark(pen, marked.left * cell, marked.top * cell, marked.width * cell, marked.height * cell)
    made.title.replaceChildren()
    element(made.title, grid.own ? "b" : "span", grid.own ? "lab-own" : "", grid.title)
    element(made.title, "span", "lab-small", grid.note)
    const can = `${grid.title}${grid.note ? `, ${grid.note}` : ""}. Arrow keys go from value to value.`
    made.canvas.setAttribute("aria-label", can)
  }
  const mark = (pen, x, y, width, height) => {
    frame(pen, x + 1, y + 1, width - 2, height - 2, view.paper, 4)
    frame(pen, x + 1, y + 1, width - 2, height - 2, view.accent, 2.5)
  }
  const crosses = (pen, grid, cell) => {
    pen.strokeStyle = view.line
    pen.lineWidth = 1
    pen.beginPath()
    grid.values.forEach((_, index) => {
      if (isKept(index)) return
      const [x, y] = [(index % grid.width) * cell, Math.floor(index / grid.width) * cell]
      pen.moveTo(x + cell * 0.2, y + cell * 0.2)
      pen.lineTo(x + cell * 0.8, y + cell * 0.8)
    })
    pen.stroke()
  }

  // What the masks so far give on average: it comes ever nearer to what a reading gives.
  const drawMean = side => {
    const { grids, masks } = view.content
    const given = grids.at(-1)
    const mean = { ...given, own: false, values: given.values.map((value, index) => value * (keptSoFar(index) / (view.mask + 1))) }
    const cell = Math.min(side / mean.width, side / mean.height)
    view.mean.box.style.maxWidth = `${mean.width * cell}px`
    const pen = sized(view.mean.canvas, mean.width * cell, mean.height * cell)
    pen.imageSmoothingEnabled = false
    pen.drawImage(painted(mean), 0, 0, mean.width * cell, mean.height * cell)
    pen.strokeStyle = view.line
    pen.strokeRect(0.5, 0.5, mean.width * cell - 1, mean.height * cell - 1)
    view.mean.title.replaceChildren()
    element(view.mean.title, "span", "", "their mean so far")
    element(view.mean.title, "span", "lab-small", view.mask ? `masks 1 to ${view.mask + 1}` : "mask 1 alone")
    view.mean.canvas.setAttribute("aria-label", `The mean over ${view.mask + 1} of ${masks.count} masks`)
  }
  const keptSoFar = index => {
    const { bytes } = view.content.masks
    let kept = 0
    for (let mask = 0; mask <= view.mask; mask++) kept += (view.bits[mask * bytes + (index >> 3)] >> (7 - (index & 7))) & 1
    return kept
  }

  // The window enlarged, its numbers in it, the greatest framed.
  const drawWindow = side => {
    const grid = view.content.grids[0]
    const { height, width } = source(shown())
    const values = inWindow(shown())
    const cell = Math.min(side / width, side / height, 64)
    const pen = sized(view.window.canvas, width * cell, height * cell)
    const table = colours(view.content.stops, grid.signed)
    values.forEach((value, index) => {
      const colour = 3 * (255 + Math.round(255 * Math.max(-1, Math.min(1, grid.most ? value / grid.most : 0))))
      pen.fillStyle = `rgb(${table[colour]},${table[colour + 1]},${table[colour + 2]})`
      pen.fillRect((index % width) * cell, Math.floor(index / width) * cell, cell, cell)
    })
    if (cell >= NUMBERS) write(pen, grid, values, cell, width)
    pen.strokeStyle = view.line
    pen.strokeRect(0.5, 0.5, width * cell - 1, height * cell - 1)
    const best = values.indexOf(Math.max(...values))
    frame(pen, (best % width) * cell + 2, Math.floor(best / width) * cell + 2, cell - 4, cell - 4, view.accent, 2.5)
    view.window.title.replaceChildren()
    element(view.window.title, "span", "", "the window")
    view.window.canvas.setAttribute("aria-label", `The window: ${values.map(told).join(", ")}`)
  }

  // ---- in words
  const drawReadout = () => {
    readout.replaceChildren()
    const { grids, kind, masks } = view.content
    const cell = shown()
    const asked = {
      grids,
      cell,
      name: named(cell),
      pair: grids.map(grid => grid.values[cell]),
      numbers: view.content.numbers,
      which: view.content.curve?.function,
      values: kind === "pooling" ? inWindow(cell) : [],
      kept: masks && isKept(cell),
    }
    for (const [name, sum, result, isOwn] of SAYINGS[kind](asked)) {
      const line = element(readout, "p", isOwn ? "lab-own" : "")
      element(line, "span", "lab-name-of", name)
      const formula = element(line, "span", "lab-formula", sum)
      element(formula, "b", "", result)
    }
    if (masks) at.textContent = `Mask ${view.mask + 1} of ${masks.count}: ${masks.hidden[view.mask]} of ${masks.of} hidden`
    else at.textContent = `${view.content.isVector ? "value" : "position"} ${cell + 1} of ${count()}`
  }

  view.draw = () => {
    view.frame = 0
    if (!view.content || !row.clientWidth) return
    view.family = getComputedStyle(parent).fontFamily
    for (const [name, variable] of Object.entries(TONES)) view[name] = tone(parent, variable)
    const gap = parseFloat(getComputedStyle(row).columnGap) || 0
    const room = row.clientWidth
    const isPooling = view.content.kind === "pooling"
    // what comes in, its window, and what goes out: shares of one line; two in a line where it is narrow
    const shares = isPooling ? [1, 0.5, 0.86, 0.86] : [...view.figures, ...(view.mean ? [1] : [])].map(() => 1)
    const whole = shares.reduce((sum, share) => sum + share)
    const isNarrow = room < 560
    const tall = innerHeight < 900 ? 200 : 280 // all of it is to be seen at once
    const side = isNarrow ? Math.floor((room - gap) / 2) : Math.min(tall, Math.floor((room - gap * (shares.length - 1)) / whole))
    view.figures.forEach(made => drawGrid(made, isNarrow || !made.index || !isPooling ? side : 0.86 * side))
    if (isPooling) drawWindow(isNarrow ? Math.min(side, 150) : 0.5 * side)
    if (view.mean) drawMean(side)
    if (view.curve) {
      const pointed = view.content.grids.map(grid => grid.values[shown()])
      drawCurve(view.curve.canvas, view.content.curve, pointed, view, isNarrow ? room : Math.min(420, room - 2 * (side + gap)), side)
    }
    drawReadout()
    frameOf.dataset.cell = pair(view.cell).join("-")
    frameOf.dataset.mask = view.mask
    frameOf.dataset.kind = view.content.kind
  }
  const schedule = () => {
    view.frame ||= requestAnimationFrame(view.draw)
  }

  // ---- moving
  const peek = cell => {
    if (view.playing || cell === view.peek) return
    view.peek = cell
    schedule()
  }
  const go = cell => {
    view.cell = Math.max(0, Math.min(count() - 1, cell))
    view.peek = null
    view.draw()
    // the network's picture shows at once what this value is made of
    if (!view.content.masks) document.dispatchEvent(new CustomEvent("lab-cell", { detail: pair(view.cell) }))
    if (view.playing) return
    spoken.textContent = `${named(view.cell)}. ${[...readout.children].map(line => line.textContent).join(". ")}`
    tellSoon()
  }
  const tellSoon = () => {
    clearTimeout(view.telling)
    view.telling = setTimeout(() => {
      const cell = pair(view.cell)
      if (cell.join() === view.last) return
      view.last = cell.join()
      view.told.push(view.last)
      view.tell(cell)
    }, TELL_MILLISECONDS)
  }
  const step = by => {
    const { masks } = view.content
    if (!masks) return go((view.cell + by + count()) % count())
    view.mask = (view.mask + by + masks.count) % masks.count
    view.draw()
    if (!view.playing) spoken.textContent = at.textContent
  }
  const pause = () => {
    if (!view.playing) return
    view.playing = false
    clearInterval(view.timer)
    play.textContent = "▶ Play"
    view.draw()
    if (!view.content.masks) tellSoon()
  }
  const tick = () => {
    if (!view.content.masks && view.cell === count() - 1) return pause()
    step(1)
  }
  play.onclick = () => {
    if (view.playing) return pause()
    if (!view.content.masks && view.cell === count() - 1) view.cell = -1
    view.playing = true
    play.textContent = "❚❚ Pause"
    tick()
    view.timer = setInterval(tick, 1000 / Number(speed.value))
  }
  speed.onchange = () => {
    if (!view.playing) return
    clearInterval(view.timer)
    view.timer = setInterval(tick, 1000 / Number(speed.value))
  }
  back.onclick = () => (pause(), step(-1))
  next.onclick = () => (pause(), step(1))

  view.take = content => {
    const before = view.content
    view.content = content
    if (content.masks) {
      view.bits = Uint8Array.from(atob(content.masks.bits), letter => letter.charCodeAt(0))
      view.mask = before?.masks ? view.mask % content.masks.count : 0
    }
    next.textContent = content.masks ? "Next mask ▶" : "Step ▶"
    const shape = grids => grids.map(grid => [grid.width, grid.height, grid.title]).join()
    const isNew = !before || before.kind !== content.kind || shape(before.grids) !== shape(content.grids)
    if (isNew) {
      pause()
      build()
    }
    // what comes back is the cell that was told, while the person may be further on
    const asked = content.cell.join()
    const answered = view.told.indexOf(asked)
    view.told.splice(0, answered + 1)
    if (isNew || (answered < 0 && asked !== view.last)) {
      view.cell = content.isVector ? content.cell[1] : content.cell[0] * out().width + content.cell[1]
      view.last = asked
    }
    view.draw()
    frameOf.dataset.drawn = performance.now() // each time another mark
  }

  const app = document.querySelector(".stApp")
  const watcher = new MutationObserver(schedule)
  if (app) watcher.observe(app, { attributes: true, attributeFilter: ["class", "style", "data-theme"] })
  let room = 0
  const sizes = new ResizeObserver(() => {
    if (row.clientWidth !== room) schedule()
    room = row.clientWidth
  })
  sizes.observe(parent)
  view.stop = () => {
    clearInterval(view.timer)
    clearTimeout(view.telling)
    watcher.disconnect()
    sizes.disconnect()
  }
  return view
}

const views = new WeakMap()
const isSame = (one, other) => one?.length === other.length && one.every((byte, place) => byte === other[place])

export function show(parent, data, tell) {
  if (!views.has(parent)) views.set(parent, start(parent))
  const view = views.get(parent)
  view.tell = tell
  if (isSame(view.data, data)) return
  view.data = data
  inflate(data).then(buffer => {
    if (view.data !== data) return // something newer came meanwhile
    view.take(JSON.parse(new TextDecoder().decode(buffer)))
  })
}

export function forget(parent) {
  views.get(parent)?.stop()
  views.delete(parent)
}
