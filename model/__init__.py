"""The science of Digit Lab: data, recipes, the forward pass and what looks inside a network.

The laws of this folder (held by ``tests/test_house.py``):

- Nothing here imports Streamlit, Plotly, ``app`` or ``pages``.
- Only ``model.learning`` imports Keras or TensorFlow, and nothing else here imports ``model.learning``:
  *looking* needs only NumPy, so that the dashboard's process stays small and quick.
"""
