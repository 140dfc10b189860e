"""What the Filters page shows of the network in hand: its maps of a digit, its filters, both at any epoch.

The other views of that page (one filter, why, where digits lie, comparing) are modules of `app` beside this
package.
"""
