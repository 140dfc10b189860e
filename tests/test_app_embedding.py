"""The map by t-SNE on the page: asked of the workers in stages, shown as it grows, told when it can't be."""

from concurrent.futures import Future

import numpy as np
from test_app_looking import FEW, button, few_digits, looking  # noqa: F401 - a fixture among them
from test_app_pages import networks, well  # noqa: F401 - a fixture

from app import embedding, scatter, workroom
from model.probes import places
from model.workers.calls import T_SNE


def test_a_map_by_a_worker_is_waited_for_shown_or_told_to_have_failed(monkeypatch):
    asked, futures, shown = [], [], {}

    def look(*arguments):
        asked.append(arguments)
        futures.append(Future())
        return futures[-1]

    monkeypatch.setattr(scatter, "show", lambda content, key: shown.update(content))
    monkeypatch.setattr(workroom, "look", look)
    app = looking("where digits lie")
    shown.clear()
    next(each for each in app.segmented_control if each.label == "From many numbers to two").set_value(
        "t-SNE"
    )
    app = well(app.run())
    assert "A worker draws the map" in bars_of(app)
    assert not shown
    (path, features, stage), *_ = asked
    assert (path, stage) == (T_SNE, 0)
    assert features.shape[0] == FEW
    random = np.random.default_rng(0)
    for stage in range(1, len(places.STAGES) + 1):
        points = random.normal(size=(FEW, 2)).astype(np.float32)
        futures[-1].set_result(points)
        well(app.run())
        assert len(shown["points"]) == FEW  # it is seen to grow
        if stage < len(places.STAGES):
            done, total = sum(places.STAGES[:stage]), sum(places.STAGES)
            assert f"{done:,} of {total:,} steps" in bars_of(app)
            assert asked[stage][2] == stage
            np.testing.assert_array_equal(asked[stage][3], points)  # the next goes on from it
    assert not bars_of(app)
    well(app.run())
    assert len(asked) == len(places.STAGES)
    failed = Future()
    failed.set_exception(RuntimeError("no worker"))
    next(iter(embedding._drawings.values())).future = failed
    app.run()
    assert "no worker" in app.error[0].value
    button(app, "Try again")


def bars_of(app):
    return " ".join(bar.proto.text for bar in app.get("progress"))
