// The network as a picture: a block for each layer with small maps of the digit, one map of the chosen layer large, and
// what the value under the pointer depends on, outlined in every block below. Numbers come packed, see `app/diagram.py`.

const ROOM = 106 // px: the height of a block's maps
const MAP = 34 // px: a map's side, or near it
const SEAM = 2 // px between two maps
const MORE = 16 // px: the line below them
const LARGE = 108 // px: the side of the map that can be pointed into
const WIDEST = 78, NARROWEST = 37, ANSWER = 62 // px of a block; of the one with the answer at least so many
const TELL_AFTER = 140 // ms: arrow keys run over layers without opening each
const PATIENCE = 3000 // ms for which a choice stands against older answers of the server
const LEAST_LINE = 11.5 // px: two digits of 14 px below each other don't touch
const FLOW = 26 // ms from layer to layer, when a new digit runs through them
const GUESSED = "digit lab: parameters guessed"

function start(parent) {
  const find = name => parent.querySelector(name)
  const [digitCanvas, largeCanvas] = parent.querySelectorAll("canvas")
  const [title, unitLabel, unitInput] = ["b", "label span", "input"].map(name => find(`.lab-net-name ${name}`))
  const blocks = find(".lab-net-blocks"), words = find(".lab-net-words"), legend = find(".lab-net-legend")
  const guess = find(".lab-net-guess"), spoken = find(".lab-spoken")
  const net = { made: [], cell: null, peek: null, pointed: null, frame: 0, timer: 0 }
  const say = (name, fields = {}) => net.content.words[name].replace(/\{([\w ]+)\}/g, (_, field) => fields[field])
  const chosen = () => net.content.blocks[net.place]

  // ---- the blocks
  const build = () => {
    blocks.replaceChildren()
    net.made = net.content.blocks.map((block, place) => {
      const button = element(blocks, "button", "lab-net-block")
      button.type = "button"
      const made = { block, button, name: element(button, "b"), canvas: element(button, "canvas"), more: element(button, "small"), place }
      made.costs = block.costs.map(() => {
        const line = element(button, "span", "lab-net-cost")
        return { text: element(line, "span"), bar: element(line, "i") }
      })
      button.onclick = event => press(made, event)
      button.onkeydown = event => walk(place, event)
      button.onpointerenter = button.onfocus = () => point(place)
      button.onpointerleave = button.onblur = () => point(null)
      return made
    })
    shapes()
  }

  // One label for all neighbours with the same shape, above them.
  const shapes = () => {
    const all = net.content.blocks.map(block => block.shape.join(""))
    let from = 0
    all.forEach((shape, place) => {
      if (all[place + 1] === shape) return
      const label = element(blocks, "span", "lab-net-shape")
      label.setAttribute("aria-hidden", "true")
      label.style.gridColumn = `${from + 1} / ${place + 2}`
      for (const piece of net.content.blocks[place].shape) element(label, "span", "", piece)
      from = place + 1
    })
  }

  const layOut = () => {
    const count = net.made.length
    const phone = matchMedia("(max-width: 640px)").matches
    const room = find(".lab-net-scroll").clientWidth
    const each = (room - ANSWER) / (count - 1) - SEAM
    net.width = Math.floor(Math.max(phone ? 46 : NARROWEST, Math.min(WIDEST, each)))
    net.answer = Math.max(ANSWER, net.width)
    blocks.style.gridTemplateColumns = `repeat(${count - 1}, ${net.width}px) ${net.answer}px`
    blocks.style.columnGap = `${SEAM}px`
  }

  const drawBlock = (made, rect) => {
    const { block, place } = made
    const width = place === net.made.length - 1 ? net.answer : net.width
    const isAnswer = place === net.made.length - 1
    const pen = sized(made.canvas, width, isAnswer ? ROOM + MORE : ROOM)
    made.more.hidden = isAnswer
    made.tiles = []
    if (isAnswer) drawBars(pen, block, width, ROOM + MORE)
    else if (block.maps.length) drawMaps(pen, made, width, rect)
    else drawStrip(pen, block.grid, block.signed, width, ROOM, rect)
  }

  const drawMaps = (pen, made, width, rect) => {
    const { block } = made
    const { grid } = block
    made.source ??= painted(net.content, { ...grid, signed: block.signed }, true)
    const columns = Math.max(1, Math.floor((width + SEAM) / (MAP + SEAM)))
    const side = Math.min(MAP, Math.floor((width + SEAM) / columns) - SEAM)
    const rows = Math.min(Math.floor((ROOM + SEAM) / (side + SEAM)), Math.ceil(block.maps.length / columns))
    const left = Math.floor((width - columns * (side + SEAM) + SEAM) / 2)
    const cell = side / Math.max(grid.width, grid.height)
    for (let at = 0; at < Math.min(rows * columns, block.maps.length); at++) {
      const x = left + (at % columns) * (side + SEAM), y = Math.floor(at / columns) * (side + SEAM)
      pen.imageSmoothingEnabled = cell < 1
      pen.drawImage(made.source, 0, at * grid.height, grid.width, grid.height, x, y, grid.width * cell, grid.height * cell)
      made.tiles.push({ x, y, side, map: block.maps[at] })
      if (made.place === net.place && block.maps[at] === net.content.unit) frame(pen, x + 2, y + 2, side - 4, side - 4, net.accent, 2)
      if (rect) outline(pen, x, y, cell, rect)
    }
    const rest = block.count - made.tiles.length
    made.more.textContent = rest > 0 ? `+${rest}` : ""
  }

  const outline = (pen, x, y, cell, { top, left, height, width }) => {
    const [w, h] = [Math.max(2, width * cell), Math.max(2, height * cell)]
    pen.fillStyle = "rgba(86, 180, 233, 0.25)"
    pen.fillRect(x + left * cell, y + top * cell, w, h)
    frame(pen, x + left * cell + 1, y + top * cell + 1, w - 2, h - 2, net.content.mark, 2)
  }

  // A vector: its numbers in columns, from left to right and downwards.
  const laid = (grid, width, height) => {
    // ten stand below each other, as in the answer
    const columns = grid.count <= 10 ? 1 : Math.max(1, Math.floor(Math.sqrt((grid.count * width) / height)))
    const rows = Math.ceil(grid.count / columns)
    const cell = Math.min(width / columns, height / rows)
    return { columns, rows, cell, left: (width - columns * cell) / 2 }
  }
  const drawStrip = (pen, grid, signed, width, height, rect, mark = -1) => {
    const { columns, rows, cell, left } = laid(grid, width, height)
    const numbers = new Int16Array(columns * rows).fill(MISSING)
    const most = Math.max(...grid.scales)
    grid.scales.forEach((scale, at) => (numbers[at] = most ? Math.round((net.content.numbers[grid.at + at] * scale) / most) : 0))
    const source = painted({ ...net.content, numbers }, { height: rows, width: columns, count: 1, at: 0, scales: [most], signed }, true)
    pen.imageSmoothingEnabled = cell < 2
    pen.drawImage(source, left, 0, columns * cell, rows * cell)
    if (mark >= 0 && cell >= 4) frame(pen, left + (mark % columns) * cell + 1, Math.floor(mark / columns) * cell + 1, cell - 2, cell - 2, net.accent, 2)
    if (rect) outline(pen, left, 0, cell, { top: 0, left: 0, height: rows, width: columns })
  }

  // The answer: ten bars with their digits.
  const drawBars = (pen, block, width, height) => {
    const values = block.grid.scales.map((scale, at) => (net.content.numbers[block.grid.at + at] * scale) / net.content.levels)
    const best = values.indexOf(Math.max(...values))
    pen.textBaseline = "middle"
    const size = height / values.length
    values.forEach((value, at) => {
      pen.font = `${at === best ? "700 " : ""}14px ${net.family}`
      pen.fillStyle = at === best ? net.ink : net.line
      if (at === best || size >= LEAST_LINE) pen.fillText(at, 1, (at + 0.56) * size)
      pen.fillStyle = at === best ? net.blue : net.line
      pen.fillRect(12, at * size + 2, Math.max(1, (width - 13) * value), size - 4)
    })
  }

  const writeBlock = made => {
    const { block, button, place } = made
    const width = place === net.made.length - 1 ? net.answer : net.width
    const pen = made.canvas.getContext("2d")
    pen.font = `600 14px ${net.family}`
    made.name.textContent = block.names.find(name => pen.measureText(name).width <= width - 3) ?? block.names.at(-1)
    made.more.textContent = ""
    button.setAttribute("aria-pressed", place === net.place)
    button.tabIndex = place === net.place ? 0 : -1
    const facts = net.shown ? `, ${block.costs.map(cost => cost.said).join(", ")}` : ""
    button.setAttribute("aria-label", `${block.title}: ${block.shape.join("")}${facts}`)
    made.costs.forEach(({ text, bar }, at) => {
      text.textContent = net.shown ? block.costs[at].short : "?"
      text.classList.toggle("lab-quiet", !net.shown || !block.costs[at].own)
      const isSome = net.shown && block.costs[at].own > 0
      bar.style.setProperty("--share", isSome ? `max(2px, ${100 * block.costs[at].share}%)` : "0px")
    })
  }

  // ---- choosing
  const press = (made, event) => {
    const box = made.canvas.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    const tile = event.detail && made.tiles.find(tile => x >= tile.x && y >= tile.y && x < tile.x + tile.side && y < tile.y + tile.side)
    if (made.place !== net.place) choose(made.place)
    else if (tile) net.tell({ layer: net.place, unit: tile.map })
  }
  const choose = place => {
    net.place = net.wanted = place
    net.wantedAt = performance.now()
    net.cell = net.peek = null
    net.verdictOfGuess = ""
    net.made.forEach(writeBlock)
    net.made[place].button.focus({ preventScroll: true })
    reveal(place)
    clearTimeout(net.timer)
    net.timer = setTimeout(() => net.tell({ layer: place }), TELL_AFTER)
    parent.querySelector(".lab-net").dataset.place = place
    schedule()
  }
  const reveal = place => {
    const scroll = find(".lab-net-scroll"), { button } = net.made[place]
    if (button.offsetLeft < scroll.scrollLeft || button.offsetLeft + button.offsetWidth > scroll.scrollLeft + scroll.clientWidth) {
      scroll.scrollLeft = button.offsetLeft - scroll.clientWidth / 2
    }
  }
  const walk = (place, event) => {
    const last = net.made.length - 1
    const to = { ArrowLeft: place - 1, ArrowUp: place - 1, ArrowRight: place + 1, ArrowDown: place + 1, Home: 0, End: last }[event.key]
    if (to === undefined) return
    event.preventDefault()
    if (to >= 0 && to <= last && to !== net.place) choose(to)
  }
  const point = place => {
    net.pointed = place
    tellWords()
  }

  // ---- the map that is large, and what a value of it depends on
  const drawLarge = () => {
    const { large } = net.content
    const pen = sized(largeCanvas, LARGE, LARGE)
    const cell = net.peek ?? net.cell
    net.at = null
    if (net.place !== net.content.place) {
      frame(pen, 1, 1, LARGE - 2, LARGE - 2, net.line, 1) // its numbers are on their way
    } else if (chosen().maps.length) {
      const side = Math.min(LARGE / large.width, LARGE / large.height)
      const [x, y] = [(LARGE - side * large.width) / 2, (LARGE - side * large.height) / 2]
      net.source ??= painted(net.content, large, true)
      pen.imageSmoothingEnabled = false
      pen.drawImage(net.source, x, y, side * large.width, side * large.height)
      net.at = { x, y, side, columns: large.width, rows: large.height }
      if (cell) frame(pen, x + cell[1] * side, y + cell[0] * side, side, side, net.accent, 2)
    } else if (net.place === net.made.length - 1) {
      drawBars(pen, chosen(), LARGE, LARGE)
    } else {
      const { columns, rows, cell: side, left } = laid(large, LARGE, LARGE)
      net.at = { x: left, y: 0, side, columns, rows }
      drawStrip(pen, large, large.signed, LARGE, LARGE, null, cell ? cell[0] * columns + cell[1] : net.content.unit)
    }
    const name = chosen().title
    title.textContent = name
    largeCanvas.setAttribute("aria-label", `${name}, large. Arrow keys walk through its values, Enter keeps one.`)
  }

  // Where the value under the pointer looks, for the digit (0) and each layer below.
  const field = (cell, at) => {
    const { rows, columns } = net.content.fields
    if (!cell || net.place !== net.content.place || at > mixing()) return null
    const [row, column] = chosen().maps.length ? cell : [0, 0]
    const [[top, height], [left, width]] = [rows[at][row], columns[at][column]]
    return { top, height, left, width }
  }

  // Of a vector's numbers each comes from one number before it, down to the layer that mixes them: the last whose input
  // has a field. A number of a flattened map is one value of that map.
  const mixing = () => {
    if (chosen().maps.length) return net.place
    let place = net.place
    while (net.content.blocks[place].reach === "one") place--
    return net.content.blocks[place].reach === "moved" ? -1 : place
  }

  const drawDigit = cell => {
    const { digit } = net.content
    const side = digitCanvas.parentElement.clientWidth > 200 ? LARGE : 84
    const pen = sized(digitCanvas, side, side)
    net.digit ??= painted(net.content, digit, true)
    pen.imageSmoothingEnabled = false
    pen.drawImage(net.digit, 0, 0, side, side)
    const seen = field(cell, 0)
    if (seen) outline(pen, 0, 0, side / digit.width, seen)
    digitCanvas.setAttribute("aria-label", `The digit: the network ${net.verdict}`)
  }

  const valueOf = cell => {
    const { large } = net.content
    const at = cell[0] * net.at.columns + cell[1]
    if (chosen().maps.length) return { at, value: (net.content.numbers[large.at + at] * large.scales[0]) / net.content.levels, most: large.scales[0] }
    if (at >= large.count) return null
    return { at, value: (net.content.numbers[large.at + at] * large.scales[at]) / net.content.levels, most: Math.max(...large.scales) }
  }

  const sees = (cell, number) => {
    const { blocks: all, digit } = net.content
    const nameOf = at => (at ? all[at - 1].title : say("digit's name"))
    const within = at => {
      const seen = field(cell, at)
      const whole = at ? (all[at - 1].maps.length ? all[at - 1].grid : null) : digit
      const isWhole = !whole || (seen.height === whole.height && seen.width === whole.width)
      return say(isWhole ? "whole field" : "field", { ...seen, name: nameOf(at) })
    }
    if (!chosen().maps.length) {
      const parts = []
      let place = net.place
      while (all[place].reach === "one") place--
      if (place < net.place) parts.push(say("same number", { number, name: nameOf(net.place) }))
      if (all[place].reach === "moved") return [...parts, say("one value", { name: nameOf(place) })].join(", ")
      parts.push(all[place].reach === "mean" ? say("whole map", { number, name: nameOf(place) }) : within(place))
      return (place ? [...parts, within(0)] : parts).join(", ")
    }
    const parts = []
    for (let at = net.place; at >= 0; at--) if (!at || all[at].reach === "window") parts.push(within(at))
    return (parts.length > 5 ? [...parts.slice(0, 2), "…", ...parts.slice(-2)] : parts).join(", ")
  }

  const tellWords = () => {
    const cell = net.peek ?? net.cell
    const large = net.content.large
    let said = ""
    if (net.pointed !== null && net.shown) {
      const { title: name, shape, costs } = net.content.blocks[net.pointed]
      const share = `${(100 * costs[1].share).toFixed(0)}%`
      said = say("block", { name, shape: shape.join(""), parameters: costs[0].said, adds: costs[1].said, share })
    } else if (cell && net.at && valueOf(cell) && (net.peek || !net.verdictOfGuess)) {
      const { at, value, most } = valueOf(cell)
      const shown = { row: cell[0], column: cell[1], number: at, value: written(value, most), parts: sees(cell, at) }
      said = say(chosen().maps.length ? "cell" : "number", shown)
    } else if (net.place === net.made.length - 1) said = net.verdictOfGuess || say("answer", { verdict: net.verdict })
    else said = net.verdictOfGuess || say(chosen().maps.length ? "invitation" : "invitation of a vector")
    words.textContent = said
    return said
  }

  const reach = () => {
    const cell = net.peek ?? net.cell
    drawLarge()
    drawDigit(cell)
    net.made.forEach(made => {
      const seen = made.place < net.place ? field(cell, made.place + 1) : null
      if (seen || made.outlined) drawBlock(made, seen)
      made.outlined = Boolean(seen)
    })
    return tellWords()
  }
  const schedule = () => {
    net.frame ||= requestAnimationFrame(() => {
      net.frame = 0
      if (net.content) reach()
    })
  }

  const under = event => {
    if (!net.at) return null
    const { x, y, side, columns, rows } = net.at
    const cell = [Math.floor((event.offsetY - y) / side), Math.floor((event.offsetX - x) / side)]
    return cell[0] >= 0 && cell[1] >= 0 && cell[0] < rows && cell[1] < columns && valueOf(cell) ? cell : null
  }
  const keep = cell => {
    if (!cell || !net.at) return
    net.verdictOfGuess = ""
    if (chosen().maps.length) {
      net.cell = cell
      net.tell({ layer: net.place, cell })
    } else net.tell({ layer: net.place, unit: valueOf(cell).at })
    schedule()
  }
  largeCanvas.onpointermove = event => {
    net.peek = under(event)
    schedule()
  }
  largeCanvas.onpointerleave = largeCanvas.onblur = () => {
    net.peek = null
    schedule()
  }
  largeCanvas.onclick = event => keep(under(event))
  largeCanvas.onkeydown = event => {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key]
    if (event.key === "Escape") net.peek = null
    else if (event.key === "Enter" || event.key === " ") keep(net.peek)
    else if (!steps || !net.at) return
    else {
      const { rows, columns } = net.at
      const [row, column] = net.peek ?? net.cell ?? [Math.floor(rows / 2), Math.floor(columns / 2)]
      const to = [Math.max(0, Math.min(rows - 1, row + steps[0])), Math.max(0, Math.min(columns - 1, column + steps[1]))]
      net.peek = valueOf(to) ? to : net.peek
    }
    event.preventDefault()
    spoken.textContent = reach()
  }
  unitInput.onchange = () => {
    const unit = Math.max(0, Math.min(net.content.count - 1, Math.round(unitInput.valueAsNumber || 0)))
    unitInput.value = unit
    net.tell({ layer: net.place, unit })
  }

  // ---- the guess: what the layers hold stays hidden until it is made
  const [guessWords, guessSelect, guessButton] = ["span", "select", "button"].map(name => guess.querySelector(name))
  const askGuess = () => {
    net.shown = !net.asks || sessionStorage.getItem(GUESSED) !== null
    guess.hidden = net.shown
    legend.hidden = !net.shown
    guessWords.textContent = say("guess")
    guessButton.textContent = say("show")
    if (!guess.hidden && guessSelect.childElementCount !== net.made.length + 1) {
      guessSelect.replaceChildren(new Option("…", ""), ...net.content.blocks.map((block, at) => new Option(block.title, at)))
      guessSelect.setAttribute("aria-label", say("guess"))
    }
  }
  const answer = place => {
    sessionStorage.setItem(GUESSED, "1")
    const { blocks: all, most } = net.content
    const [mine, theirs] = [all[place], all[most]]
    const facts = { share: `${(100 * theirs.costs[0].share).toFixed(0)}%`, right: theirs.title, sum: theirs.costs[0].said }
    if (mine) net.verdictOfGuess = say(place === most ? "guess right" : "guess wrong", { ...facts, guess: mine.title, own: mine.costs[0].said })
    net.draw()
    spoken.textContent = words.textContent
    net.made[net.place].button.focus({ preventScroll: true })
    point(null)
  }
  guessSelect.onchange = () => guessSelect.value && answer(Number(guessSelect.value))
  guessButton.onclick = () => answer(-1)

  // ---- all of it
  net.draw = () => {
    const { content } = net
    if (!content) return
    net.family = getComputedStyle(parent).fontFamily
    for (const [name, variable] of [["ink", "--lab-ink"], ["line", "--lab-quiet-ink"], ["accent", "--lab-chosen"], ["blue", "--lab-accent"]]) net[name] = tone(parent, variable)
    const names = content.blocks.map(block => block.title + block.shape.join("")).join("|")
    if (names !== net.names) {
      net.names = names
      net.verdictOfGuess = ""
      build()
    }
    net.made.forEach((made, at) => {
      made.block = content.blocks[at]
      made.block.count = made.block.maps.length ? Number(made.block.shape[1].slice(1)) : made.block.grid.count
      made.source = null
    })
    net.source = net.digit = null
    askGuess()
    layOut()
    net.made.forEach(writeBlock)
    net.made.forEach(made => drawBlock(made, null))
    const many = content.count > 1 && chosen().maps.length > 0
    unitLabel.textContent = many ? "map" : ""
    unitInput.hidden = !many
    unitInput.max = content.count - 1
    if (document.activeElement !== unitInput) unitInput.value = content.unit
    unitInput.setAttribute("aria-label", `Map of ${chosen().title}, from 0 to ${content.count - 1}`)
    legend.replaceChildren()
    for (const noun of content.legend) {
      const item = element(legend, "span")
      element(item, "i")
      item.append(noun)
    }
    reach()
    const about = parent.querySelector(".lab-net")
    about.dataset.place = net.place
    about.dataset.unit = content.unit
  }

  // A new digit runs through the layers, from the first to the answer.
  net.flow = () => {
    const { digit, numbers } = net.content
    const ink = numbers.subarray(digit.at, digit.at + digit.height * digit.width).join()
    const isNew = ink !== net.seenDigit
    net.seenDigit = ink
    if (!isNew || matchMedia("(prefers-reduced-motion: reduce)").matches) return
    net.made.forEach(({ canvas }, at) => canvas.animate([{ opacity: 0.1 }, { opacity: 1 }], { duration: 240, delay: FLOW * at, fill: "backwards" }))
  }

  const again = () => requestAnimationFrame(net.draw)
  const app = document.querySelector(".stApp")
  const watcher = new MutationObserver(again)
  if (app) watcher.observe(app, { attributes: true, attributeFilter: ["class", "style", "data-theme"] })
  let room = 0
  const sizes = new ResizeObserver(() => {
    if (parent.clientWidth !== room) again()
    room = parent.clientWidth
  })
  sizes.observe(parent)
  // An opened layer that moves through its cells by itself says so: the fields follow it.
  const follow = ({ detail }) => {
    if (!net.content || net.place !== net.content.place || !chosen().maps.length) return
    const { height, width } = chosen().grid
    if (detail[0] >= height || detail[1] >= width) return
    net.cell = detail
    net.verdictOfGuess = ""
    schedule()
  }
  document.addEventListener("lab-cell", follow)
  net.stop = () => {
    watcher.disconnect()
    sizes.disconnect()
    document.removeEventListener("lab-cell", follow)
  }
  net.reveal = reveal
  return net
}

