"""A layer opened on the Architecture page, a module for each kind: its numbers for the digit in hand.

Each has ``show(subject, place)``; `app.opened.views` knows which module opens which layer.
"""
