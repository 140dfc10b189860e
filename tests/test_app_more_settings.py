"""The drawer's section on digits: the usual changes, and the rare ones where a recipe makes them."""

from streamlit.testing.v1 import AppTest
from test_app_pages import well


def test_rare_changes_have_a_control_only_where_the_recipe_makes_them():
    def page():
        from app import address, more_settings, state  # noqa: F401

        state.begin("Test")
        more_settings.SECTIONS["Digits"]()

    def shown(augmentation):
        app = AppTest.from_function(page, default_timeout=30)
        app.query_params["recipe"] = f'{{"preset":"quick","augmentation":{augmentation}}}'
        app = well(app.run())
        return app, {each.label: each.value for each in (*app.slider, *app.toggle)}

    _, usual = shown('{"zoom":0.3}')
    app, rare = shown('{"zoom":0.3,"noise":0.2,"flip_upside_down":true,"probabilities":{"zoom":0.5}}')
    assert rare == usual | {"Noise of up to, share of full ink": 0.2, "Mirror some top to bottom": True}
    noise = next(each for each in app.slider if each.label.startswith("Noise"))
    app = well(noise.set_value(0.0).run())
    assert not [each for each in app.slider if each.label.startswith("Noise")]
    assert [each.value for each in app.slider if each.label.startswith("Enlarged")] == [0.3]
