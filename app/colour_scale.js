// What a map's colours stand for: a bar with the numbers at its ends. Served behind `painting.js`.

function showScale(place, stops, isSigned, most, meaning) {
  const colours = isSigned ? stops.map(colour => `rgb(${colour})`) : ["#000", "#fff"]
  const ends = isSigned ? [-most, 0, most] : [0, most]
  place.replaceChildren()
  element(place, "i").style.background = `linear-gradient(to right, ${colours})`
  const numbers = element(place, "span")
  for (const end of ends) element(numbers, "span", "", end ? shortEnd(end) : "0")
  const said = `${meaning[isSigned ? "signed" : "plain"]}; ${ends.map(end => (end ? shortEnd(end) : "0")).join(", ")}`
  place.title = said
  place.setAttribute("role", "img")
  place.setAttribute("aria-label", said)
}

// Three digits, as short as can be.
function shortEnd(value) {
  const size = Math.abs(value)
  const text = size >= 10000 || size < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(3)))
  return text.replaceAll("-", MINUS)
}
