"""Damaged inputs of every kind that CRISM GAN reads, made by rules from sound ones: each is read rightly or refused in one line.

`mutators` damage text, bytes and JSON; `samples` make sound files; `kinds` say what is damaged and how it is read; `runner` judges.
A case is known by its kind and seed: ``python -m tests.fuzz --kind labels --seed 7 --cases 1`` makes the same one again.
"""
