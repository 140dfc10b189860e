// A square of numbers to type in, each on its colour. Arrow up and down change a number by a tenth (with Shift by one).

const PAUSE_MILLISECONDS = 250 // after the last key, before the server is told
const NEAR = 1e-6

const parsed = text => Number(text.trim().replace(",", ".").replace("−", "-"))
const spelled = value => String(Number(value.toFixed(3))).replace("-", "−")

function start(parent) {
  const root = parent.querySelector(".lab-numbers")
  const table = { inputs: [], numbers: [] }

  const tint = () => {
    const most = Math.max(...table.numbers.map(Math.abs)) || 1
    table.inputs.forEach((input, at) => {
      const share = (table.numbers[at] / most + 1) * 2
      const before = Math.min(3, Math.floor(share))
      const colour = table.stops[before].map((low, channel) => Math.round(low + (table.stops[before + 1][channel] - low) * (share - before)))
      input.style.backgroundColor = `rgb(${colour})`
      input.style.color = 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2] < 140 ? "#fff" : "#16161a"
    })
  }
  const write = at => {
    table.inputs[at].value = spelled(table.numbers[at])
    table.inputs[at].removeAttribute("aria-invalid")
  }
  const tell = () => {
    clearTimeout(table.pause)
    table.pause = setTimeout(() => {
      table.told = [...table.numbers]
      table.set(table.told)
    }, PAUSE_MILLISECONDS)
  }
  const take = (at, value) => {
    table.numbers[at] = value
    tint()
    tell()
  }

  const build = side => {
    root.replaceChildren()
    root.style.setProperty("--lab-side", side)
    table.inputs = Array.from({ length: side * side }, (_, at) => {
      const input = document.createElement("input")
      input.inputMode = "decimal"
      input.autocomplete = "off"
      input.setAttribute("aria-label", `row ${Math.floor(at / side)}, column ${at % side}`)
      input.oninput = () => {
        const value = parsed(input.value)
        const isNumber = input.value.trim() !== "" && Number.isFinite(value) && Math.abs(value) <= table.largest
        input.toggleAttribute("aria-invalid", !isNumber)
        if (isNumber) take(at, value)
      }
      input.onblur = () => write(at)
      input.onfocus = () => input.select()
      input.onkeydown = event => {
        const step = { ArrowUp: 0.1, ArrowDown: -0.1 }[event.key]
        if (step) {
          const value = table.numbers[at] + step * (event.shiftKey ? 10 : 1)
          if (Math.abs(value) <= table.largest) take(at, Number(value.toFixed(6)))
          write(at)
        } else if (event.key === "Enter") table.inputs[(at + side) % (side * side)].focus()
        else return
        event.preventDefault()
      }
      root.append(input)
      return input
    })
  }

  table.show = data => {
    table.stops = data.stops
    table.largest = data.largest
    root.setAttribute("aria-label", data.label)
    const isOther = table.inputs.length !== data.numbers.length
    if (isOther) build(data.side)
    // an echo of what was typed doesn't disturb who goes on typing
    const isEcho = !isOther && table.told?.every((number, at) => Math.abs(number - data.numbers[at]) < NEAR)
    if (!isEcho) {
      clearTimeout(table.pause)
      table.told = null
      table.numbers = [...data.numbers]
      table.inputs.forEach((_, at) => write(at))
    }
    tint()
    root.dataset.numbers = data.numbers.join(" ")
  }
  return table
}

const tables = new WeakMap()

export function show(parent, data, set) {
  if (!tables.has(parent)) tables.set(parent, start(parent))
  const table = tables.get(parent)
  table.set = set
  table.show(data)
}
