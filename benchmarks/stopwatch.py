"""A stopwatch inside the browser: from what a person does to the frame that shows what came of it.

The browser's own clock is read on both sides, so what it takes to drive the browser is in no figure.
"""

from playwright.sync_api import Page

_STOPWATCH = """(event) => {
  const look = %s
  window.stopwatch = {milliseconds: null}
  addEventListener(event, ({timeStamp}) => {
    const before = look()
    const watch = new MutationObserver(() => {
      const seen = look()
      if (seen === "" || seen === before) return
      watch.disconnect()
      // The next frame shows the change; what is posted in it runs once it is painted.
      requestAnimationFrame(() => {
        const painted = new MessageChannel()
        painted.port1.onmessage = () => { window.stopwatch.milliseconds = performance.now() - timeStamp }
        painted.port2.postMessage(null)
      })
    })
    watch.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true})
  }, {capture: true, once: true})
}"""

PROBABILITIES = '[role=img][aria-label^="Probabilities"]'

# The description of the probabilities holds all ten: two readings are told apart by it.
LOOK_AT_PROBABILITIES = f"""() => {{
  const bars = document.querySelector('{PROBABILITIES}')
  return bars?.getAttribute("aria-label") ?? ""
}}"""

# A page stands when its script has come to its end; which one it is, its heading says.
LOOK_AT_PAGE = """() => document.querySelector("[data-test-script-state=notRunning]")
  ? document.querySelector("h1")?.textContent ?? "" : "" """


def start(page: Page, event: str, look: str) -> None:
    """Sets the stopwatch: it runs from the next `event` until `look` sees something new, painted.

    Args:
        page: The browser's page.
        event: The event's name, such as "pointerup" or "click". Its time stamp starts the clock.
        look: A JavaScript function without arguments that gives what is seen as text, "" if not ready.
    """
    page.evaluate(_STOPWATCH % look, event)


def stop(page: Page) -> float:
    """Waits until the stopwatch has stopped, and returns the seconds."""
    page.wait_for_function("window.stopwatch.milliseconds !== null")
    return page.evaluate("window.stopwatch.milliseconds") / 1000
