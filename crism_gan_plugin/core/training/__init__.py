"""The network, trained: from libraries and a user's own images to weights. Needs torch.

Who lives here: `pipeline` (files to files), `plan` and `schedule` (a run: steps, validations, the best weights), `adversarial`
(one step of both networks), `networks`, `checkpoint`; `synthetic`, `ground`, `hull` and `random_numbers` (simulated spectra),
`image_spectra` and `image_ground` (real ones); `validation`, `reliability` (which classes to trust), `figures`.
Who may come in: cli.
"""
