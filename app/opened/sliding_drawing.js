// What is drawn of a kernel that slides: maps, tables of numbers, the sum, the input channels. Served before `sliding.js`.

const MOST_WRITTEN = 5 // cells to a side, in which numbers can be read
const TILE = 42, TILE_GAP = 8, TILE_TEXT = 20 // px: one input channel

const NOTHING = 1e-9 // below this a number is what rounding has left of zero

// A number in a sum: three digits that count.
function plain(value) {
  const size = Math.abs(value)
  if (size < NOTHING) return "0"
  const isWhole = size >= 0.9995 && Math.abs(value - Math.round(value)) < 0.0005
  const text = isWhole || size >= 99.95 ? value.toFixed(0) : size < 0.0005 ? value.toExponential(1) : String(Number(value.toPrecision(3)))
  return text.replaceAll("-", MINUS)
}

// A number in a cell, where five letters have room: three places, and nothing becomes a zero that isn't.
function inCell(value) {
  const size = Math.abs(value)
  if (size < NOTHING) return "0"
  if (size < 0.0005) return value.toExponential(0).replaceAll("-", MINUS)
  if (size >= 0.9995) return plain(value)
  return value.toFixed(3).replace(/^(-?)0/, "$1").replace("-", MINUS)
}

// A number in a narrow cell: two digits, and what is too small for them is said to be near zero.
function inNarrowCell(value) {
  const text = brief(value)
  return text === "0" && Math.abs(value) >= NOTHING ? "≈0" : text
}

const colourOf = (table, share) => {
  const place = 3 * (255 + Math.round(255 * Math.max(-1, Math.min(1, share))))
  return [table[place], table[place + 1], table[place + 2]]
}
const isDark = ([red, green, blue]) => 0.3 * red + 0.59 * green + 0.11 * blue < 140

// The parts of the page that a slide is drawn into, and what draws them.
function drawingOf(parent, slide) {
  const part = name => parent.querySelector(`[data-is=${name}]`)
  const root = parent.querySelector(".lab-slide")
  const where = parent.querySelector(".lab-slide-where")
  const sum = parent.querySelector(".lab-slide-sum")
  const strip = parent.querySelector(".lab-slide-channels")
  const canvases = { input: part("input").querySelector("canvas"), sum: part("sum").querySelector("canvas"), end: part("end").querySelector("canvas"), strip: strip.querySelector("canvas") }

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
        for (let j = 0; j < side; j++) {
          const cell = element(row, "td")
          if (name === "kernel" && slide.content.editable) typed(cell, i, j)
        }
      }
      slide.tables[name] = table
    }
    root.toggleAttribute("data-large", side > 3)
    root.toggleAttribute("data-paint", slide.content.pen !== null)
    root.style.setProperty("--lab-side", side)
  }

  const typed = (cell, i, j) => {
    const input = element(cell, "input")
    input.inputMode = "decimal"
    input.autocomplete = "off"
    input.setAttribute("aria-label", `kernel, row ${i}, column ${j}`)
    input.onfocus = () => input.select()
    input.oninput = () => slide.type(i * slide.content.kernel.width + j, input.value)
    input.onblur = () => move()
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
      const input = cell.querySelector("input")
      const text = side > 3 ? inNarrowCell(number) : inCell(number)
      if (!input) cell.textContent = text
      else if (document.activeElement !== input) input.value = text.replace(/([.]\d*?)0+$/, "$1")
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
        pen.fillText(brief(cells[at] * unit), ((at % stage.width) + 0.5) * cell, (Math.floor(at / stage.width) + 0.54) * cell)
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
    showScale(part(name).querySelector(".lab-colours"), slide.content.stops, stage.signed, tileOf(slide.content, stage, 0).most, slide.content.meaning)
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
    if (bias !== null) parts.push(["+", "bias", bias])
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
      pen.fillText(inCell(value(terms, tile, slide.row, slide.column)), x + TILE / 2, y + 3 * TILE + 8)
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

  const move = () => {
    parent.querySelector(".lab-slide-colours").textContent = `${slide.content.meaning.signed}.`
    drawTables()
    drawInput()
    drawOutput("sum", 0)
    drawOutput("end", slide.content.stages.length > 1 ? slide.content.stages.length - 1 : -1)
    drawSum()
    drawStrip()
  }

  return { root, canvases, value, isInside, last, here, build, paint, move }
}
