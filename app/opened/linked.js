// Panels of small squares that point at one another, drawn in the browser: pointing waits for no server.
// What they hold comes packed, see `app/opened/linked.py`. Served behind `painting.js`.

const UNDER = 19 // px below a tile, for its caption
const BESIDE = 22 // px left of a row, likewise
const BEHIND = 78 // px right of it, for more
const LEAST_MARK = 9 // px: a smaller square is marked by a frame around it
const SMALLEST = 0.5 // px

async function unpackPanels(data) {
  const buffer = await inflate(data)
  const length = new DataView(buffer).getUint32(0, true)
  const content = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)))
  return { ...content, numbers: new Float32Array(buffer, 4 + length) }
}

// The largest squares with which all tiles of a panel fit into its room.
function fit(panel, room, most) {
  const { width, height, count, cell: cap, tall } = panel
  if (tall) {
    const [left, right] = [panel.captions ? BESIDE : 0, panel.labels ? BEHIND : 0]
    return { across: Math.min(cap, (room - left - right) / width), down: tall, gap: 1, columns: 1, rows: count, left, right, under: 0 }
  }
  const under = panel.captions ? UNDER : 0
  for (let cell = cap; ; cell *= 0.96) {
    const side = cell >= 4 ? Math.floor(cell) : cell >= 1.5 ? Math.floor(2 * cell) / 2 : cell
    const gap = height * width > 1 ? Math.max(1, Math.min(4, Math.round(side / 2) + 1)) : side >= 6 ? 1 : 0
    const columns = Math.min(count, Math.floor((room + gap) / (width * side + gap)))
    const rows = Math.ceil(count / columns)
    const fits = columns >= 1 && rows * (height * side + gap + under) - gap <= most
    if (fits || cell < SMALLEST) return { across: side, down: side, gap, columns: Math.max(1, columns), rows: Math.ceil(count / Math.max(1, columns)), left: 0, right: 0, under }
  }
}

