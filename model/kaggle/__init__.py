"""Kaggle's competition "Digit Recognizer": its test file read, its answers written, its leak shown.

The competition's 42,000 labelled and 28,000 unlabelled digits are MNIST's 70,000, dealt anew. So most of what
has to be answered lies in MNIST's training set, and whoever learned from that has seen it.

- `submission`: the answers for a test.csv, and the file that Kaggle takes;
- `pixels`: a test.csv as bare pixels in a file, as a worker leaves it;
- `leak`: what the same recipe scores when it learned from train.csv alone, and when it had MNIST.
"""

from model.kaggle.submission import TEST_ROWS, answers, check_test, submission_text, write_submission

__all__ = ["TEST_ROWS", "answers", "check_test", "submission_text", "write_submission"]
