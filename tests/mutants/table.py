"""The mutants: one wrong line each, and the tests that ought to notice it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One wrong line.

    Attributes
    ----------
    file
        Below ``crism_gan_plugin/``.
    right, wrong
        Text that stands there exactly once, and what takes its place.
    tests
        Files or folders below ``tests/``.
    """

    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]


def _of(file: str, tests: str, *changes: tuple[str, str]) -> list[Mutant]:
    return [Mutant(file, right, wrong, tuple(tests.split())) for right, wrong in changes]


MUTANTS = [
    *_of(
        "core/spectra/resampling.py",
        "core/spectra/test_spectra.py",
        ("lost = count >= limit * flat.shape[1]", "lost = count > flat.shape[1]"),
        ("return lower, np.clip(weight, 0.0, 1.0)", "return lower, weight"),
        ("WIDEST_GAP_NM = 45.0", "WIDEST_GAP_NM = 450.0"),
        ("    if axis.by_column_nm is None:\n        lower, weight", "    if True:\n        lower, weight"),
    ),
    *_of(
        "core/spectra/axis.py",
        "core/spectra/test_spectra.py",
        ("return ~inside if self.good is None else self.good & ~inside", "return ~inside"),
    ),
    *_of(
        "core/spectra/continuum.py",
        "core/spectra/test_continuum.py",
        ("keep[1:-1] |= x[2:] - x[:-2] > widest", "pass"),
        ("valid &= valid.sum(1, keepdims=True) >= 3", "valid &= valid.sum(1, keepdims=True) >= 2"),
    ),
    *_of(
        "core/spectra/ratio.py",
        "core/spectra/test_ratio.py",
        ("FLAT = 0.99", "FLAT = 0.9"),
        ("flat = matmul(ratio, _SMOOTHING_HERE_AND_THERE).min(1) > FLAT", "flat = ratio.min(1) > FLAT"),
        ("flat[flat] = matmul(ratio[flat], _SMOOTHING).min(1) > FLAT", "pass"),
    ),
    *_of(
        "core/neutral/medians.py",
        "core/neutral",
        ("further = start + (gone <= found).sum(0, dtype=np.uint8)", "further = start"),
        ("near = np.abs(self._place[0][:, groups] - rows) <= self._frame.gap", "near = self._place[0][:, groups] == rows"),
        ("np.maximum(self._kept // 2, _enough(self._frame.gap))", "np.maximum(self._kept, 1)"),
        ("            number *= 2\n", "            return lines, seen\n"),
    ),
    *_of(
        "core/neutral/blandest.py",
        "core/neutral",
        ("if abs(k) > frame.gap + SCORE_HALO]", "if k]"),
        ("apart = -(-(frame.gap + SCORE_HALO) // _CELL) + 1", "apart = 1"),
        ("return REACH + frame.gap if frame.by_column else", "return 1 if frame.by_column else"),
    ),
    *_of(
        "core/neutral/frame.py",
        "core/neutral",
        ("gap = max(1, 2 * (window // 2))", "gap = window // 2"),
    ),
    *_of(
        "core/mapping/agreement.py",
        "core/mapping/test_neutral_ratio.py",
        ("same = plain.mineral == ratioed.mineral", "same = after"),
        ("np.where(np.isnan(ratioed.score), np.nan, found)", "found"),
    ),
    *_of(
        "core/mapping/smoothing.py",
        "core/mapping",
        ("total /= np.where(valid, count, np.nan)[..., None]", "total /= np.where(valid, size * size, np.nan)[..., None]"),
        ("for offset in range(1, min(size // 2, length - 1) + 1):", "for offset in range(1, min(size // 2, length - 1)):"),
    ),
    *_of(
        "core/mapping/scales.py",
        "core/mapping",
        ("return is_flat(np.minimum(mean.spectra[some], 1),", "return is_flat(mean.spectra[some],"),
        ("start, stop = max(inner.start - size // 2, 0), inner.stop + size // 2", "start, stop = inner.start, inner.stop"),
    ),
    *_of(
        "core/mapping/support.py",
        "core/mapping/test_support.py",
        ("- _SURE * spread * noise[..., None]", ""),
        ("barest + _SHARE * (mean - barest)", "_SHARE * mean"),
        ("return rows - (rows @ basis) @ basis.T", "return rows"),
    ),
    *_of(
        "core/mapping/levels.py",
        "core/mapping",
        ("(score >= thresholds.best_guess) & ", ""),
        ("(score > thresholds.identification[mineral])", "(score >= thresholds.identification[mineral])"),
        ("(score - other_score >= thresholds.lead)", "(score - other_score >= 0)"),
        ("np.where(low, 1 - (1 - identification) / 2, identification)", "np.where(low, identification, identification)"),
        (
            "return np.where(np.isnan(detection.score), NO_DATA, value)",
            "return np.where(np.isnan(detection.score), NOTHING, value)",
        ),
        ("by_class[rows, mineral] = -np.inf", "pass"),
    ),
    *_of(
        "core/mapping/merge.py",
        "core/mapping",
        ("chosen = np.where(agree | ~any_detects, highest, least_smoothed)", "chosen = highest"),
        ("agree = (same | ~detects).all(0)", "agree = same.all(0)"),
    ),
    *_of(
        "core/network/discriminator.py",
        "core/network/test_discriminator.py",
        ("out[:, self._to_engine(is_flat)] = 0", "pass"),
        ("whole[:, taps // 2, inputs] = bias", "whole[:, 0, inputs] = bias"),
    ),
    *_of(
        "core/products/scene.py",
        "core/products",
        ("valid = line > 0\n", "valid = line >= 0\n"),
        ("valid &= line < MISSING", "valid &= line <= MISSING"),
        ("line[max(self._columns[1] + 1 - start, 0) :] = np.nan", "pass"),
    ),
    *_of(
        "core/rasters/raw_image.py",
        "core/rasters/test_reader.py",
        (
            "if size - needed >= self.line_bytes and size != self.whole_size:",
            "if False:",
        ),
        ("file.seek(self.offset + start * self.dtype.itemsize)", "file.seek(start * self.dtype.itemsize)"),
    ),
    *_of(
        "core/atmosphere/correction.py",
        "core/atmosphere",
        ("depth = depth - slope * (band.nm - shoulder.nm)", "pass"),
        ("return np.clip(path, 0.0, _LONGEST_PATH)", "return path"),
    ),
    *_of("core/atmosphere/artifact.py", "core/atmosphere", ("np.divide(-likeness, power", "np.divide(likeness, power")),
    *_of(
        "core/denoise/rounds.py",
        "core/denoise",
        ("found &= _is_significant(fit.absorption, rest - air.log_gas(), usable, settings.significant)", "pass"),
        ("    if air.fitted or settings.common:", "    if False:"),
        ("torch.where(found, torch.zeros_like(penalty), torch.full_like", "torch.where(found, penalty, torch.full_like"),
        (
            "return learned - local_line(broad.T.contiguous(), torch.ones_like(broad.T), COMMON_COLUMNS).T",
            "return learned",
        ),
        ("return mean * local_line((path / mean).T.contiguous(), weights.T.contiguous(), PATH_PIXELS).T", "return path"),
    ),
    *_of(
        "core/denoise/admm.py",
        "core/denoise",
        ("x = (torch.lerp(self.copy, copy, 2) @ matrices.small)", "x = (copy @ matrices.small)"),
    ),
    *_of(
        "core/mars/areas.py",
        "core/mars/test_areas.py",
        ("areas = MARS_RADIUS_KM**2 * np.linalg", "areas = 6371.0**2 * np.linalg"),
        ("np.cos(latitude) * np.cos(longitude), np.cos", "np.cos(longitude), np.cos"),
    ),
    *_of(
        "core/mars/projection.py",
        "core/mars/test_projection.py core/mosaic",
        ("beside = np.abs(latitude) > 90 + 1e-9", "beside = np.abs(latitude) > 900"),
        ("return x if self.period is None else centre + (x", "return x if True else centre + (x"),
    ),
    *_of(
        "core/georeferencing/lookup.py",
        "core/georeferencing",
        ("good &= away < self.away[row, column]", "pass"),
        ('kept = kept[np.argsort(-away[kept], kind="stable")]', "pass"),
    ),
    *_of(
        "core/mosaic/canvas.py",
        "core/mosaic",
        (
            "better = (rank > here) | ((rank == here) & (worth > other) & (rank > _NO_DATA))",
            "better = (rank > _NO_DATA) & ((here == _NO_DATA) | (worth > other))",
        ),
        ("self.count[place] += rank > _NO_DATA", "self.count[place] += rank > _BARE"),
    ),
    *_of(
        "core/mosaic/agreement.py",
        "core/mosaic",
        ("np.fill_diagonal(products, (products.diagonal() - votes.sum(1)) / 2)", "pass"),
        ("votes[0] -= votes[1:].sum(0)", "pass"),
    ),
    *_of(
        "core/mosaic/strategies.py",
        "core/mosaic",
        ("lambda place, _: -place, False, False)", "lambda place, _: place, False, False)"),
    ),
    *_of(
        "core/rasters/class_table.py",
        "core/rasters/test_reader.py",
        ("if any(row.pixels >= 2**31 for row in entries)", "if False"),
        ("            for old in band.findall(element.tag):\n                band.remove(old)\n", ""),
    ),
    *_of(
        "core/mars/crs.py",
        "core/mars/test_crs.py",
        ('fault = _fault(system) or (_ON_ELLIPSOID if system.GetInvFlattening() != 0 else "")', "fault = _fault(system)"),
        ("if any(direction == _west() or", "if any("),
        ("np.arctan2(ratio**2 * np.sin(latitude)", "np.arctan2(np.sin(latitude)"),
    ),
    *_of(
        "core/files/outputs.py",
        "core/files/test_outputs.py core/files/test_inputs.py",
        ("self._inputs.check_unchanged()", "pass"),
        ("stuck = [each for each in moving if not each.take_back()]", "stuck = []"),
    ),
    *_of(
        "core/files/inputs.py",
        "core/files/test_inputs.py",
        ("found = self._by_identity.get(stamp.identity)", "found = None"),
        ("for part in _named_in(path):", "for part in ():"),
    ),
    *_of(
        "core/files/unfinished.py",
        "core/files/test_outputs.py",
        ("target.rename(self.old / name)", "pass"),
        ("if has_lock and not (self._lock.take() and self._lock.is_certain):", "if False:"),
    ),
    *_of(
        "core/mosaic/companions.py",
        "core/mosaic",
        ("if other != run:", "if False:"),
        ('(f"{path.stem}{ending}", stored)', '(stored, f"{path.stem}{ending}")'),
    ),
    *_of(
        "core/rasters/scaling.py",
        "core/rasters/test_values.py",
        ("numbers += self.offsets[bands, np.newaxis, np.newaxis]", "pass"),
        ("return make_scaling(path, [1 / divisor] * len(factors), offsets)", "return None"),
    ),
    *_of(
        "core/atmosphere/records.py",
        "core/atmosphere",
        ("    if count == 1:\n", "    if False:\n"),
        ("order = np.argsort(-rows)", "order = np.arange(rows.size)"),
    ),
    *_of(
        "core/files/npz.py",
        "core/files/test_npz.py",
        ("if sum(member.file_size for member in members) > largest:", "if False:"),
        ("if member.flag_bits & _ENCRYPTED:", "if False:"),
    ),
    *_of(
        "core/batch/finished.py",
        "core/batch",
        ("return _decisive(before) == _decisive(record) and", "return"),
        ('if any(sha256(file) != record["files"][file.name] for file in rasters):', "if False:"),
    ),
    *_of(
        "core/background/metric.py",
        "core/background/test_metric.py",
        (
            "weight = 1 / (self.moments.astype(np.float32) + variance[:, np.newaxis])",
            "weight = 1 / self.moments.astype(np.float32)[None]",
        ),
        ("return self.directions / np.sqrt(self.moments + noise**2)", "return self.directions / np.sqrt(self.moments)"),
    ),
    *_of(
        "core/background/metric.py",
        "core/network/test_cosine.py",
        ("(length / _GROUND_LENGTH) ** 4", "(length / _GROUND_LENGTH)"),
    ),
    *_of(
        "core/network/cosine.py",
        "core/network/test_cosine.py",
        ("return (1 - share) * features + share * whitened", "return features"),
        ("absorption_of_ratio(self.exemplars), noise)", "absorption_of_ratio(self.exemplars), 0.0)"),
    ),
    *_of(
        "core/background/refine.py",
        "core/background/test_refine.py",
        ("[: round(_BLAND * length.size)]", ""),
        ("foreign = moments > _FOREIGN", "foreign = moments > 0.1"),
        ("if len(absorptions) < LEAST_PIXELS:", "if False:"),
        ("np.concatenate([background.absorptions, unknown])", "background.absorptions"),
    ),
    *_of(
        "core/network/similarity.py",
        "core/network/test_similarity.py",
        ("score[rows] = (1 - upper) * pair[0] + upper * pair[1]", "score[rows] = pair[0]"),
        ("return self._cosine(continuum_removed, noise)", "return self._cosine(continuum_removed)"),
    ),
    *_of(
        "core/network/calibration.py",
        "core/network/test_calibration.py",
        ("knots[score] = max(knots[score], *(_exceeded_by(share, np.sort(kind)[::-1]) for kind in kinds))", "pass"),
        ("max(_exceeded_by(allowed, published), _exceeded_by(allowed, usual))", "_exceeded_by(allowed, published)"),
    ),
    *_of(
        "core/training/reliability.py",
        "core/training/test_reliability.py",
        ("return self._share(family[:, None] == family)", "return self.wrong"),
    ),
    *_of(
        "core/mapping/options.py",
        "core/mapping/test_pipeline.py",
        ('support = "paper" if is_paper else options.support', "support = options.support"),
    ),
]
