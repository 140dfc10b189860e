// A table is chosen, or dropped, and sent to the server as it is; how far it is stands in a bar.

const busy = new WeakMap()

export function show(parent, data, tell) {
  const input = parent.querySelector("input")
  const bar = parent.querySelector("progress")
  const said = parent.querySelector("output")
  const say = text => { said.textContent = text }

  const end = text => {
    busy.delete(parent)
    input.disabled = false
    bar.hidden = true
    input.value = "" // the same file may be chosen again
    say(text)
  }

  const send = file => {
    const request = new XMLHttpRequest()
    busy.set(parent, request)
    input.disabled = true
    bar.hidden = false
    bar.value = 0
    say(data.sending)
    request.upload.onprogress = event => {
      bar.value = event.lengthComputable ? event.loaded / event.total : 0
      say(`${data.sending} ${Math.round(100 * bar.value)}%`)
    }
    request.onerror = () => end(data.failed)
    request.onload = () => {
      const isTaken = request.status === 200
      end(isTaken ? "" : request.responseText || data.failed)
      if (isTaken) tell(request.responseText)
    }
    request.open("PUT", new URL(data.address, window.location.origin))
    request.send(file)
  }

  input.setAttribute("aria-label", data.label)
  input.disabled = busy.has(parent) // until now nobody would have heard of a file
  input.onchange = () => {
    const file = input.files[0]
    if (!file) return
    if (file.size > data.most) end(data.tooLarge.replace("…", Math.round(file.size / 1e6)))
    else send(file)
  }
}

export function forget(parent) {
  busy.get(parent)?.abort()
  busy.delete(parent)
}
