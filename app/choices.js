// Cells to choose from, see `app/choices.py`: of all of them the tab key reaches one, arrow keys the others.

const CELLS = "button[data-choice]"

function middle(cell) {
  const box = cell.getBoundingClientRect()
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, height: box.height }
}

// The cell above or below: of the next row in that direction the one that is least far aside.
function beyond(cells, from, direction) {
  const here = middle(from)
  const others = cells.map(cell => ({ cell, ...middle(cell) }))
  const there = others.filter(({ y }) => (y - here.y) * direction > here.height / 2)
  if (!there.length) return from
  const nearest = Math.min(...there.map(({ y }) => Math.abs(y - here.y)))
  const row = there.filter(({ y }) => Math.abs(y - here.y) < nearest + here.height / 2)
  return row.sort((a, b) => Math.abs(a.x - here.x) - Math.abs(b.x - here.x))[0].cell
}

function enter(cells, cell) {
  for (const each of cells) each.tabIndex = each === cell ? 0 : -1
}

export function show(parent, content, tell) {
  const place = parent.querySelector(".lab-choices")
  if (place.shown !== content.html) {
    const held = place.contains(document.activeElement) ? document.activeElement.dataset.choice : null
    place.shown = content.html
    place.innerHTML = content.html
    const cells = [...place.querySelectorAll(CELLS)]
    const first = cells.find(cell => cell.dataset.choice === held) ?? cells.find(cell => cell.ariaPressed === "true") ?? cells[0]
    if (first) enter(cells, first)
    if (held !== null && first?.dataset.choice === held) first.focus()
  }
  place.onclick = event => {
    const cell = event.target.closest(CELLS)
    if (cell) tell(cell.dataset.choice)
  }
  place.listening ??= place.addEventListener("focusin", event => {
    const cell = event.target.closest(CELLS)
    if (cell) enter([...place.querySelectorAll(CELLS)], cell)
  }) ?? true
  place.onkeydown = event => {
    const from = event.target.closest(CELLS)
    if (!from) return
    const cells = [...place.querySelectorAll(CELLS)]
    const at = cells.indexOf(from)
    const steps = {
      ArrowLeft: () => cells[Math.max(0, at - 1)],
      ArrowRight: () => cells[Math.min(cells.length - 1, at + 1)],
      ArrowUp: () => beyond(cells, from, -1),
      ArrowDown: () => beyond(cells, from, 1),
      Home: () => cells[0],
      End: () => cells.at(-1),
    }
    if (!(event.key in steps)) return
    event.preventDefault()
    steps[event.key]().focus()
  }
}