function begin(parent) {
  const place = parent.querySelector(".lab-linked")
  const says = parent.querySelector(".lab-linked-says")
  const spoken = parent.querySelector(".lab-spoken")
  const linked = { made: [], focus: null, kept: null, frame: 0, names: "" }

  const master = () => linked.content.panels.find(panel => panel.link === "value") ?? linked.content.panels[0]
  const valueAt = (panel, index) => linked.content.numbers[panel.at + index]

  // ---- building and painting
  const build = () => {
    place.replaceChildren()
    linked.made = linked.content.panels.map(panel => {
      if (panel.sign) element(place, "span", "lab-sign", panel.sign)
      const figure = element(place, "figure")
      const caption = element(figure, "figcaption")
      const made = { figure, title: element(caption, "b"), note: element(caption, "span"), canvas: element(figure, "canvas") }
      made.canvas.tabIndex = 0
      made.canvas.setAttribute("role", "img")
      listen(made)
      return made
    })
  }

  const paintBase = (made, panel) => {
    const { width, height, count } = panel
    const { across, down, gap, columns, rows, left, under } = made.layout
    const table = colours(linked.content.stops, panel.signed)
    const factor = panel.most > 0 ? 255 / panel.most : 0
    const whole = height * width === 1 && !gap // one picture, a point for each tile
    const image = whole ? new ImageData(columns, rows) : new ImageData(width, height * count)
    for (let tile = 0; tile < count; tile++)
      for (let cell = 0; cell < width * height; cell++) {
        const out = 4 * (whole ? tile : tile * width * height + cell)
        const share = Math.max(-255, Math.min(255, Math.round(valueAt(panel, cell * count + tile) * factor)))
        image.data.set([table[3 * (255 + share)], table[3 * (255 + share) + 1], table[3 * (255 + share) + 2], 255], out)
      }
    const source = document.createElement("canvas")
    source.width = image.width
    source.height = image.height
    source.getContext("2d").putImageData(image, 0, 0)
    const base = document.createElement("canvas")
    const pen = sized(base, made.wide, made.high)
    pen.imageSmoothingEnabled = across < 1
    if (whole) pen.drawImage(source, 2, 2, columns * across, rows * down)
    else
      for (let tile = 0; tile < count; tile++) {
        const [x, y] = corner(made, panel, tile)
        pen.drawImage(source, 0, tile * height, width, height, x, y, width * across, height * down)
        if (height * width > 1) frame(pen, x, y, width * across, height * down, linked.line, 0.5)
      }
    pen.textBaseline = "middle"
    pen.font = `14px ${linked.family}`
    if (panel.captions)
      panel.captions.forEach((text, tile) => {
        const [x, y] = corner(made, panel, tile)
        pen.fillStyle = linked.ink
        pen.textAlign = left ? "right" : "center"
        if (left) pen.fillText(text, x - 6, y + down / 2 + 1)
        else pen.fillText(text, x + (width * across) / 2, y + height * down + under / 2 + 1)
      })
    panel.labels?.forEach((text, tile) => {
      const [x, y] = corner(made, panel, tile)
      pen.fillStyle = linked.ink
      pen.textAlign = "left"
      pen.fillText(text, x + width * across + 8, y + down / 2 + 1)
    })
    if (panel.numbers && across >= LEAST_NUMBER_CELL) {
      pen.textAlign = "center"
      for (let tile = 0; tile < count; tile++)
        for (let cell = 0; cell < width * height; cell++) {
          const value = valueAt(panel, cell * count + tile)
          const [x, y] = corner(made, panel, tile)
          pen.fillStyle = (panel.signed ? Math.abs(value) > 0.72 * panel.most : value < 0.55 * panel.most) ? "#fff" : "#111"
          pen.fillText(brief(value), x + ((cell % width) + 0.5) * across, y + (Math.floor(cell / width) + 0.53) * down)
        }
    }
    made.base = base
  }

  const corner = (made, panel, tile) => {
    const { across, down, gap, columns, left, under } = made.layout
    return [2 + left + (tile % columns) * (panel.width * across + gap), 2 + Math.floor(tile / columns) * (panel.height * down + gap + under)]
  }

  const lay = () => {
    const { panels } = linked.content
    const shares = panels.map(panel => panel.share)
    linked.made.forEach((made, number) => {
      const panel = panels[number]
      made.figure.style.flex = shares[number] ? `${shares[number]} 1 0` : "1 0 100%"
      made.title.textContent = panel.title
      made.note.textContent = panel.note
      made.canvas.setAttribute("aria-label", `${panel.title}: ${panel.note}. Arrow keys walk through it, Enter marks.`)
    })
    linked.made.forEach((made, number) => {
      const panel = panels[number]
      const room = made.figure.clientWidth - 4
      if (room <= 0) return
      made.layout = fit(panel, room, panel.room)
      const { across, down, gap, columns, rows, left, right, under } = made.layout
      made.wide = left + right + columns * (panel.width * across + gap) - gap + 4
      made.high = rows * (panel.height * down + gap + under) - gap + 4
      paintBase(made, panel)
    })
  }

  // ---- marks
  const drawMarks = () => {
    linked.frame = 0
    const focus = linked.focus ?? linked.kept
    linked.made.forEach((made, number) => {
      if (!made.base) return
      const panel = linked.content.panels[number]
      const pen = sized(made.canvas, made.wide, made.high)
      pen.drawImage(made.base, 0, 0, made.wide, made.high)
      if (panel.link === "unit" && linked.content.unit !== null) mark(pen, made, panel, linked.content.unit, linked.accent, 3)
      if (linked.kept && linked.focus) markFocus(pen, made, panel, linked.kept, linked.accent, 1.5)
      if (focus) markFocus(pen, made, panel, focus, linked.accent, 2.5)
    })
    says.textContent = focus ? describe(focus) : linked.content.invites
  }

  const markFocus = (pen, made, panel, focus, colour, thick) => {
    if (panel.link === "unit") return focus.link === "unit" && mark(pen, made, panel, focus.index, colour, 1.5)
    if (focus.link === "unit") return
    const { count } = master()
    if (panel.link === focus.link) mark(pen, made, panel, focus.index, colour, thick)
    else if (focus.link === "value") mark(pen, made, panel, panel.link === "cell" ? Math.floor(focus.index / count) : focus.index % count, colour, thick)
    else if (panel.link === "value" && focus.link === "channel") {
      const [x, y] = corner(made, panel, focus.index)
      frame(pen, x, y, panel.width * made.layout.across, panel.height * made.layout.down, colour, thick)
    } else if (panel.link === "value") for (let tile = 0; tile < count; tile++) mark(pen, made, panel, focus.index * count + tile, colour, thick)
  }

  const mark = (pen, made, panel, index, colour, thick) => {
    const [cell, tile] = [Math.floor(index / panel.count), index % panel.count]
    if (index >= panel.width * panel.height * panel.count) return
    const { across, down } = made.layout
    let [x, y] = corner(made, panel, tile)
    x += (cell % panel.width) * across
    y += Math.floor(cell / panel.width) * down
    const [wide, high] = [Math.max(across, LEAST_MARK), Math.max(down, LEAST_MARK)]
    x += (across - wide) / 2
    y += (down - high) / 2
    frame(pen, x, y, wide, high, linked.paper, thick + 2)
    frame(pen, x, y, wide, high, colour, thick)
  }

  // ---- words
  const describe = ({ link, index }) => {
    const { panels, maps, cells, depth, says: templates } = linked.content
    const fields = {}
    if (link === "unit") {
      const panel = panels.find(each => each.link === "unit")
      Object.assign(fields, { place: index, a: written(valueAt(panel, index), panel.most) })
    } else {
      const { width, count } = master()
      const [at, tile] = link === "value" ? [Math.floor(index / count), index % count] : link === "cell" ? [index, null] : [null, index]
      const [row, column, map] = [Math.floor(at / width), at % width, maps ? maps[tile] : tile]
      Object.assign(fields, { row, column, map, width, depth, cell: cells ? cells[at] : at, place: (row * width + column) * depth + map })
      panels.filter(panel => panel.link !== "unit").forEach((panel, number) => {
        const place = panel.link === link ? index : panel.link === "cell" ? at : panel.link === "channel" ? tile : null
        if (place !== null) fields["abcdef"[number]] = written(valueAt(panel, place), panel.most)
      })
    }
    return (templates[link] ?? "").replace(/\{(\w+)\}/g, (_, name) => fields[name])
  }

  // ---- pointing and choosing
  const point = (focus, aloud = false) => {
    linked.focus = focus
    linked.frame ||= requestAnimationFrame(drawMarks)
    if (aloud && focus) spoken.textContent = describe(focus)
  }
  const choose = focus => {
    if (focus.link === "unit") {
      linked.content.unit = focus.index
      linked.tell("unit", focus.index)
    } else {
      linked.kept = focus
      if (focus.link === "value" && linked.content.choosable) linked.tell("chosen", focus.index)
    }
    linked.frame ||= requestAnimationFrame(drawMarks)
    spoken.textContent = `${describe(focus)}, chosen`
  }
  const under = (made, event) => {
    const panel = linked.content.panels[linked.made.indexOf(made)]
    if (!made.layout) return null
    const { across, down, gap, columns, left, under: below } = made.layout
    const [x, y] = [event.offsetX - 2 - left, event.offsetY - 2]
    const [stepX, stepY] = [panel.width * across + gap, panel.height * down + gap + below]
    const [column, row] = [Math.floor(x / stepX), Math.floor(y / stepY)]
    if (x < 0 || y < 0 || column >= columns) return null
    const tile = row * columns + column
    const inside = [Math.min(panel.width - 1, Math.floor((x - column * stepX) / across)), Math.min(panel.height - 1, Math.floor((y - row * stepY) / down))]
    if (tile >= panel.count) return null
    return { link: panel.link, index: (inside[1] * panel.width + inside[0]) * panel.count + tile }
  }
  const walk = (made, event) => {
    const panel = linked.content.panels[linked.made.indexOf(made)]
    const { columns } = made.layout
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
    const now = [linked.focus, linked.kept].find(focus => focus?.link === panel.link)?.index ?? (panel.link === "unit" ? linked.content.unit : null)
    if (!steps) return false
    if (now === null) return point({ link: panel.link, index: 0 }, true) ?? true
    const [cell, tile] = [Math.floor(now / panel.count), now % panel.count]
    // over all tiles as one field of squares
    const x = (tile % columns) * panel.width + (cell % panel.width) + steps[0]
    const y = Math.floor(tile / columns) * panel.height + Math.floor(cell / panel.width) + steps[1]
    const next = Math.floor(y / panel.height) * columns + Math.floor(x / panel.width)
    if (x < 0 || y < 0 || x >= columns * panel.width || next >= panel.count) return true
    point({ link: panel.link, index: ((y % panel.height) * panel.width + (x % panel.width)) * panel.count + next }, true)
    return true
  }
  const listen = made => {
    const { canvas } = made
    canvas.onpointermove = event => point(under(made, event))
    canvas.onpointerleave = canvas.onblur = () => point(null)
    canvas.onclick = event => {
      const focus = under(made, event)
      if (focus) choose(focus)
    }
    canvas.onkeydown = event => {
      if ((event.key === "Enter" || event.key === " ") && linked.focus) choose(linked.focus)
      else if (event.key === "Escape") point((linked.kept = null))
      else if (!walk(made, event)) return
      event.preventDefault()
    }
  }

  // ---- all of it
  linked.draw = () => {
    const { content } = linked
    if (!content || !place.clientWidth) return
    linked.family = getComputedStyle(parent).fontFamily
    for (const [name, variable] of [["ink", "--lab-ink"], ["line", "--lab-quiet-ink"], ["accent", "--lab-chosen"], ["paper", "--lab-paper"]]) linked[name] = tone(parent, variable)
    const names = content.panels.map(panel => `${panel.link} ${panel.sign}`).join("|")
    if (names !== linked.names) build()
    linked.names = names
    lay()
    drawMarks()
    place.dataset.drawn = performance.now()
  }
  const again = () => requestAnimationFrame(linked.draw)
  const app = document.querySelector(".stApp")
  const watcher = new MutationObserver(again)
  if (app) watcher.observe(app, { attributes: true, attributeFilter: ["class", "style", "data-theme"] })
  let room = 0
  const sizes = new ResizeObserver(() => {
    if (place.clientWidth !== room) again()
    room = place.clientWidth
  })
  sizes.observe(place)
  linked.stop = () => {
    watcher.disconnect()
    sizes.disconnect()
  }
  return linked
}

const all = new WeakMap()
const isEqual = (one, other) => one?.length === other.length && one.every((byte, at) => byte === other[at])

export function show(parent, data, tell) {
  if (!all.has(parent)) all.set(parent, begin(parent))
  const linked = all.get(parent)
  linked.tell = tell
  if (isEqual(linked.data, data)) return
  linked.data = data
  unpackPanels(data).then(content => {
    if (linked.data !== data) return // something newer came meanwhile
    linked.content = content
    linked.kept = content.chosen === null ? null : { link: "value", index: content.chosen }
    linked.draw()
  })
}

export function forget(parent) {
  all.get(parent)?.stop()
  all.delete(parent)
}
