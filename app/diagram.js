// The network as a picture: a block for each layer with small maps of the digit, one map of the chosen layer large, and
// what the value under the pointer depends on, outlined in every block below. Numbers come packed, see `app/diagram.py`.

const LARGE = 108 // px: the side of the map that can be pointed into
const SMALL = 60 // px: the digit above it, so that what is opened below still stands on a laptop
const WIDEST = 78, NARROWEST = 37, ANSWER = 62 // px of a block; of the one with the answer at least so many
const TELL_AFTER = 140 // ms: arrow keys run over layers without opening each
const PATIENCE = 3000 // ms for which a choice stands against older answers of the server
const FLOW = 26 // ms from layer to layer, when a new digit runs through them
const GUESSED = "digit lab: parameters guessed", SCALES = "digit lab: one scale of colours for"

function start(parent) {
  const find = name => parent.querySelector(name)
  const [digitCanvas, largeCanvas] = parent.querySelectorAll("canvas")
  const [title, unitLabel, unitInput] = ["b", "label span", "input"].map(name => find(`.lab-net-name ${name}`))
  const blocks = find(".lab-net-blocks"), words = find(".lab-net-words"), legend = find(".lab-net-legend")
  const guess = find(".lab-net-guess"), spoken = find(".lab-spoken")
  const net = { made: [], cell: null, peek: null, pointed: null, frame: 0, timer: 0 }
  const say = (name, fields) => sayOf(net, name, fields)
  const scale = find(".lab-colours"), scales = find(".lab-net-scales")
  const chosen = () => chosenOf(net)

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

  const writeBlock = made => {
    const { block, button, place } = made
    const width = place === net.made.length - 1 ? net.answer : net.width
    const pen = made.canvas.getContext("2d")
    pen.font = `600 14px ${net.family}`
    made.name.textContent = block.names.find(name => pen.measureText(name).width <= width - 3) ?? block.names.at(-1)
    button.setAttribute("aria-pressed", place === net.place)
    button.tabIndex = place === net.place ? 0 : -1
    const facts = net.shown ? `, ${block.costs.map(cost => `${cost.said}${cost.own ? ` (${shareOf(cost)})` : ""}`).join(", ")}` : ""
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
    if (made.place !== net.place) choose(made.place, 0)
    else if (tile) net.tell({ layer: net.place, unit: tile.map })
  }
  const choose = (place, after = TELL_AFTER) => {
    net.place = net.wanted = place
    net.wantedAt = performance.now()
    net.cell = net.peek = null
    net.verdictOfGuess = ""
    net.made.forEach(writeBlock)
    net.made[place].button.focus({ preventScroll: true })
    reveal(place)
    clearTimeout(net.timer)
    net.timer = setTimeout(() => net.tell({ layer: place }), after)
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
      if (net.veiled) veil(net, pen, x, y, side * large.width, side * large.height)
      if (cell) frame(pen, x + cell[1] * side, y + cell[0] * side, side, side, net.accent, 2)
    } else if (net.place === net.made.length - 1) {
      drawBars(net, pen, chosen(), LARGE, LARGE)
    } else {
      const { columns, rows, cell: side, left } = laid(large, LARGE, LARGE)
      net.at = { x: left, y: 0, side, columns, rows }
      drawStrip(net, pen, large, large.signed, LARGE, LARGE, null, cell ? cell[0] * columns + cell[1] : net.content.unit)
    }
    const name = chosen().title
    title.textContent = name
    scale.hidden = net.place !== net.content.place || net.place === net.made.length - 1
    if (!scale.hidden) showScale(scale, net.content.stops, large.signed, Math.max(...large.scales), net.content.meaning)
    largeCanvas.setAttribute("aria-label", `${name}, large. Arrow keys walk through its values, Enter keeps one.`)
  }

  const drawDigit = cell => {
    const { digit } = net.content
    const side = digitCanvas.parentElement.clientWidth > 200 ? LARGE : SMALL
    const pen = sized(digitCanvas, side, side)
    net.digit ??= painted(net.content, digit, true)
    pen.imageSmoothingEnabled = false
    pen.drawImage(net.digit, 0, 0, side, side)
    const seen = field(net, cell, 0)
    if (seen) outline(net, pen, 0, 0, side / digit.width, seen)
    digitCanvas.setAttribute("aria-label", `The digit: the network ${net.verdict}`)
  }

  const tellWords = () => {
    words.textContent = wordsOf(net)
    return words.textContent
  }

  const reach = () => {
    const cell = net.peek ?? net.cell
    drawLarge()
    drawDigit(cell)
    net.made.forEach(made => {
      const seen = made.place < net.place ? field(net, cell, made.place + 1) : null
      if (seen || made.outlined) drawBlock(net, made, seen)
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
    return cell[0] >= 0 && cell[1] >= 0 && cell[0] < rows && cell[1] < columns && valueOf(net, cell) ? cell : null
  }
  const keep = cell => {
    if (!cell || !net.at) return
    net.verdictOfGuess = ""
    if (chosen().maps.length) {
      net.cell = cell
      net.tell({ layer: net.place, cell })
    } else net.tell({ layer: net.place, unit: valueOf(net, cell).at })
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
      net.peek = valueOf(net, to) ? to : net.peek
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

  // ---- one scale of colours for each map, each layer or the network
  scales.value = net.scales = sessionStorage.getItem(SCALES) ?? "map"
  scales.onchange = () => {
    net.scales = scales.value
    sessionStorage.setItem(SCALES, net.scales)
    net.draw()
  }

  // ---- all of it
  // Whether a block shows other numbers than before, or shows them otherwise: most stay as another layer is chosen.
  const isNews = made => {
    const { grid, maps } = made.block
    const { ink, line, accent, blue, family, width, answer, content } = net
    const hidden = isVeiled(net, made.place) && content.unit
    const look = [ink, line, accent, blue, family, width, answer, maps, made.place === net.place && content.unit, hidden, net.scales].join()
    const cells = content.numbers.subarray(grid.at, grid.at + grid.height * grid.width * grid.count)
    if (made.look === look && isSame(made.cells, cells) && isSame(made.scales, grid.scales)) return false
    Object.assign(made, { look, cells, scales: grid.scales, source: null })
    return true
  }

  net.draw = () => {
    const { content } = net
    if (!content) return
    net.family = getComputedStyle(parent).fontFamily
    for (const [name, variable] of [["ink", "--lab-ink"], ["line", "--lab-quiet-ink"], ["accent", "--lab-chosen"], ["blue", "--lab-accent"], ["veil", "--lab-veil"]]) net[name] = tone(parent, variable)
    const names = content.blocks.map(block => block.title + block.shape.join("")).join("|")
    if (names !== net.names) {
      net.names = names
      net.verdictOfGuess = ""
      build()
    }
    net.made.forEach((made, at) => {
      made.block = content.blocks[at]
      made.block.count = made.block.maps.length ? Number(made.block.shape[1].slice(1)) : made.block.grid.count
    })
    net.source = net.digit = null
    askGuess()
    layOut()
    net.made.forEach(writeBlock)
    net.made.filter(isNews).forEach(made => drawBlock(net, made, null))
    const many = content.count > 1 && chosen().maps.length > 0
    unitLabel.textContent = many ? "map" : ""
    unitInput.hidden = !many
    unitInput.max = content.count - 1
    if (document.activeElement !== unitInput) unitInput.value = content.unit
    scales.hidden = !net.made.some(({ block }) => block.maps.length)
    unitInput.setAttribute("aria-label", `Map of ${chosen().title}, from 0 to ${content.count - 1}`)
    legend.replaceChildren()
    for (const noun of content.legend) {
      const item = element(legend, "span")
      element(item, "i")
      item.append(noun)
    }
    reach()
    Object.assign(parent.querySelector(".lab-net").dataset, { place: net.place, unit: content.unit, drawn: content.place })
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
