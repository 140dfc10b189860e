// Small pictures out of packed numbers: unpacking, colours, tiles, the digits in them. Served in front of `atlas.js`.

const LEAST_NUMBER_CELL = 30 // px: a weight fits in it in 14 px letters
const MISSING = -32768
const MINUS = "−"

const inflate = data => new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer()

async function unpack(data) {
  const buffer = await inflate(data)
  const length = new DataView(buffer).getUint32(0, true)
  const content = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)))
  return { ...content, numbers: new Int16Array(buffer, 4 + length) }
}

function element(parent, name, kind, text) {
  const made = document.createElement(name)
  if (kind) made.className = kind
  if (text) made.textContent = text
  parent.append(made)
  return made
}

// What a tile's cells are: whole numbers, and the factor that makes values of them.
function tileOf(content, grid, place) {
  const size = grid.height * grid.width
  const cells = content.numbers.subarray(grid.at + place * size, grid.at + (place + 1) * size)
  return { cells, unit: grid.scales[place] / content.levels, most: grid.scales[place] }
}

// No more digits than the numbers carry: a thousandth of the tile's greatest value.
function written(value, most) {
  if (most >= 10000 || (most > 0 && most < 0.001)) return value.toExponential(2).replaceAll("-", MINUS)
  const digits = Math.max(0, Math.min(5, 2 - Math.floor(Math.log10(most || 1))))
  return value.toFixed(digits).replace("-", MINUS)
}

// A weight in a cell: two digits, no leading zero.
function brief(value) {
  const text = Math.abs(value) >= 9.95 ? value.toFixed(0) : Math.abs(value) >= 0.995 ? value.toFixed(1) : value.toFixed(2)
  return Number(text) === 0 ? "0" : text.replace(/^(-?)0\./, "$1.").replace("-", MINUS)
}

function colours(stops, isSigned) {
  const table = new Uint8Array(3 * 511)
  for (let place = 0; place < 511; place++) {
    const at = (place - 255) / 255 // from −1 to 1
    if (!isSigned) {
      table.fill(Math.round(255 * Math.max(0, at)), 3 * place, 3 * place + 3)
      continue
    }
    const along = ((at + 1) / 2) * (stops.length - 1)
    const before = Math.min(stops.length - 2, Math.floor(along))
    for (let channel = 0; channel < 3; channel++) {
      const [low, high] = [stops[before][channel], stops[before + 1][channel]]
      table[3 * place + channel] = Math.round(low + (high - low) * (along - before))
    }
  }
  return table
}

// All tiles of a grid below each other, one pixel for each cell.
function painted(content, grid, own) {
  const { height, width, count } = grid
  const image = new ImageData(width, height * count)
  const pixels = new Uint32Array(image.data.buffer) // a pixel at a time: alpha, blue, green, red
  const parts = colours(content.stops, grid.signed)
  const table = Uint32Array.from({ length: 511 }, (_, at) => 0xff000000 | (parts[3 * at + 2] << 16) | (parts[3 * at + 1] << 8) | parts[3 * at])
  const layer = Math.max(...grid.scales)
  for (let place = 0; place < count; place++) {
    const { cells, most } = tileOf(content, grid, place)
    const factor = (255 / content.levels) * (own || layer === 0 ? 1 : most / layer)
    const start = place * cells.length
    for (let cell = 0; cell < cells.length; cell++) {
      if (cells[cell] !== MISSING) pixels[start + cell] = table[255 + Math.round(cells[cell] * factor)]
    }
  }
  const canvas = document.createElement("canvas")
  canvas.width = width
  canvas.height = height * count
  canvas.getContext("2d").putImageData(image, 0, 0)
  return canvas
}

// A canvas of so many CSS pixels, sharp on every screen.
function sized(canvas, width, height) {
  const dots = window.devicePixelRatio || 1
  canvas.width = Math.round(width * dots)
  canvas.height = Math.round(height * dots)
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  const pen = canvas.getContext("2d")
  pen.setTransform(dots, 0, 0, dots, 0, 0)
  pen.clearRect(0, 0, width, height)
  return pen
}

function tone(place, name) {
  const probe = element(place, "span")
  probe.style.color = `var(${name})`
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

function frame(pen, x, y, width, height, colour, thick) {
  pen.strokeStyle = colour
  pen.lineWidth = thick
  pen.strokeRect(x - thick / 2, y - thick / 2, width + thick, height + thick)
}

function drawTile(pen, source, grid, place, x, y, cell) {
  pen.imageSmoothingEnabled = cell < 2 && cell % 1 !== 0
  const [width, height] = [grid.width * cell, grid.height * cell]
  pen.drawImage(source, 0, place * grid.height, grid.width, grid.height, x, y, width, height)
  if (grid.block) {
    // kernels lie side by side in a filter: a seam between them
    pen.fillStyle = pen.seam
    pen.globalAlpha *= 0.55
    for (let at = grid.block[1]; at < grid.width; at += grid.block[1]) pen.fillRect(x + at * cell - 0.5, y, 1, height)
    for (let at = grid.block[0]; at < grid.height; at += grid.block[0]) pen.fillRect(x, y + at * cell - 0.5, width, 1)
    pen.globalAlpha /= 0.55
  }
}

function drawNumbers(pen, content, grid, place, x, y, cell, own) {
  const { cells, unit, most } = tileOf(content, grid, place)
  const whole = own ? most : Math.max(...grid.scales)
  pen.font = `14px ${pen.family}`
  pen.textAlign = "center"
  pen.textBaseline = "middle"
  for (let at = 0; at < cells.length; at++) {
    if (cells[at] === MISSING) continue
    const value = cells[at] * unit
    const depth = grid.signed ? Math.abs(value) / whole > 0.72 : value / whole < 0.55
    pen.fillStyle = depth ? "#fff" : "#111"
    pen.fillText(brief(value), x + ((at % grid.width) + 0.5) * cell, y + (Math.floor(at / grid.width) + 0.53) * cell)
  }
}
