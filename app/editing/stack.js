// The layers as a list box with the editor's tools above it. Arrow keys choose; with Alt they move; a layer can also be
// dragged. Everything that is done is asked of the server, which answers with the list as it then is.

const TOOLS = [
  ["up", "↑ Up", "Move the layer up (Alt and arrow up)"],
  ["down", "↓ Down", "Move the layer down (Alt and arrow down)"],
  ["copy", "Copy", "Copy the layer below itself"],
  ["remove", "Remove", "Remove the layer (Delete)"],
  ["undo", "Undo", "Take the last change back (Ctrl and Z)"],
  ["redo", "Redo", "Do it again (Ctrl, Shift and Z)"],
]
const PATIENCE = 120 // ms without a further arrow key after which the layer reached is the chosen one
const HEAD = ["", "Layer", "Gives", "Parameters", "Multiply-adds"]

function element(name, className, text = "") {
  const made = document.createElement(name)
  made.className = className
  made.textContent = text
  return made
}

function button(text, help, act) {
  const made = element("button", "", text)
  Object.assign(made, { type: "button", title: help, onclick: act })
  return made
}

// The kinds of layers to choose from, below the button that was pressed.
function menu(stack) {
  const list = element("div", "lab-stack-menu")
  list.setAttribute("role", "menu")
  list.hidden = true
  let opener = null
  const items = () => [...list.children]
  const close = () => {
    list.hidden = true
    opener?.setAttribute("aria-expanded", "false")
  }
  list.open = (from, where) => {
    if (!list.hidden && opener === from) return close()
    close()
    opener = from
    from.setAttribute("aria-expanded", "true")
    const place = stack.data.chosen + (where === "after" ? 1 : 0)
    list.replaceChildren(
      ...stack.data.kinds.map(kind => {
        const item = button("", "", () => {
          close()
          stack.list.focus()
          stack.act({ do: "add", place, kind: kind.name })
        })
        item.setAttribute("role", "menuitem")
        item.append(element("b", "", kind.title), element("span", "", kind[where] ? kind.does : "not here: see why"))
        item.classList.toggle("lab-unfit", !kind[where])
        return item
      }),
    )
    list.setAttribute("aria-label", `Add a layer ${where} the chosen one`)
    list.hidden = false // it has a width from now on
    list.style.left = `${Math.max(0, Math.min(from.offsetLeft, stack.offsetWidth - list.offsetWidth))}px`
    list.style.top = `${from.offsetTop + from.offsetHeight + 4}px`
    items()[0].focus()
  }
  list.onkeydown = event => {
    const at = items().indexOf(list.getRootNode().activeElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key]
    if (event.key === "Escape") {
      close()
      opener.focus()
    } else if (to === undefined) return
    else items().at(to % items().length).focus()
    event.preventDefault()
    event.stopPropagation()
  }
  list.onfocusout = event => {
    if (!list.contains(event.relatedTarget) && event.relatedTarget !== opener) close()
  }
  return list
}

function build(stack) {
  const tools = element("div", "lab-stack-tools")
  const kinds = menu(stack)
  for (const where of ["before", "after"]) {
    const opener = button(`+ ${where}`, `Add a layer ${where} the chosen one`, () => kinds.open(opener, where))
    opener.setAttribute("aria-haspopup", "menu")
    opener.setAttribute("aria-expanded", "false")
    tools.append(opener)
  }
  stack.tools = {}
  for (const [name, text, help] of TOOLS) {
    stack.tools[name] = button(text, help, () => stack.use(name))
    tools.append(stack.tools[name])
  }
  const head = element("div", "lab-stack-row lab-stack-head")
  head.setAttribute("aria-hidden", "true") // each row says it
  head.append(...HEAD.map(text => element("span", "", text)))
  stack.list = element("ul", "")
  stack.list.tabIndex = 0
  stack.list.setAttribute("role", "listbox")
  stack.list.setAttribute("aria-label", "The network's layers")
  stack.total = element("div", "lab-stack-row lab-stack-total")
  stack.spoken = element("p", "lab-spoken")
  stack.spoken.setAttribute("role", "alert")
  stack.append(tools, kinds, head, stack.list, stack.total, stack.spoken)

  stack.use = name => {
    const place = stack.data.chosen
    if (name === "up") stack.act({ do: "move", place, to: place - 1 })
    else if (name === "down") stack.act({ do: "move", place, to: place + 1 })
    else stack.act({ do: name, place })
  }
  stack.choose = (place, patience = 0) => {
    if (place < 0 || place >= stack.data.rows.length || place === stack.data.chosen) return
    stack.data.chosen = place // at once; the server follows
    mark(stack)
    clearTimeout(stack.waiting)
    stack.waiting = setTimeout(() => stack.act({ do: "choose", place }), patience)
  }
  stack.list.onkeydown = event => {
    const { chosen, rows } = stack.data
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (step && event.altKey) {
      if (chosen + step >= 0 && chosen + step < rows.length) stack.use(step < 0 ? "up" : "down")
    } else if (step) stack.choose(chosen + step, PATIENCE)
    else if (event.key === "Home") stack.choose(0)
    else if (event.key === "End") stack.choose(rows.length - 1)
    else if (event.key === "Delete") stack.use("remove")
    else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) stack.use(event.shiftKey ? "redo" : "undo")
    else return
    event.preventDefault()
  }
  drag(stack)
}

