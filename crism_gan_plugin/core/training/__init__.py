"""The training of the network, from libraries and a user's own images to weights. It needs torch.

Who lives here: `pipeline` (files to files), `plan` and `schedule` (a run: steps, validations, the best weights), `adversarial`
(one step of both networks), `networks`, `checkpoint`; `synthetic`, `ground`, `hull` and `random_numbers` (simulated spectra),
`image_spectra` and `image_ground` (real ones); `validation`, `reliability` (which classes to trust), `figures`.
Who may come in: cli.
"""
