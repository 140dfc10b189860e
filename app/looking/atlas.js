// Sheets of small pictures, one for each layer: drawn in the browser, so that hovering and choosing wait for nothing.
// What is chosen is told to the server; the numbers come packed, see `app/looking/atlas.py`.

const CAPTION = 20 // px below a tile

function start(parent) {
  const panel = parent.querySelector(".lab-atlas-panel")
  const place = parent.querySelector(".lab-atlas-sheets")
  const spoken = parent.querySelector(".lab-spoken")
  const [digitCanvas, tileCanvas, answerCanvas] = panel.querySelectorAll("canvas")
  const [digitCaption, tileCaption, answerCaption] = panel.querySelectorAll("figcaption")
  const answerFigure = answerCanvas.parentElement
  const readout = panel.querySelector(".lab-readout")
  const atlas = { sheets: [], chosen: null, peek: null, cell: null, frame: 0, room: 0 }

  // ---- the sheets
  const build = () => {
    place.replaceChildren()
    atlas.sheets = atlas.content.sheets.map((sheet, index) => {
      const section = element(place, "section")
      const head = element(section, "h4")
      const made = { head, canvas: element(section, "canvas"), index }
      made.canvas.tabIndex = 0
      made.canvas.setAttribute("role", "img")
      listen(made)
      return made
    })
  }

  const drawSheet = made => {
    const { content } = atlas
    const sheet = content.sheets[made.index]
    const { room } = atlas
    if (!room) return
    made.head.textContent = sheet.title
    element(made.head, "span", "", sheet.note)
    const scale = element(made.head, "span", "lab-atlas-scale")
    const most = Math.max(...sheet.scales)
    element(scale, "i", sheet.signed ? "lab-signed-scale" : "lab-grey-scale")
    scale.append(isOwn(sheet) ? "each its own scale" : `${sheet.signed ? "±" : "0 to "}${written(most, most)}`)
    made.canvas.setAttribute("aria-label", `${sheet.title}: ${sheet.note}. Arrow keys walk through them, Enter chooses.`)
    const cell = Math.min(sheet.cell, (room - 2) / sheet.width)
    const [width, height] = [sheet.width * cell, sheet.height * cell]
    const below = sheet.captions ? CAPTION : 0
    const step = { x: Math.max(width, ...wide(sheet.captions)) + sheet.gap, y: height + sheet.gap + below }
    const columns = Math.max(1, Math.floor((room - 6 + sheet.gap) / step.x))
    const rows = Math.ceil(sheet.count / columns)
    made.layout = { cell, width, height, step, columns }
    const pen = sized(made.canvas, Math.min(room, Math.min(columns, sheet.count) * step.x + 6), rows * step.y + 6 - sheet.gap + 2)
    Object.assign(pen, { seam: atlas.line, family: atlas.family })
    made.source = painted(content, sheet, isOwn(sheet))
    sheet.order.forEach((tile, at) => {
      const [x, y] = corner(made, at)
      const isOut = sheet.marks?.[tile] === "out"
      pen.globalAlpha = isOut ? 0.25 : 1
      drawTile(pen, made.source, sheet, tile, x, y, cell)
      if (sheet.numbers && cell >= LEAST_NUMBER_CELL) drawNumbers(pen, content, sheet, tile, x, y, cell, isOwn(sheet))
      pen.globalAlpha = 1
      frame(pen, x, y, width, height, atlas.line, 1)
      if (isOut) {
        pen.strokeStyle = atlas.ink
        pen.lineWidth = 2
        pen.beginPath()
        pen.moveTo(x, y)
        pen.lineTo(x + width, y + height)
        pen.stroke()
      }
      if (sheet.captions) {
        pen.font = `14px ${atlas.family}`
        pen.textAlign = "left"
        pen.textBaseline = "top"
        pen.fillStyle = atlas.ink
        pen.fillText(sheet.captions[tile], x, y + height + 4)
      }
      if (isChosen(sheet, tile)) frame(pen, x, y, width, height, atlas.accent, 3)
    })
  }

  const wide = captions => {
    if (!captions) return []
    const pen = tileCanvas.getContext("2d")
    pen.font = `14px ${atlas.family}`
    return captions.map(text => pen.measureText(text).width)
  }
  const corner = (made, at) => {
    const { step, columns } = made.layout
    return [3 + (at % columns) * step.x, 3 + Math.floor(at / columns) * step.y]
  }
  // a single number has no scale of its own
  const isOwn = grid => atlas.content.own && grid.height * grid.width > 1
  const isChosen = (sheet, tile) => sheet.choosable && atlas.chosen?.[0] === sheet.place && atlas.chosen[1] === tile

  // Which tile, and which of its cells, lies under the pointer.
  const under = (made, event) => {
    const sheet = atlas.content.sheets[made.index]
    const { cell, step, columns } = made.layout
    const [x, y] = [event.offsetX - 3, event.offsetY - 3]
    const [column, row] = [Math.floor(x / step.x), Math.floor(y / step.y)]
    if (x < 0 || y < 0 || column >= columns || row * columns + column >= sheet.count) return null
    const found = { sheet: made.index, tile: sheet.order[row * columns + column] }
    const [down, across] = [Math.floor((y - row * step.y) / cell), Math.floor((x - column * step.x) / cell)]
    return { ...found, cell: down < sheet.height && across < sheet.width ? [down, across] : null }
  }

  const listen = made => {
    const { canvas } = made
    canvas.onpointermove = event => {
      const found = under(made, event)
      peek(found)
    }
    canvas.onpointerleave = () => peek(null)
    canvas.onclick = event => {
      const found = under(made, event)
      if (found) choose(found)
    }
    canvas.onkeydown = event => {
      const sheet = atlas.content.sheets[made.index]
      const last = sheet.count - 1
      const at = atlas.peek?.sheet === made.index ? sheet.order.indexOf(atlas.peek.tile) : atlas.chosen?.[0] === sheet.place ? sheet.order.indexOf(atlas.chosen[1]) : -1
      const { columns } = made.layout
      const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -Infinity, End: Infinity }
      if (event.key in steps) peek({ sheet: made.index, tile: sheet.order[Math.max(0, Math.min(last, at + steps[event.key]))], cell: null }, true)
      else if ((event.key === "Enter" || event.key === " ") && atlas.peek) choose(atlas.peek)
      else if (event.key === "Escape") peek(null)
      else return
      event.preventDefault()
    }
    canvas.onblur = () => peek(null)
  }

  const peek = (found, aloud = false) => {
    atlas.peek = found
    atlas.cell = found?.cell ?? null
    schedule()
    if (aloud && found) spoken.textContent = describe(found)
  }

  const choose = found => {
    const sheet = atlas.content.sheets[found.sheet]
    if (!sheet.choosable) return
    const before = atlas.chosen
    atlas.chosen = [sheet.place, found.tile]
    for (const made of atlas.sheets) {
      const { place } = atlas.content.sheets[made.index]
      if (place === sheet.place || place === before?.[0]) drawSheet(made)
    }
    spoken.textContent = `${describe(found)}, chosen`
    schedule()
    if (before?.[0] !== sheet.place || before[1] !== found.tile) atlas.tell(atlas.chosen)
  }

  // ---- the panel: the digit, and one tile large
  const shown = () => {
    if (atlas.peek) return atlas.peek
    const { sheets } = atlas.content
    const index = sheets.findIndex(sheet => sheet.choosable && sheet.place === atlas.chosen?.[0])
    return index >= 0 && atlas.chosen[1] < sheets[index].count ? { sheet: index, tile: atlas.chosen[1] } : null
  }

  const describe = ({ sheet: index, tile }) => {
    const sheet = atlas.content.sheets[index]
    const mark = sheet.marks?.[tile]
    return `${sheet.title}, ${sheet.noun} ${tile}${mark ? ` (${mark === "out" ? "switched off" : mark})` : ""}`
  }

  // Where the cell under the pointer looks, on the digit.
  const field = sheet => {
    if (!sheet?.fields || !atlas.cell) return null
    const [top, height] = sheet.fields.rows[atlas.cell[0]]
    const [left, width] = sheet.fields.columns[atlas.cell[1]]
    return { top, left, height, width }
  }

  const readings = (sheet, tile) => {
    const { cells, unit, most } = tileOf(atlas.content, sheet, tile)
    if (atlas.cell) {
      const value = cells[atlas.cell[0] * sheet.width + atlas.cell[1]]
      if (value === MISSING) return ""
      const seen = field(sheet)
      return `${where(sheet, atlas.cell)}: ${written(value * unit, most)}${seen ? `. It sees ${seen.height} × ${seen.width} of the digit.` : ""}`
    }
    const values = cells.filter(value => value !== MISSING)
    const [low, high] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity])
    return low === high ? written(low * unit, most) : `from ${written(low * unit, most)} to ${written(high * unit, most)}`
  }

  const drawPanel = () => {
    atlas.frame = 0
    const { content } = atlas
    const found = shown()
    const sheet = found && content.sheets[found.sheet]
    const side = Math.floor((panel.clientWidth - parseFloat(getComputedStyle(panel).columnGap)) / 2)

    const pen = sized(digitCanvas, side, side)
    pen.imageSmoothingEnabled = false
    pen.drawImage(atlas.digit, 0, 0, side, side)
    const seen = field(sheet)
    if (seen) {
      const scale = side / content.digit.width
      pen.fillStyle = "rgba(86, 180, 233, 0.25)"
      pen.fillRect(seen.left * scale, seen.top * scale, seen.width * scale, seen.height * scale)
      frame(pen, seen.left * scale + 2, seen.top * scale + 2, seen.width * scale - 4, seen.height * scale - 4, content.mark, 2)
    }
    digitCanvas.setAttribute("aria-label", content.digitAlt)
    digitCaption.textContent = content.verdict

    const name = found ? describe(found) : ""
    atlas.large = null
    large(tileCanvas, side, sheet, found, atlas.sheets[found?.sheet]?.source, true)
    tileCanvas.setAttribute("aria-label", found ? `${name}, large. Arrow keys walk through its cells.` : name)
    tileCaption.textContent = name
    const asks = content.invitation && !atlas.peek && !atlas.cell
    readout.textContent = asks || !found ? content.invitation : readings(sheet, found.tile)
    answerFigure.hidden = !content.answers
    if (content.answers) {
      large(answerCanvas, side, content.answers, found, atlas.answers)
      answerCanvas.setAttribute("aria-label", found ? `What ${name} gives for the digit` : "")
      answerCaption.textContent = found ? "its answer to this digit" : ""
    }
  }

  const large = (canvas, side, grid, found, source, walked = false) => {
    const pen = sized(canvas, side, side)
    Object.assign(pen, { seam: atlas.line, family: atlas.family })
    if (found && source) {
      const cell = Math.min(side / grid.width, side / grid.height)
      const [x, y] = [(side - cell * grid.width) / 2, (side - cell * grid.height) / 2]
      drawTile(pen, source, grid, found.tile, x, y, cell)
      if (cell >= LEAST_NUMBER_CELL && grid.count) drawNumbers(pen, atlas.content, grid, found.tile, x, y, cell, isOwn(grid))
      if (walked && atlas.cell) frame(pen, x + atlas.cell[1] * cell, y + atlas.cell[0] * cell, cell, cell, atlas.accent, 2)
      if (walked) atlas.large = { x, y, cell, found }
    }
    frame(pen, 1, 1, side - 2, side - 2, atlas.line, 1)
  }

  const where = (sheet, [row, column]) => {
    if (!sheet.block) return sheet.height === 1 ? `number ${column}` : `row ${row}, column ${column}`
    const [high, wide] = sheet.block
    const map = Math.floor(row / high) * (sheet.width / wide) + Math.floor(column / wide)
    const inside = high * wide > 1 ? `, row ${row % high}, column ${column % wide}` : ""
    return `weight of map ${map}${inside}`
  }

  const schedule = () => {
    atlas.frame ||= requestAnimationFrame(drawPanel)
  }

  tileCanvas.onpointermove = event => {
    if (!atlas.large) return
    const { x, y, cell, found } = atlas.large
    const sheet = atlas.content.sheets[found.sheet]
    const [row, column] = [Math.floor((event.offsetY - y) / cell), Math.floor((event.offsetX - x) / cell)]
    atlas.cell = row >= 0 && column >= 0 && row < sheet.height && column < sheet.width ? [row, column] : null
    schedule()
  }
  tileCanvas.onpointerleave = tileCanvas.onblur = () => {
    atlas.cell = null
    schedule()
  }
  tileCanvas.onkeydown = event => {
    const found = shown()
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key]
    if (!found || !steps) return
    const sheet = atlas.content.sheets[found.sheet]
    const [row, column] = atlas.cell ?? [Math.floor(sheet.height / 2), Math.floor(sheet.width / 2)]
    atlas.cell = [Math.max(0, Math.min(sheet.height - 1, row + steps[0])), Math.max(0, Math.min(sheet.width - 1, column + steps[1]))]
    drawPanel()
    spoken.textContent = readout.textContent
    event.preventDefault()
  }

  // ---- all of it
  atlas.draw = () => {
    const { content } = atlas
    if (!content) return
    atlas.family = getComputedStyle(parent).fontFamily
    atlas.room = place.clientWidth // once: between two sheets it would make the browser lay out the whole page
    for (const [name, variable] of [["ink", "--lab-ink"], ["line", "--lab-quiet-ink"], ["accent", "--lab-chosen"], ["paper", "--lab-paper"]]) atlas[name] = tone(parent, variable)
    const names = content.sheets.map(sheet => sheet.key).join("|")
    if (names !== atlas.names) {
      atlas.names = names
      build()
    }
    atlas.digit = painted(content, content.digit, true)
    atlas.answers = content.answers && painted(content, content.answers, true)
    atlas.sheets.forEach(drawSheet)
    drawPanel()
    parent.querySelector(".lab-atlas").dataset.shown = content.shown
  }

  const again = () => requestAnimationFrame(atlas.draw)
  const app = document.querySelector(".stApp")
  const watcher = new MutationObserver(again)
  if (app) watcher.observe(app, { attributes: true, attributeFilter: ["class", "style", "data-theme"] })
  const sizes = new ResizeObserver(() => {
    if (place.clientWidth !== atlas.room) again()
  })
  sizes.observe(place)
  atlas.stop = () => {
    watcher.disconnect()
    sizes.disconnect()
  }
  return atlas
}

const atlases = new WeakMap()
const isSame = (one, other) => one?.length === other.length && one.every((byte, place) => byte === other[place])

export function show(parent, data, tell) {
  if (!atlases.has(parent)) atlases.set(parent, start(parent))
  const atlas = atlases.get(parent)
  atlas.tell = tell
  if (isSame(atlas.data, data)) return
  atlas.data = data
  unpack(data).then(content => {
    if (atlas.data !== data) return // something newer came meanwhile
    atlas.content = content
    atlas.chosen = content.chosen
    atlas.draw()
  })
}

export function forget(parent) {
  atlases.get(parent)?.stop()
  atlases.delete(parent)
}
