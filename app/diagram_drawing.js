// What is in the network's picture: the blocks' maps, strips and bars, and what a value is made of. `net` is the picture's
// state, see `diagram.js`; this is served in front of it.

const ROOM = 106 // px: the height of a block's maps
const MAP = 34 // px: a map's side, or near it
const SEAM = 2 // px between two maps
const MORE = 16 // px: the line below them
const LEAST_LINE = 11.5 // px: two digits of 14 px below each other don't touch

const chosenOf = net => net.content.blocks[net.place]
const sayOf = (net, name, fields = {}) => net.content.words[name].replace(/\{([\w ]+)\}/g, (_, field) => fields[field])

const drawBlock = (net, made, rect) => {
  const { block, place } = made
  const width = place === net.made.length - 1 ? net.answer : net.width
  const isAnswer = place === net.made.length - 1
  const pen = sized(made.canvas, width, isAnswer ? ROOM + MORE : ROOM)
  made.more.hidden = isAnswer
  made.tiles = []
  if (isAnswer) drawBars(net, pen, block, width, ROOM + MORE)
  else if (block.maps.length) drawMaps(net, pen, made, width, rect)
  else drawStrip(net, pen, block.grid, block.signed, width, ROOM, rect)
}

const drawMaps = (net, pen, made, width, rect) => {
  const { block } = made
  const { grid } = block
  made.source ??= painted(scaledFor(net, grid), { ...grid, signed: block.signed }, net.scales === "map")
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
    if (isVeiled(net, made.place) && block.maps[at] === net.content.unit) veil(net, pen, x, y, grid.width * cell, grid.height * cell)
    if (made.place === net.place && block.maps[at] === net.content.unit) frame(pen, x + 2, y + 2, side - 4, side - 4, net.accent, 2)
    if (rect && (rect.channel ?? block.maps[at]) === block.maps[at]) outline(net, pen, x, y, cell, rect)
  }
  const rest = block.count - made.tiles.length
  made.more.textContent = rest > 0 ? `+${rest}` : ""
}

// Colours mean the same in each map of a layer, or of all layers: what is painted is a share of the greatest of them.
const scaledFor = (net, grid) => {
  if (net.scales !== "network") return net.content
  const mapped = net.content.blocks.filter(({ maps }) => maps.length)
  const greatest = Math.max(...mapped.flatMap(block => block.grid.scales))
  return { ...net.content, levels: (net.content.levels * greatest) / (Math.max(...grid.scales) || greatest) }
}

// The chosen map while it is asked about, and what the layers behind make of it value by value.
const isVeiled = (net, place) => {
  if (!net.veiled || place < net.content.place) return false
  return net.content.blocks.slice(net.content.place + 1, place + 1).every(({ reach, maps }) => reach === "one" && maps.length)
}
const veil = (net, pen, x, y, width, height) => {
  pen.fillStyle = net.veil
  pen.fillRect(x, y, width, height)
  pen.fillStyle = net.ink
  pen.font = `600 ${Math.min(28, Math.max(14, height / 2))}px ${net.family}`
  pen.textAlign = "center"
  pen.textBaseline = "middle"
  pen.fillText("?", x + width / 2, y + height / 2)
  pen.textAlign = "start"
}

