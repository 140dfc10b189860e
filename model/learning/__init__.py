"""Learning: building and training networks with Keras. The only room that imports Keras or TensorFlow."""
