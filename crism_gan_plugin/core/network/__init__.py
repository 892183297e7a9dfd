"""The use of the trained network, from spectra to scores. Nothing here needs torch.

Who lives here: `weights` (npz and model card), `discriminator` (features), `cosine` (the one that knows ground), `calibration`
(curves from cosines to scores), `similarity` (the score), `likeness` (which classes are taken for each other).
Who may come in: endmembers, inspection, mapping, own_minerals, search, training.
"""
