// A kernel that slides over a map. What it shows came from the server (`app/opened/sliding.py`) or is a single product
// of two such numbers, or a sum of a few; the server is told where the kernel comes to rest.

const REST_MILLISECONDS = 100 // a kernel that stands still this long has come to rest

function start(parent) {
  const button = name => parent.querySelector(`[data-does=${name}]`)
  const spoken = parent.querySelector(".lab-spoken")
  const speed = parent.querySelector("select")
  const slide = { content: null, row: 0, column: 0, reached: 0, whole: false, playing: 0, frame: 0, told: "", sent: [], unanswered: { painted: null, kernel: null }, layout: {} }
  const { root, canvases, value, last, here, build, paint, move } = drawingOf(parent, slide)

  slide.draw = () => {
    slide.frame = 0
    if (!slide.content || !root.clientWidth) return
    slide.family = getComputedStyle(root).fontFamily
    for (const [name, variable] of [["ink", "--lab-ink"], ["line", "--lab-quiet-ink"], ["accent", "--lab-chosen"], ["paper", "--lab-paper"], ["faint", "--lab-faint"]]) slide[name] = tone(parent, variable)
    move()
  }

  const schedule = () => {
    slide.frame ||= requestAnimationFrame(slide.draw)
  }

  // ---- moving
  const tell = () => {
    clearTimeout(slide.rest)
    slide.isMoving = true
    slide.rest = setTimeout(() => {
      slide.isMoving = false
      const text = `${slide.row} ${slide.column}`
      if (slide.playing || text === slide.told) return
      slide.told = text
      slide.sent.push(text)
      slide.set("cell", [slide.row, slide.column])
    }, REST_MILLISECONDS)
  }
  slide.go = (row, column, aloud = false, quiet = false) => {
    const { height, width } = slide.content.terms
    slide.row = Math.max(0, Math.min(height - 1, row))
    slide.column = Math.max(0, Math.min(width - 1, column))
    slide.reached = Math.max(slide.reached, here())
    schedule()
    if (!quiet) tell()
    // the network's picture shows at once what this value is made of
    if (!quiet && !slide.content.pen) document.dispatchEvent(new CustomEvent("lab-cell", { detail: [slide.row, slide.column] }))
    if (aloud) requestAnimationFrame(() => { spoken.textContent = slide.said ?? "" })
  }
  const goTo = (at, aloud) => slide.go(Math.floor(at / slide.content.terms.width), at % slide.content.terms.width, aloud)

  const pause = () => {
    cancelAnimationFrame(slide.playing)
    slide.playing = 0
    delete root.dataset.playing
    button("play").textContent = "▶ Play"
    if (slide.content) tell()
  }
  const play = () => {
    if (here() >= last()) {
      slide.whole = false
      button("whole").setAttribute("aria-pressed", "false")
      slide.reached = 0
      goTo(0)
    }
    root.dataset.playing = "yes"
    button("play").textContent = "❚❚ Pause"
    let begun = performance.now()
    const step = now => {
      const steps = Math.floor(((now - begun) / 1000) * Number(speed.value))
      if (steps > 0) {
        begun += (steps * 1000) / Number(speed.value)
        const at = Math.min(last(), here() + Math.min(steps, 4))
        goTo(at)
        if (at >= last()) return pause()
      }
      slide.playing = requestAnimationFrame(step)
    }
    slide.playing = requestAnimationFrame(step)
  }

  button("back").onclick = () => { pause(); goTo(Math.max(0, here() - 1), true) }
  button("step").onclick = () => { pause(); goTo(here() >= last() ? 0 : here() + 1, true) }
  button("play").onclick = () => (slide.playing ? pause() : play())
  button("whole").onclick = () => {
    slide.whole = !slide.whole
    if (!slide.whole) slide.reached = here()
    button("whole").setAttribute("aria-pressed", String(slide.whole))
    schedule()
  }

  const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }
  const walk = event => {
    const step = ARROWS[event.key]
    if (!step) return
    pause()
    slide.go(slide.row + step[0], slide.column + step[1], true)
    event.preventDefault()
  }
  const spot = (event, cell) => [Math.floor(event.offsetY / cell), Math.floor(event.offsetX / cell)]
  for (const name of ["sum", "end"]) {
    canvases[name].onkeydown = walk
    canvases[name].onclick = event => {
      pause()
      slide.go(...spot(event, slide.layout[name]))
    }
  }

  // ---- the input: the kernel is put there, or numbers are painted into it
  const inside = ([row, column]) => {
    const [top, left, height, width] = slide.content.inside
    return row >= top && column >= left && row < top + height && column < left + width ? (row - top) * width + column - left : -1
  }
  const numbersNow = () => {
    const [top, left, height, width] = slide.content.inside
    return Array.from({ length: height * width }, (_, at) => Number(value(slide.content.input, 0, top + Math.floor(at / width), left + (at % width)).toFixed(2)))
  }
  const kernelNow = () => {
    const { kernel } = slide.content
    return Array.from({ length: kernel.height * kernel.width }, (_, at) => Number(value(kernel, 0, Math.floor(at / kernel.width), at % kernel.width).toFixed(4)))
  }
  // what was sent is gone on with until the server has answered it: its numbers come back, or something else is shown
  const isAnswered = (sent, numbers, isOther) => isOther || !sent || (numbers.length === sent.length && sent.every((number, at) => Math.abs(number - numbers[at]) < 0.01))
  const write = (cell, number) => {
    const at = inside(cell)
    if (at < 0 || !Number.isFinite(number)) return
    slide.changed ??= [...(slide.unanswered.painted ?? numbersNow())]
    slide.changed[at] = Math.max(-99, Math.min(99, number))
    clearTimeout(slide.painting)
    slide.painting = setTimeout(sendPainted, slide.isDown ? 1000 : REST_MILLISECONDS)
  }
  const sendPainted = () => {
    if (slide.changed) slide.set("painted", slide.unanswered.painted = slide.changed)
    slide.changed = null
  }
  // a kernel that may be changed is typed into its own cells
  slide.type = (at, text) => {
    const number = Number(text.trim().replace(",", ".").replaceAll(MINUS, "-"))
    if (text.trim() === "" || !Number.isFinite(number) || Math.abs(number) > 99) return
    slide.typing ??= [...(slide.unanswered.kernel ?? kernelNow())]
    slide.typing[at] = number
    clearTimeout(slide.typed)
    slide.typed = setTimeout(() => {
      slide.set("kernel", { of: slide.content.editable, numbers: slide.unanswered.kernel = slide.typing })
      slide.typing = null
    }, 250)
  }
  const numberAt = cell => {
    const at = inside(cell)
    return at < 0 ? null : (slide.changed ?? slide.unanswered.painted ?? numbersNow())[at]
  }
  const preview = cell => {
    const context = canvases.input.getContext("2d")
    const size = slide.layout.input
    context.fillStyle = slide.accent
    context.globalAlpha = 0.55
    context.fillRect(cell[1] * size + 2, cell[0] * size + 2, size - 4, size - 4)
    context.globalAlpha = 1
  }
  canvases.input.onpointerdown = event => {
    const cell = spot(event, slide.layout.input)
    if (slide.content.pen === null) {
      pause()
      const { stride, kernel } = slide.content
      const middle = (kernel.height - 1) / 2
      slide.go(Math.round((cell[0] - middle) / stride), Math.round((cell[1] - middle) / stride))
      return
    }
    if (inside(cell) < 0) return
    slide.isDown = true
    slide.ink_value = numberAt(cell) === slide.content.pen ? 0 : slide.content.pen
    write(cell, slide.ink_value)
    preview(cell)
  }
  canvases.input.onpointermove = event => {
    if (!slide.isDown) return
    const cell = spot(event, slide.layout.input)
    if (numberAt(cell) === slide.ink_value || inside(cell) < 0) return
    write(cell, slide.ink_value)
    preview(cell)
  }
  const release = () => {
    if (!slide.isDown) return
    slide.isDown = false
    clearTimeout(slide.painting)
    sendPainted()
  }
  window.addEventListener("pointerup", release)
  canvases.input.onkeydown = event => {
    if (slide.content.pen === null) return walk(event)
    const [top, left, height, width] = slide.content.inside
    slide.cursor ??= [top, left]
    const step = ARROWS[event.key]
    if (step) slide.cursor = [Math.max(top, Math.min(top + height - 1, slide.cursor[0] + step[0])), Math.max(left, Math.min(left + width - 1, slide.cursor[1] + step[1]))]
    else if (event.key === " " || event.key === "Enter") write(slide.cursor, numberAt(slide.cursor) === slide.content.pen ? 0 : slide.content.pen)
    else if (/^[0-9]$/.test(event.key)) write(slide.cursor, Number(event.key))
    else if (event.key === "-") write(slide.cursor, -numberAt(slide.cursor))
    else return
    event.preventDefault()
    spoken.textContent = `row ${slide.cursor[0] - top}, column ${slide.cursor[1] - left}: ${plain(numberAt(slide.cursor))}`
    schedule()
  }
  canvases.input.onblur = () => {
    slide.cursor = null
    schedule()
  }

  // ---- another input channel
  const choose = tile => {
    if (tile < 0 || tile >= slide.content.input.count || tile === slide.channel) return
    slide.channel = tile
    schedule()
    spoken.textContent = `input channel ${slide.content.channels[tile]}`
    clearTimeout(slide.choosing)
    slide.choosing = setTimeout(() => slide.set("channel", slide.content.channels[tile]), REST_MILLISECONDS)
  }
  canvases.strip.onclick = event => {
    const { columns, high } = slide.layout.strip
    const across = Math.floor(event.offsetX / (TILE + TILE_GAP))
    if (across < columns) choose(Math.floor(event.offsetY / high) * columns + across)
  }
  canvases.strip.onkeydown = event => {
    const step = ARROWS[event.key]
    if (!step) return
    choose(slide.channel + step[0] * slide.layout.strip.columns + step[1])
    event.preventDefault()
  }

  // ---- all of it
  slide.take = content => {
    const before = slide.content
    slide.content = content
    slide.channel = content.channel
    const isOther = !before || before.terms.height !== content.terms.height || before.terms.width !== content.terms.width || before.stride !== content.stride
    if (before?.kernel.height !== content.kernel.height) build()
    if (isOther || before?.shown !== content.shown) {
      pause()
      slide.reached = 0
    }
    paint()
    if (isAnswered(slide.unanswered.painted, numbersNow(), before?.shown !== content.shown)) slide.unanswered.painted = null
    if (isAnswered(slide.unanswered.kernel, kernelNow(), before?.editable !== content.editable)) slide.unanswered.kernel = null
    if (content.whole && !before?.whole) {
      slide.whole = true
      button("whole").setAttribute("aria-pressed", "true")
    }
    // an answer to where the kernel was, when it has gone on since, doesn't bring it back
    const answered = slide.sent.indexOf(content.at?.join(" "))
    slide.sent.splice(0, answered + 1)
    const isBehind = answered >= 0 && !isOther && (slide.isMoving || slide.sent.length > 0)
    const at = isBehind ? [slide.row, slide.column] : content.at ?? (isOther ? content.home : [slide.row, slide.column])
    if (content.at && !isBehind) slide.told = at.join(" ")
    slide.go(...at, false, true)
    root.dataset.shown = content.shown
    root.dataset.drawn = performance.now() // each time another mark
  }

  const again = () => requestAnimationFrame(slide.draw)
  const app = document.querySelector(".stApp")
  const watcher = new MutationObserver(again)
  if (app) watcher.observe(app, { attributes: true, attributeFilter: ["class", "style", "data-theme"] })
  let width = 0
  const sizes = new ResizeObserver(() => {
    if (root.clientWidth !== width) again()
    width = root.clientWidth
  })
  sizes.observe(root)
  slide.stop = () => {
    window.removeEventListener("pointerup", release)
    clearTimeout(slide.rest)
    clearTimeout(slide.choosing)
    clearTimeout(slide.painting)
    clearTimeout(slide.typed)
    cancelAnimationFrame(slide.playing)
    watcher.disconnect()
    sizes.disconnect()
  }
  return slide
}

const slides = new WeakMap()
const isSame = (one, other) => one?.length === other.length && one.every((byte, place) => byte === other[place])

export function show(parent, data, set) {
  if (!slides.has(parent)) slides.set(parent, start(parent))
  const slide = slides.get(parent)
  slide.set = set
  if (isSame(slide.data, data)) return
  slide.data = data
  unpack(data).then(content => {
    if (slide.data === data) slide.take(content) // else something newer came meanwhile
  })
}

export function forget(parent) {
  slides.get(parent)?.stop()
  slides.delete(parent)
}
