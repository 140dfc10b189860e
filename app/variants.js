// A grid of digits as one picture. The one under the pointer, or reached by the arrow keys, stands beside it enlarged:
// before, after, and the difference.

const COLUMNS = 8
const PICTURES = ["before", "after", "difference"]

function build(figure) {
  const grid = figure.querySelector(".lab-grid")
  const frame = figure.querySelector(".lab-frame-one")
  const spoken = figure.querySelector(".lab-spoken")
  let kept = null // what a person chose to see enlarged
  const shown = () => kept ?? figure.content.first

  figure.look = place => {
    const { count, whats, captions } = figure.content
    const at = Math.min(place, count - 1)
    figure.style.setProperty("--column", at % COLUMNS)
    figure.style.setProperty("--row", Math.floor(at / COLUMNS))
    figure.querySelector(".lab-what").textContent = whats[at]
    figure.querySelector(".lab-done").textContent = captions[at]
    frame.hidden = false
    return [whats[at], captions[at]].filter(Boolean).join(": ")
  }
  const keep = place => {
    kept = Math.min(Math.max(place, 0), figure.content.count - 1)
    spoken.textContent = `${kept + 1} of ${figure.content.count}, ${figure.look(kept)}`
  }
  const under = event => {
    const box = grid.getBoundingClientRect()
    const column = Math.floor(((event.clientX - box.left) / box.width) * COLUMNS)
    const row = Math.floor(((event.clientY - box.top) / box.height) * figure.content.rows)
    return Math.min(Math.max(row * COLUMNS + column, 0), figure.content.count - 1)
  }
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS }
  grid.onpointermove = event => figure.look(under(event))
  grid.onpointerleave = () => figure.look(shown())
  grid.onclick = event => keep(under(event))
  grid.onkeydown = event => {
    const step = event.key === "Home" ? -shown() : steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    keep(shown() + step)
  }
  figure.refresh = () => figure.look(shown())
}

// The outline of so many digits, where the last row isn't full: what is empty is no digit.
function outline({ count, rows }) {
  const last = count % COLUMNS || COLUMNS
  const right = `${(100 * (30 * last - 2)) / (30 * COLUMNS - 2)}%`
  const above = `${(100 * (30 * (rows - 1) - 1)) / (30 * rows - 2)}%`
  return `polygon(0 0, 100% 0, 100% ${above}, ${right} ${above}, ${right} 100%, 0 100%)`
}

function draw(figure, data) {
  figure.content = data
  figure.style.setProperty("--outline", outline(data))
  for (const which of PICTURES) figure.style.setProperty(`--${which}`, `url(${data[which]})`)
  figure.style.setProperty("--rows", data.rows)
  figure.classList.toggle("lab-off", data.note !== "")
  figure.querySelector(".lab-off-note").textContent = data.note
  figure.querySelector(".lab-grid").setAttribute("aria-label", data.alt)
  figure.dataset.drawn = ""
  if (!figure.refresh) build(figure)
  figure.refresh()
}

const decoded = source => {
  const picture = new Image()
  picture.src = source
  return picture.decode()
}

export default ({ data, parentElement }) => {
  const figure = parentElement.querySelector(".lab-variants")
  figure.newest = data
  // Pictures that are ready before they are shown never blink; of several the newest is shown.
  Promise.all(PICTURES.map(which => decoded(data[which]))).then(() => figure.newest === data && draw(figure, data))
}