const outline = (net, pen, x, y, cell, { top, left, height, width }) => {
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
const drawStrip = (net, pen, grid, signed, width, height, rect, mark = -1) => {
  const { columns, rows, cell, left } = laid(grid, width, height)
  const numbers = new Int16Array(columns * rows).fill(MISSING)
  const most = Math.max(...grid.scales)
  grid.scales.forEach((scale, at) => (numbers[at] = most ? Math.round((net.content.numbers[grid.at + at] * scale) / most) : 0))
  const source = painted({ ...net.content, numbers }, { height: rows, width: columns, count: 1, at: 0, scales: [most], signed }, true)
  pen.imageSmoothingEnabled = cell < 2
  pen.drawImage(source, left, 0, columns * cell, rows * cell)
  if (mark >= 0 && cell >= 4) frame(pen, left + (mark % columns) * cell + 1, Math.floor(mark / columns) * cell + 1, cell - 2, cell - 2, net.accent, 2)
  if (rect) outline(net, pen, left, 0, cell, { top: 0, left: 0, height: rows, width: columns })
}

// The answer: ten bars with their digits.
const drawBars = (net, pen, block, width, height) => {
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

// Where the value under the pointer looks, for the digit (0) and each layer below.
const field = (net, cell, at) => {
  const { rows, columns, flat } = net.content.fields
  if (!cell || net.place !== net.content.place || at > mixing(net)) return null
  const from = origin(net, cell)
  if (flat && !from) return null
  const [row, column] = from ? [from.row, from.column] : chosenOf(net).maps.length ? cell : [0, 0]
  const [[top, height], [left, width]] = [rows[at][row], columns[at][column]]
  return { top, height, left, width, ...(from && at === flat.at ? { channel: from.map } : {}) }
}

// Where a number of a flattened map stood: its row, its column and its map.
const origin = (net, cell) => {
  const { flat } = net.content.fields
  const number = flat && net.at ? cell[0] * net.at.columns + cell[1] : Infinity
  if (!flat || number >= net.content.large.count) return null
  const place = Math.floor(number / flat.depth)
  return { row: Math.floor(place / flat.width), column: place % flat.width, map: number % flat.depth }
}

// Of a vector's numbers each comes from one number before it, down to the layer that mixes them: the last whose input
// has a field. A number of a flattened map is one value of that map, and has that value's field.
const mixing = net => {
  if (chosenOf(net).maps.length) return net.place
  if (net.content.fields.flat) return net.content.fields.flat.at
  let place = net.place
  while (net.content.blocks[place].reach === "one") place--
  return place
}

const valueOf = (net, cell) => {
  const { large } = net.content
  const at = cell[0] * net.at.columns + cell[1]
  if (chosenOf(net).maps.length) return { at, value: (net.content.numbers[large.at + at] * large.scales[0]) / net.content.levels, most: large.scales[0] }
  if (at >= large.count) return null
  return { at, value: (net.content.numbers[large.at + at] * large.scales[at]) / net.content.levels, most: Math.max(...large.scales) }
}

const sees = (net, cell, number) => {
  const { blocks: all, digit } = net.content
  const nameOf = at => (at ? all[at - 1].title : sayOf(net, "digit's name"))
  const within = at => {
    const seen = field(net, cell, at)
    const whole = at ? (all[at - 1].maps.length ? all[at - 1].grid : null) : digit
    const isWhole = !whole || (seen.height === whole.height && seen.width === whole.width)
    return sayOf(net, isWhole ? "whole field" : "field", { ...seen, name: nameOf(at) })
  }
  if (!chosenOf(net).maps.length) {
    const parts = []
    let place = net.place
    while (all[place].reach === "one") place--
    if (place < net.place) parts.push(sayOf(net, "same number", { number, name: nameOf(net.place) }))
    const from = all[place].reach === "moved" && origin(net, cell)
    if (from) {
      const { at } = net.content.fields.flat
      parts.push(sayOf(net, "one value", { ...from, name: nameOf(at) }))
      return (at ? [...parts, within(0)] : parts).join(", ")
    }
    parts.push(all[place].reach === "mean" ? sayOf(net, "whole map", { number, name: nameOf(place) }) : within(place))
    return (place ? [...parts, within(0)] : parts).join(", ")
  }
  const parts = []
  for (let at = net.place; at >= 0; at--) if (!at || all[at].reach === "window") parts.push(within(at))
  return (parts.length > 5 ? [...parts.slice(0, 2), "…", ...parts.slice(-2)] : parts).join(", ")
}

// How much of the whole network's a layer's cost is.
const shareOf = ({ share }) => (share > 0 && share < 0.005 ? "under 1%" : `${(100 * share).toFixed(0)}%`)

// What stands under the picture: of the layer under the pointer, else of the value, else what can be done.
const wordsOf = net => {
  const [cell, block] = [net.peek ?? net.cell, chosenOf(net)]
  const say = (name, fields) => sayOf(net, name, fields)
  if (net.pointed !== null && net.shown) {
    const { title: name, shape, costs } = net.content.blocks[net.pointed]
    const [parameters, adds] = costs.map(cost => (cost.own ? say("share", { cost: cost.said, share: shareOf(cost) }) : cost.said))
    return say("block", { name, shape: shape.join(""), parameters, adds })
  }
  if (cell && net.at && valueOf(net, cell) && (net.peek || !net.verdictOfGuess)) {
    const { at, value, most } = valueOf(net, cell)
    const shown = { row: cell[0], column: cell[1], number: at, value: written(value, most), parts: sees(net, cell, at) }
    return say(block.maps.length ? "cell" : "number", shown)
  }
  if (net.verdictOfGuess) return net.verdictOfGuess
  return net.place === net.made.length - 1 ? say("answer", { verdict: net.verdict }) : say(block.maps.length ? "invitation" : "invitation of a vector")
}
