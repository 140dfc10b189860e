"""An opened layer whose question is answered without a guess: what the question covers can then be seen."""

from streamlit.testing.v1 import AppTest
from test_app_pages import well


def uncovered(app: AppTest) -> AppTest:
    """Presses "Show it" as long as there is something to show; gives back the page as it is then."""
    for button in app.button:
        if button.label == "Show it":
            button.click()
            return well(app.run())
    return app
