// What `grids.js` says of a value: numbers in words and sums, and an activation's curve. Served in front of it.

const TERMS = 9 // more of a window's values are shortened

// Three digits: as many as a person compares.
function told(value) {
  if (value === 0) return "0"
  const size = Math.abs(value)
  const text = size >= 100000 || size < 0.0001 ? value.toExponential(1) : size >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
  return text.replaceAll("-", MINUS)
}
const inBrackets = value => (value < 0 ? `(${told(value)})` : told(value))

const listed = (values, join, wrap = told) =>
  values.length <= TERMS ? values.map(wrap).join(join) : [...values.slice(0, 4).map(wrap), "…", ...values.slice(-2).map(wrap)].join(join)

// What each operation makes of a value, line by line: name, sum, result, and whether it is what this layer does.
const SAYINGS = {
  pooling: ({ grids, cell, values }) => {
    const [, most, mean] = grids.map(grid => grid.values[cell])
    return [
      ["maximum", `max(${listed(values, ", ")}) = `, told(most), grids[1].own],
      ["average", `(${listed(values, " + ", inBrackets)}) / ${values.length} = `, told(mean), grids[2].own],
    ]
  },
  activation: ({ name, numbers, which, pair: [x, y] }) => {
    const { slope } = numbers
    const by = {
      relu: `max(0, ${told(x)}) = `,
      leaky_relu: x < 0 ? `${told(x)} < 0, so ${told(slope)} · (${told(x)}) = ` : `${told(x)} ≥ 0 stays as it is: `,
      tanh: `tanh(${told(x)}) = `,
      sigmoid: `1 / (1 + e^${x < 0 ? told(-x) : `(${told(-x)})`}) = `,
      linear: `${told(x)} stays as it is: `,
    }
    return [[name, by[which], told(y), true]]
  },
  normalisation: ({ name, numbers, cell, pair: [x, y] }) => {
    const { gamma, beta, mean, variance, epsilon } = Object.fromEntries(
      Object.entries(numbers).map(([letter, number]) => [letter, Array.isArray(number) ? number[cell] : number]),
    )
    const offset = `${beta < 0 ? MINUS : "+"} ${told(Math.abs(beta))}`
    const moved = `${told(x)} ${mean < 0 ? "+" : MINUS} ${told(Math.abs(mean))}`
    return [[name, `${told(gamma)} · (${moved}) / √(${told(variance)} + ${told(epsilon)}) ${offset} = `, told(y), true]]
  },
  dropout: ({ name, numbers, kept, pair: [x] }) => {
    const { scale } = numbers
    return kept
      ? [[name, `${told(x)} is kept this time: ${told(x)} · ${told(scale)} = `, told(x * scale), true]]
      : [[name, `${told(x)} is hidden this time: `, "0", true]]
  },
}

// The curve and its slope, how many values lie where, and the value that is looked at.
function drawCurve(canvas, curve, [input, output], look, width, height) {
  const { x, y, slope, counts, edges } = curve
  const pen = sized(canvas, width, height)
  const [left, right, top, floor] = [34, 8, 8, height - 24]
  const bars = 0.22 * (floor - top) // below the curve
  const ground = floor - bars - 8
  const [low, high] = [Math.min(...y, 0), Math.max(...y, ...slope)]
  const across = value => left + ((width - left - right) * (value - x[0])) / (x.at(-1) - x[0])
  const up = value => ground - ((ground - top) * (value - low)) / (high - low || 1)
  const line = (values, colour, thick, dash) => {
    pen.strokeStyle = colour
    pen.lineWidth = thick
    pen.setLineDash(dash)
    pen.beginPath()
    values.forEach((value, index) => pen.lineTo(across(x[index]), up(value)))
    pen.stroke()
    pen.setLineDash([])
  }
  pen.fillStyle = look.faint
  pen.fillRect(left, up(0) - 0.5, width - left - right, 1)
  pen.fillRect(across(0) - 0.5, top, 1, floor - top)
  line(slope, look.line, 1.5, [2, 4])
  line(y, look.out, 3, [])
  const tallest = Math.sqrt(Math.max(...counts))
  pen.fillStyle = look.in
  counts.forEach((count, index) => {
    const [from, to] = [across(edges[index]), across(edges[index + 1])]
    const tall = (bars * Math.sqrt(count)) / tallest
    pen.fillRect(from, floor - tall, Math.max(1, to - from - 0.5), tall)
  })
  pen.font = `14px ${look.family}`
  pen.fillStyle = look.line
  pen.textBaseline = "top"
  for (const [value, align] of [[x[0], "left"], [0, "center"], [x.at(-1), "right"]]) {
    pen.textAlign = align
    pen.fillText(told(value), across(value), floor + 6)
  }
  pen.textAlign = "right"
  pen.textBaseline = "middle"
  for (const value of new Set([low, 0, high])) pen.fillText(told(value), left - 6, Math.max(top + 7, up(value)))
  pen.strokeStyle = look.accent
  pen.lineWidth = 1.5
  pen.beginPath()
  pen.moveTo(across(input), floor)
  pen.lineTo(across(input), up(output))
  pen.lineTo(left, up(output))
  pen.stroke()
  pen.fillStyle = look.accent
  pen.beginPath()
  pen.arc(across(input), up(output), 5.5, 0, 2 * Math.PI)
  pen.fill()
  canvas.setAttribute("aria-label", `The curve: ${told(input)} becomes ${told(output)}`)
}
