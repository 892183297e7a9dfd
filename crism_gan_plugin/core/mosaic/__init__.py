"""Many maps laid over each other: one composite that still says where each pixel came from.

Who may come in: batch, cli, deposits.
"""