const nets = new WeakMap()
const isSame = (one, other) => one?.length === other.length && one.every((byte, place) => byte === other[place])

// What changes often stands before the numbers: they are unpacked anew only when they have changed.
function parted(data) {
  const length = new DataView(data.buffer, data.byteOffset).getUint32(0, true)
  const about = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)))
  return [about, data.subarray(4 + length)]
}

export function show(parent, data, tell) {
  const [about, packed] = parted(data)
  const isNew = !nets.has(parent)
  if (isNew) nets.set(parent, start(parent))
  const net = nets.get(parent)
  const update = () => {
    // what comes may answer an earlier choice than the last: then its numbers wait for their layer's
    const isOld = net.wanted !== undefined && net.wanted !== net.content.place && performance.now() - net.wantedAt < PATIENCE
    Object.assign(net, about, { place: isOld ? net.wanted : net.content.place, wanted: isOld ? net.wanted : undefined })
    if (isOld) net.cell = null
    net.draw()
    if (isNew) net.reveal(net.place)
    net.flow()
  }
  net.tell = tell
  if (isSame(net.data, packed)) {
    if (net.content) update()
    return
  }
  net.data = packed
  unpack(packed).then(content => {
    if (net.data !== packed) return // something newer came meanwhile
    net.content = content
    update()
  })
}

export function forget(parent) {
  nets.get(parent)?.stop()
  nets.delete(parent)
}
