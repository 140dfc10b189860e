// A kernel that slides over a map. What it shows came from the server (`app/opened/sliding.py`) or is a single product
// of two such numbers, or a sum of a few; the server is told where the kernel comes to rest.

const REST_MILLISECONDS = 160 // a kernel that stands still this long has come to rest
const MOST_WRITTEN = 5 // cells to a side, in which numbers can be read
const TILE = 42, TILE_GAP = 8, TILE_TEXT = 20 // px: one input channel

// A number in a cell or a sum: three digits at most that matter.
function plain(value) {
  const size = Math.abs(value)
  const isWhole = Math.abs(value - Math.round(value)) < 0.0005
  const text = isWhole || size >= 99.95 ? value.toFixed(0) : size >= 9.995 ? value.toFixed(1) : value.toFixed(2)
  return text.replace(/^-(?=0$)/, "").replace("-", MINUS)
}

const colourOf = (table, share) => {
  const place = 3 * (255 + Math.round(255 * Math.max(-1, Math.min(1, share))))
  return [table[place], table[place + 1], table[place + 2]]
}
const isDark = ([red, green, blue]) => 0.3 * red + 0.59 * green + 0.11 * blue < 140

function start(parent) {
  const part = name => parent.querySelector(`[data-is=${name}]`)
  const button = name => parent.querySelector(`[data-does=${name}]`)
  const root = parent.querySelector(".lab-slide")
  const where = parent.querySelector(".lab-slide-where")
  const sum = parent.querySelector(".lab-slide-sum")
  const strip = parent.querySelector(".lab-slide-channels")
  const spoken = parent.querySelector(".lab-spoken")
  const speed = parent.querySelector("select")
  const canvases = { input: part("input").querySelector("canvas"), sum: part("sum").querySelector("canvas"), end: part("end").querySelector("canvas"), strip: strip.querySelector("canvas") }
  const slide = { content: null, row: 0, column: 0, reached: 0, whole: false, playing: 0, frame: 0, told: "", layout: {} }

  // ---- the numbers
  const value = (grid, tile, row, column) => {
    const { cells, unit } = tileOf(slide.content, grid, tile)
    return cells[row * grid.width + column] * unit
  }
  const corner = () => [slide.row * slide.content.stride, slide.column * slide.content.stride]
  const patchAt = (i, j) => value(slide.content.input, slide.channel, corner()[0] + i, corner()[1] + j)
  const kernelAt = (i, j) => value(slide.content.kernel, slide.channel, i, j)
  const isInside = (row, column) => {
    const [top, left, height, width] = slide.content.inside
    return row >= top && row < top + height && column >= left && column < left + width
  }
  const last = () => slide.content.terms.height * slide.content.terms.width - 1
  const here = () => slide.row * slide.content.terms.width + slide.column

  // ---- patch, kernel, products: tables of numbers, or colours alone where the kernel is large
  const build = () => {
    const { height: side } = slide.content.kernel
    slide.tables = {}
    for (const name of ["patch", "kernel", "products"]) {
      const figure = part(name)
      figure.querySelector("table, canvas")?.remove()
      if (side > MOST_WRITTEN) {
        slide.tables[name] = element(figure, "canvas")
        slide.tables[name].setAttribute("role", "img")
        continue
      }
      const table = element(figure, "table", "lab-cells")
      const body = element(table, "tbody")
      for (let i = 0; i < side; i++) {
        const row = element(body, "tr")
        for (let j = 0; j < side; j++) element(row, "td")
      }
      slide.tables[name] = table
    }
    root.toggleAttribute("data-large", side > 3)
  }

  const drawCells = (name, valueAt, most, signed, isPadding) => {
    const { height: side } = slide.content.kernel
    const table = colours(slide.content.stops, signed)
    const target = slide.tables[name]
    if (side > MOST_WRITTEN) {
      const room = Math.min(part(name).clientWidth || 150, 150)
      const pen = sized(target, room, room)
      const cell = room / side
      for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) {
        pen.fillStyle = `rgb(${colourOf(table, valueAt(i, j) / (most || 1))})`
        pen.fillRect(j * cell, i * cell, cell + 0.5, cell + 0.5)
      }
      target.setAttribute("aria-label", `${name}, ${side} by ${side}`)
      return
    }
    for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) {
      const cell = target.rows[i].cells[j]
      const number = valueAt(i, j)
      const colour = colourOf(table, number / (most || 1))
      cell.textContent = plain(number)
      cell.style.backgroundColor = `rgb(${colour})`
      cell.style.color = isDark(colour) ? "#fff" : "#16161a"
      cell.classList.toggle("lab-padding", isPadding?.(i, j) ?? false)
    }
  }

  const drawTables = () => {
    const { input, kernel } = slide.content
    const [top, left] = corner()
    const inputMost = tileOf(slide.content, input, slide.channel).most
    const kernelMost = tileOf(slide.content, kernel, slide.channel).most
    drawCells("patch", patchAt, inputMost, input.signed, (i, j) => !isInside(top + i, left + j))
    drawCells("kernel", kernelAt, kernelMost, true)
    drawCells("products", (i, j) => patchAt(i, j) * kernelAt(i, j), inputMost * kernelMost, true)
  }

  // ---- the maps
  const room = () => Math.floor(parseFloat(getComputedStyle(root).getPropertyValue("--lab-map")) || 200)
  const fitted = (grid, side) => Math.min(side / grid.width, side / grid.height)

  const drawInput = () => {
    const { content } = slide
    const { input, kernel } = content
    const cell = fitted(input, room())
    const pen = sized(canvases.input, input.width * cell, input.height * cell)
    pen.imageSmoothingEnabled = false
    drawTile(pen, slide.source.input, input, slide.channel, 0, 0, cell)
    hatch(pen, cell)
    if (content.pen !== null || cell >= 16) lines(pen, input, cell)
    if (content.pen !== null && cell >= LEAST_NUMBER_CELL - 8) {
      const tile = tileOf(content, input, slide.channel)
      const table = colours(content.stops, input.signed)
      pen.font = `14px ${slide.family}`
      pen.textAlign = "center"
      pen.textBaseline = "middle"
      for (let at = 0; at < tile.cells.length; at++) {
        const [row, column] = [Math.floor(at / input.width), at % input.width]
        if (!isInside(row, column)) continue
        pen.fillStyle = isDark(colourOf(table, tile.cells[at] / content.levels)) ? "#fff" : "#16161a"
        pen.fillText(brief(tile.cells[at] * tile.unit), (column + 0.5) * cell, (row + 0.54) * cell)
      }
    }
    const [top, left] = corner()
    const side = kernel.height * cell
    frame(pen, left * cell + 2, top * cell + 2, side - 4, side - 4, slide.accent, 3)
    if (slide.cursor && content.pen !== null) frame(pen, slide.cursor[1] * cell + 2, slide.cursor[0] * cell + 2, cell - 4, cell - 4, slide.ink, 2)
    slide.layout.input = cell
    part("input").querySelector("figcaption").textContent = content.source + (input.count > 1 || content.others ? `, channel ${content.channels[slide.channel]}` : "")
    canvases.input.setAttribute("aria-label", `${content.source}; the kernel lies on rows ${top} to ${top + kernel.height - 1}, columns ${left} to ${left + kernel.width - 1}. Arrow keys ${content.pen === null ? "move it" : "walk, Space paints, figures write"}.`)
  }

  const hatch = (pen, cell) => {
    const { input, inside: [top, left, height, width] } = slide.content
    if (height === input.height && width === input.width) return
    const area = new Path2D()
    area.rect(0, 0, input.width * cell, input.height * cell)
    area.rect(left * cell, top * cell, width * cell, height * cell)
    pen.save()
    pen.clip(area, "evenodd")
    pen.fillStyle = slide.paper
    pen.fillRect(0, 0, input.width * cell, input.height * cell)
    pen.strokeStyle = slide.line
    pen.globalAlpha = 0.6
    pen.beginPath()
    for (let at = -input.height * cell; at < input.width * cell; at += 6) {
      pen.moveTo(at, input.height * cell)
      pen.lineTo(at + input.height * cell, 0)
    }
    pen.stroke()
    pen.restore()
  }

  const lines = (pen, grid, cell) => {
    pen.strokeStyle = slide.line
    pen.globalAlpha = 0.45
    pen.lineWidth = 1
    pen.beginPath()
    for (let at = 0; at <= grid.width; at++) {
      pen.moveTo(at * cell, 0)
      pen.lineTo(at * cell, grid.height * cell)
    }
    for (let at = 0; at <= grid.height; at++) {
      pen.moveTo(0, at * cell)
      pen.lineTo(grid.width * cell, at * cell)
    }
    pen.stroke()
    pen.globalAlpha = 1
  }

  const isFilled = at => slide.whole || at <= slide.reached

  const drawOutput = (name, place) => {
    const { stages, ring } = slide.content
    const stage = stages[place]
    part(name).hidden = !stage
    if (!stage) return
    const canvas = canvases[name]
    const cell = fitted(stage, room())
    const pen = sized(canvas, stage.width * cell, stage.height * cell)
    pen.imageSmoothingEnabled = false
    pen.fillStyle = slide.faint
    pen.fillRect(0, 0, stage.width * cell, stage.height * cell)
    pen.save()
    pen.beginPath()
    const full = slide.whole ? stage.height : Math.floor((slide.reached + 1) / stage.width)
    pen.rect(0, 0, stage.width * cell, full * cell)
    if (full < stage.height) pen.rect(0, full * cell, ((slide.reached + 1) % stage.width) * cell, cell)
    pen.clip()
    drawTile(pen, slide.source.stages[place], stage, 0, 0, 0, cell)
    pen.restore()
    if (cell >= 16) lines(pen, stage, cell)
    if (cell >= LEAST_NUMBER_CELL) {
      const table = colours(slide.content.stops, stage.signed)
      const { cells, unit, most } = tileOf(slide.content, stage, 0)
      pen.font = `14px ${slide.family}`
      pen.textAlign = "center"
      pen.textBaseline = "middle"
      for (let at = 0; at < cells.length; at++) {
        if (!isFilled(at)) continue
        pen.fillStyle = isDark(colourOf(table, (cells[at] * unit) / (most || 1))) ? "#fff" : "#16161a"
        pen.fillText(plain(cells[at] * unit), ((at % stage.width) + 0.5) * cell, (Math.floor(at / stage.width) + 0.54) * cell)
      }
    }
    if (ring && slide.whole) {
      pen.strokeStyle = slide.ink
      pen.lineWidth = 2
      pen.beginPath()
      pen.arc((ring[1] + 0.5) * cell, (ring[0] + 0.5) * cell, Math.max(9, cell), 0, 2 * Math.PI)
      pen.stroke()
    }
    frame(pen, slide.column * cell + 1, slide.row * cell + 1, cell - 2, cell - 2, slide.accent, Math.min(3, Math.max(2, cell / 5)))
    slide.layout[name] = cell
    part(name).querySelector("figcaption").textContent = `${stage.title}, ${stage.height} × ${stage.width}`
    canvas.setAttribute("aria-label", `${stage.title}, ${stage.height} by ${stage.width}; here ${plain(value(stage, 0, slide.row, slide.column))}. Arrow keys move the kernel.`)
  }

  // ---- the sum, in words and numbers
  const drawSum = () => {
    const { content } = slide
    const { terms, stages, bias } = content
    const own = value(terms, slide.channel, slide.row, slide.column)
    let others = 0
    for (let tile = 0; tile < terms.count; tile++) if (tile !== slide.channel) others += value(terms, tile, slide.row, slide.column)
    const count = terms.count - 1 - (content.others ? 1 : 0) + content.others
    const parts = [["", count ? "this channel’s products" : "the products", own]]
    if (count) parts.push(["+", count === 1 ? "the other channel" : `${count} other channels`, others])
    if (bias !== 0) parts.push(["+", "bias", bias])
    stages.forEach((stage, place) => parts.push([place ? "→" : "=", stage.title, value(stage, 0, slide.row, slide.column)]))
    sum.replaceChildren()
    for (const [sign, name, number] of parts) {
      if (sign) element(sum, "b", "", sign)
      const chip = element(sum, "span")
      element(chip, "small", "", name)
      element(chip, "strong", "", plain(number)).dataset.value = number
    }
    slide.said = `row ${slide.row}, column ${slide.column}: ${parts.map(([sign, name, number]) => `${sign === "=" ? "makes" : sign === "→" ? "then" : sign && "plus"} ${name} ${plain(number)}`).join(" ")}`
    where.textContent = `row ${slide.row}, column ${slide.column}`
    root.dataset.at = `${slide.row} ${slide.column}`
    root.dataset.channel = content.channels[slide.channel]
  }

  // ---- one column for each input channel: its map, its kernel, what the two make
  const drawStrip = () => {
    const { content } = slide
    const { input, kernel, terms } = content
    strip.hidden = terms.count < 2
    if (strip.hidden) return
    const most = content.channels.length + content.others
    strip.querySelector("h4").textContent = `${most} input channels, each with a kernel of its own; their maps are added up`
    const width = strip.clientWidth
    const columns = Math.max(1, Math.floor((width + TILE_GAP) / (TILE + TILE_GAP)))
    const rows = Math.ceil(terms.count / columns)
    const high = 3 * TILE + 2 * 4 + TILE_TEXT + 14
    const pen = sized(canvases.strip, Math.min(width, columns * (TILE + TILE_GAP)), rows * high)
    pen.imageSmoothingEnabled = false
    pen.font = `14px ${slide.family}`
    pen.textAlign = "center"
    pen.textBaseline = "top"
    for (let tile = 0; tile < terms.count; tile++) {
      const x = (tile % columns) * (TILE + TILE_GAP), y = Math.floor(tile / columns) * high + 3
      const isRest = tile >= input.count
      if (!isRest) {
        draw(pen, slide.source.input, input, tile, x + 3, y)
        draw(pen, slide.source.kernel, kernel, tile, x + 3, y + TILE + 4)
      } else {
        pen.fillStyle = slide.ink
        pen.fillText("other", x + 3 + TILE / 2, y + TILE / 2)
        pen.fillText(String(content.others), x + 3 + TILE / 2, y + TILE / 2 + 18)
      }
      draw(pen, slide.source.terms, terms, tile, x + 3, y + 2 * (TILE + 4))
      const cell = fitted(terms, TILE - 6)
      frame(pen, x + 3 + slide.column * cell, y + 2 * (TILE + 4) + slide.row * cell, Math.max(2, cell), Math.max(2, cell), slide.accent, 1.5)
      pen.fillStyle = slide.ink
      pen.fillText(plain(value(terms, tile, slide.row, slide.column)), x + TILE / 2, y + 3 * TILE + 8)
      if (tile === slide.channel) frame(pen, x + 1, y - 1, TILE - 2, high - 8, slide.accent, 2)
    }
    slide.layout.strip = { columns, high }
    canvases.strip.setAttribute("aria-label", `Input channels; chosen: ${content.channels[slide.channel]}. Arrow keys choose another.`)
  }
  const draw = (pen, source, grid, tile, x, y) => {
    const cell = fitted(grid, TILE - 6)
    drawTile(pen, source, grid, tile, x, y, cell)
  }

  const paint = () => {
    const { content } = slide
    slide.source = {
      input: painted(content, content.input, true),
      kernel: painted(content, content.kernel, false),
      terms: painted(content, content.terms, false),
      stages: content.stages.map(stage => painted(content, stage, true)),
    }
  }

  slide.draw = () => {
    slide.frame = 0
    if (!slide.content || !root.clientWidth) return
    slide.family = getComputedStyle(root).fontFamily
    for (const [name, variable] of [["ink", "--lab-ink"], ["line", "--lab-quiet-ink"], ["accent", "--lab-chosen"], ["paper", "--lab-paper"], ["faint", "--lab-faint"]]) slide[name] = tone(parent, variable)
    move()
  }

  const move = () => {
    drawTables()
    drawInput()
    drawOutput("sum", 0)
    drawOutput("end", slide.content.stages.length > 1 ? slide.content.stages.length - 1 : -1)
    drawSum()
    drawStrip()
  }
  const schedule = () => {
    slide.frame ||= requestAnimationFrame(slide.draw)
  }

  // ---- moving
  const tell = () => {
    clearTimeout(slide.rest)
    slide.rest = setTimeout(() => {
      const text = `${slide.row} ${slide.column}`
      if (slide.playing || text === slide.told) return
      slide.told = text
      slide.set("cell", [slide.row, slide.column])
    }, REST_MILLISECONDS)
  }
  slide.go = (row, column, aloud = false, quiet = false) => {
    const { height, width } = slide.content.terms
    slide.row = Math.max(0, Math.min(height - 1, row))
    slide.column = Math.max(0, Math.min(width - 1, column))
    slide.reached = Math.max(slide.reached, here())
    schedule()
    if (!quiet) tell()
    // the network's picture shows at once what this value is made of
    if (!slide.content.pen) document.dispatchEvent(new CustomEvent("lab-cell", { detail: [slide.row, slide.column] }))
    if (aloud) requestAnimationFrame(() => { spoken.textContent = slide.said ?? "" })
  }
  const goTo = (at, aloud) => slide.go(Math.floor(at / slide.content.terms.width), at % slide.content.terms.width, aloud)

  const pause = () => {
    cancelAnimationFrame(slide.playing)
    slide.playing = 0
    delete root.dataset.playing
    button("play").textContent = "▶ Play"
    if (slide.content) tell()
  }
  const play = () => {
    if (here() >= last()) {
      slide.whole = false
      button("whole").setAttribute("aria-pressed", "false")
      slide.reached = 0
      goTo(0)
    }
    root.dataset.playing = "yes"
    button("play").textContent = "❚❚ Pause"
    let begun = performance.now()
    const step = now => {
      const steps = Math.floor(((now - begun) / 1000) * Number(speed.value))
      if (steps > 0) {
        begun += (steps * 1000) / Number(speed.value)
        const at = Math.min(last(), here() + Math.min(steps, 4))
        goTo(at)
        if (at >= last()) return pause()
      }
      slide.playing = requestAnimationFrame(step)
    }
    slide.playing = requestAnimationFrame(step)
  }

  button("back").onclick = () => { pause(); goTo(Math.max(0, here() - 1), true) }
  button("step").onclick = () => { pause(); goTo(here() >= last() ? 0 : here() + 1, true) }
  button("play").onclick = () => (slide.playing ? pause() : play())
  button("whole").onclick = () => {
    slide.whole = !slide.whole
    if (!slide.whole) slide.reached = here()
    button("whole").setAttribute("aria-pressed", String(slide.whole))
    schedule()
  }

  const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }
  const walk = event => {
    const step = ARROWS[event.key]
    if (!step) return
    pause()
    slide.go(slide.row + step[0], slide.column + step[1], true)
    event.preventDefault()
  }
  const spot = (event, cell) => [Math.floor(event.offsetY / cell), Math.floor(event.offsetX / cell)]
  for (const name of ["sum", "end"]) {
    canvases[name].onkeydown = walk
    canvases[name].onclick = event => {
      pause()
      slide.go(...spot(event, slide.layout[name]))
    }
  }

  // ---- the input: the kernel is put there, or numbers are painted into it
  const inside = ([row, column]) => {
    const [top, left, height, width] = slide.content.inside
    return row >= top && column >= left && row < top + height && column < left + width ? (row - top) * width + column - left : -1
  }
  const numbersNow = () => {
    const [top, left, height, width] = slide.content.inside
    return Array.from({ length: height * width }, (_, at) => Number(value(slide.content.input, 0, top + Math.floor(at / width), left + (at % width)).toFixed(2)))
  }
  const write = (cell, number) => {
    const at = inside(cell)
    if (at < 0 || !Number.isFinite(number)) return
    slide.changed ??= numbersNow()
    slide.changed[at] = Math.max(-99, Math.min(99, number))
    clearTimeout(slide.painting)
    slide.painting = setTimeout(() => {
      const numbers = slide.changed
      slide.changed = null
      if (numbers) slide.set("painted", numbers)
    }, slide.isDown ? 1000 : REST_MILLISECONDS)
  }
  const numberAt = cell => {
    const at = inside(cell)
    return at < 0 ? null : slide.changed?.[at] ?? numbersNow()[at]
  }
  const preview = cell => {
    const context = canvases.input.getContext("2d")
    const size = slide.layout.input
    context.fillStyle = slide.accent
    context.globalAlpha = 0.55
    context.fillRect(cell[1] * size + 2, cell[0] * size + 2, size - 4, size - 4)
    context.globalAlpha = 1
  }
  canvases.input.onpointerdown = event => {
    const cell = spot(event, slide.layout.input)
    if (slide.content.pen === null) {
      pause()
      const { stride, kernel } = slide.content
      const middle = (kernel.height - 1) / 2
      slide.go(Math.round((cell[0] - middle) / stride), Math.round((cell[1] - middle) / stride))
      return
    }
    if (inside(cell) < 0) return
    slide.isDown = true
    slide.ink_value = numberAt(cell) === slide.content.pen ? 0 : slide.content.pen
    write(cell, slide.ink_value)
    preview(cell)
  }
  canvases.input.onpointermove = event => {
    if (!slide.isDown) return
    const cell = spot(event, slide.layout.input)
    if (numberAt(cell) === slide.ink_value || inside(cell) < 0) return
    write(cell, slide.ink_value)
    preview(cell)
  }
  const release = () => {
    if (!slide.isDown) return
    slide.isDown = false
    clearTimeout(slide.painting)
    if (slide.changed) slide.set("painted", slide.changed)
    slide.changed = null
  }
  window.addEventListener("pointerup", release)
  canvases.input.onkeydown = event => {
    if (slide.content.pen === null) return walk(event)
    const [top, left, height, width] = slide.content.inside
    slide.cursor ??= [top, left]
    const step = ARROWS[event.key]
    if (step) slide.cursor = [Math.max(top, Math.min(top + height - 1, slide.cursor[0] + step[0])), Math.max(left, Math.min(left + width - 1, slide.cursor[1] + step[1]))]
    else if (event.key === " " || event.key === "Enter") write(slide.cursor, numberAt(slide.cursor) === slide.content.pen ? 0 : slide.content.pen)
    else if (/^[0-9]$/.test(event.key)) write(slide.cursor, Number(event.key))
    else if (event.key === "-") write(slide.cursor, -numberAt(slide.cursor))
    else return
    event.preventDefault()
    spoken.textContent = `row ${slide.cursor[0] - top}, column ${slide.cursor[1] - left}: ${plain(numberAt(slide.cursor))}`
    schedule()
  }
  canvases.input.onblur = () => {
    slide.cursor = null
    schedule()
  }

  // ---- another input channel
  const choose = tile => {
    if (tile < 0 || tile >= slide.content.input.count || tile === slide.channel) return
    slide.channel = tile
    schedule()
    spoken.textContent = `input channel ${slide.content.channels[tile]}`
    clearTimeout(slide.choosing)
    slide.choosing = setTimeout(() => slide.set("channel", slide.content.channels[tile]), REST_MILLISECONDS)
  }
  canvases.strip.onclick = event => {
    const { columns, high } = slide.layout.strip
    const across = Math.floor(event.offsetX / (TILE + TILE_GAP))
    if (across < columns) choose(Math.floor(event.offsetY / high) * columns + across)
  }
  canvases.strip.onkeydown = event => {
    const step = ARROWS[event.key]
    if (!step) return
    choose(slide.channel + step[0] * slide.layout.strip.columns + step[1])
    event.preventDefault()
  }

  // ---- all of it
  slide.take = content => {
    const before = slide.content
    slide.content = content
    slide.channel = content.channel
    const isOther = !before || before.terms.height !== content.terms.height || before.terms.width !== content.terms.width || before.stride !== content.stride
    if (before?.kernel.height !== content.kernel.height) build()
    if (isOther || before?.shown !== content.shown) {
      pause()
      slide.reached = 0
    }
    paint()
    if (content.whole && !before?.whole) {
      slide.whole = true
      button("whole").setAttribute("aria-pressed", "true")
    }
    const at = content.at ?? (isOther ? content.home : [slide.row, slide.column])
    slide.told = content.at ? at.join(" ") : slide.told
    slide.go(...at, false, true)
    root.dataset.shown = content.shown
  }

  const again = () => requestAnimationFrame(slide.draw)
  const app = document.querySelector(".stApp")
  const watcher = new MutationObserver(again)
  if (app) watcher.observe(app, { attributes: true, attributeFilter: ["class", "style", "data-theme"] })
  let width = 0
  const sizes = new ResizeObserver(() => {
    if (root.clientWidth !== width) again()
    width = root.clientWidth
  })
  sizes.observe(root)
  slide.stop = () => {
    window.removeEventListener("pointerup", release)
    clearTimeout(slide.rest)
    clearTimeout(slide.choosing)
    clearTimeout(slide.painting)
    cancelAnimationFrame(slide.playing)
    watcher.disconnect()
    sizes.disconnect()
  }
  return slide
}

const slides = new WeakMap()
const isSame = (one, other) => one?.length === other.length && one.every((byte, place) => byte === other[place])

export function show(parent, data, set) {
  if (!slides.has(parent)) slides.set(parent, start(parent))
  const slide = slides.get(parent)
  slide.set = set
  if (isSame(slide.data, data)) return
  slide.data = data
  unpack(data).then(content => {
    if (slide.data === data) slide.take(content) // else something newer came meanwhile
  })
}

export function forget(parent) {
  slides.get(parent)?.stop()
  slides.delete(parent)
}