// The layer that is dragged goes where the line shows: above the row under the pointer, or below it.
function drag(stack) {
  let from = null
  const clear = () => {
    for (const row of stack.list.children) row.classList.remove("lab-drop-above", "lab-drop-below")
  }
  const target = event => {
    const row = event.target.closest("li")
    if (from === null || !row) return null
    const box = row.getBoundingClientRect()
    const isBelow = event.clientY > box.top + box.height / 2
    const gap = Number(row.dataset.place) + (isBelow ? 1 : 0)
    return { row, isBelow, to: gap > from ? gap - 1 : gap }
  }
  stack.list.ondragstart = event => {
    from = Number(event.target.closest("li").dataset.place)
    event.dataTransfer.effectAllowed = "move"
    event.dataTransfer.setData("text/plain", String(from))
  }
  stack.list.ondragover = event => {
    const over = target(event)
    if (!over) return
    event.preventDefault()
    clear()
    over.row.classList.add(over.isBelow ? "lab-drop-below" : "lab-drop-above")
  }
  stack.list.ondrop = event => {
    const over = target(event)
    event.preventDefault()
    if (over && over.to !== from) stack.act({ do: "move", place: from, to: over.to })
  }
  stack.list.ondragend = () => {
    from = null
    clear()
  }
}

function priced(name, text, share) {
  const made = element("span", `lab-stack-${name}`, text)
  if (text) {
    const bar = element("i", "")
    bar.style.width = `${share}%`
    made.append(bar)
  }
  return made
}

function row(stack, each, place) {
  const line = element("li", "lab-stack-row")
  line.id = `lab-stack-${place}`
  line.dataset.place = place
  line.draggable = true
  line.setAttribute("role", "option")
  line.onclick = () => stack.choose(place)
  line.title = each.arithmetic
  const name = element("span", "lab-stack-name")
  name.append(element("b", "", each.title), element("small", "", each.settings))
  const gives = element("span", "lab-stack-gives", each.gives)
  line.append(
    element("span", "lab-stack-number", String(place + 1)),
    name,
    gives,
    priced("parameters", each.parameters, each.parameterShare),
    priced("adds", each.multiplyAdds, each.multiplyAddShare),
  )
  const said = [`${place + 1}, ${each.title}`, each.settings, `gives ${each.gives}`]
  if (each.parameters) said.push(`${each.parameters} parameters`)
  if (each.multiplyAdds) said.push(`${each.multiplyAdds} multiply-adds`)
  line.setAttribute("aria-label", said.filter(Boolean).join(", "))
  return line
}

function mark(stack) {
  const { chosen, rows } = stack.data
  for (const line of stack.list.children) line.setAttribute("aria-selected", String(Number(line.dataset.place) === chosen))
  stack.list.setAttribute("aria-activedescendant", `lab-stack-${chosen}`)
  stack.tools.up.disabled = chosen === 0
  stack.tools.down.disabled = chosen === rows.length - 1
  stack.tools.undo.disabled = !stack.data.undo
  stack.tools.redo.disabled = !stack.data.redo
  // scrolled inside the list alone: the page stays where it is
  const line = stack.list.children[chosen]
  const over = line.offsetTop - stack.list.scrollTop
  if (over < 0) stack.list.scrollTop += over
  else if (over + line.offsetHeight > stack.list.clientHeight)
    stack.list.scrollTop += over + line.offsetHeight - stack.list.clientHeight
}

export default ({ data, parentElement, setTriggerValue }) => {
  const stack = parentElement.querySelector(".lab-stack")
  // whoever walks through the list with the arrow keys isn't called back by the answer to an earlier step
  const isWalking = stack.waiting && data.rows.length === stack.data.rows.length
  stack.data = isWalking ? { ...data, chosen: stack.data.chosen } : data
  stack.act = asked => {
    clearTimeout(stack.waiting) // every act says which layer it means
    stack.waiting = null
    setTriggerValue("act", asked)
  }
  if (!stack.list) build(stack)
  stack.list.replaceChildren(...data.rows.map((each, place) => row(stack, each, place)))
  if (data.refused) {
    const why = element("p", "lab-stack-refused", data.refused.text)
    stack.list.children[data.refused.place].append(why)
  }
  stack.spoken.textContent = data.refused?.text ?? ""
  stack.total.replaceChildren(
    element("span", ""),
    element("b", "", `${data.rows.length} layers`),
    element("span", ""),
    element("b", "lab-stack-parameters", data.total.parameters),
    element("b", "lab-stack-adds", data.total.multiplyAdds),
  )
  mark(stack)
  if (data.refused) stack.list.children[data.refused.place].scrollIntoView({ block: "nearest" })
}
