// The mixing desk: a row for each transformation. While a slider is dragged its values are sent as fast as they
// are answered, and no faster: the pictures follow the hand, and nothing piles up.

const PATIENCE = 700 // ms after which an answer that never came is waited for no more

function row(desk, { name, title, most, step, box }) {
  const line = document.createElement("div")
  line.className = "lab-knob"
  const label = document.createElement("button")
  label.type = "button"
  label.textContent = title
  label.onclick = () => desk.tell({}, name)
  const amount = document.createElement("output")
  const input = box ? checkbox() : slider()
  line.append(label, input.closest("label") ?? input, amount)
  desk.append(line)
  return { line, label, amount, input }

  function slider() {
    const input = document.createElement("input")
    Object.assign(input, { type: "range", min: 0, max: most, step, name, value: 0 })
    input.setAttribute("aria-label", `${title}, by up to`)
    const tell = moving => desk.tell({ [name]: input.valueAsNumber }, name, moving)
    input.oninput = () => tell(true)
    input.onchange = () => tell(false)
    return input
  }

  function checkbox() {
    const around = document.createElement("label")
    const input = document.createElement("input")
    Object.assign(input, { type: "checkbox", name })
    input.onchange = () => desk.tell({ [name]: input.checked }, name)
    around.append(input, box)
    return input
  }
}

function build(desk, rows) {
  const waiting = new Map() // what was moved and not yet sent
  const sent = new Map() // what was sent and not yet answered
  let chosen = null
  let isMoving = false
  let timer = 0

  const send = () => {
    if (timer || (!waiting.size && chosen === null)) return
    timer = setTimeout(desk.answered, PATIENCE)
    waiting.forEach((value, name) => sent.set(name, value))
    desk.say("moved", { values: Object.fromEntries(waiting), change: chosen, moving: isMoving })
    waiting.clear()
    chosen = null
  }
  desk.tell = (values, change, moving = false) => {
    for (const [name, value] of Object.entries(values)) waiting.set(name, value)
    chosen = change
    isMoving = moving
    send()
  }
  desk.answered = () => {
    clearTimeout(timer)
    timer = 0
    sent.clear()
    send()
  }
  desk.isMoving = name => waiting.has(name) || sent.has(name)
  desk.rows = new Map(rows.map(each => [each.name, row(desk, each)]))
}

export default ({ data, parentElement, setTriggerValue }) => {
  const desk = parentElement.querySelector(".lab-desk")
  desk.say = setTriggerValue
  if (!desk.rows) build(desk, data.rows)
  desk.answered()
  for (const { name, value, text, unsafe } of data.rows) {
    const { line, label, amount, input } = desk.rows.get(name)
    if (!desk.isMoving(name)) {
      if (input.type === "checkbox") input.checked = value
      else input.value = value
    }
    if (input.type === "range") input.setAttribute("aria-valuetext", text || "off")
    amount.textContent = text
    label.setAttribute("aria-pressed", name === data.change)
    line.classList.toggle("lab-chosen-knob", name === data.change)
    line.classList.toggle("lab-on", Boolean(text))
    line.classList.toggle("lab-unsafe", Boolean(unsafe))
    line.title = unsafe ?? ""
  }
}
