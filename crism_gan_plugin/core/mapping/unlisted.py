"""Absorptions that match no class, class 98, and those that the instrument makes, class 97: what a map has of them.

They are looked for where a map shows nothing, in the windows that minerals are looked for in; the narrowest that shows one counts.
A guess is unlisted, too, if an absorption still stands out once its class is taken away; an identification stays. What a map names
is an artefact where the absorption that was named is the instrument's.

What a window shows does not count in a pixel whose own spectrum contradicts it, and not where any class of the library or of the
plugin's own would be a guess, looked for or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Optional, Union

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..background import load_background
from ..background.metric import ground_metric
from ..libraries.editing import NewExemplar, add_exemplars
from ..libraries.exemplar_files import load_exemplars
from ..libraries.exemplars import ExemplarLibrary, PixelOrigin
from ..network.similarity import Matcher
from ..spectra.noise import noise_of
from ..spectra.ratio import Ratio, is_flat
from ..unlisted import Band, band_shapes, bands_of, groups_of, least_strength, left_by, strengths_of
from .artefacts import are_artefacts, single_columns
from .levels import ARTEFACT, GUESS, NO_DATA, NOTHING, UNLISTED, Detection, make_thresholds
from .scales import ScaleMapper, box_lines, mean_spectra
from .support import absorption_templates, contradicts, strengths

#: Groups of an image at the most, and the pixels that each has at the least.
MOST_GROUPS, LEAST_PIXELS = 10, 8

#: Stands for a pixel that stands out faintly, until single columns are known.
_FAINT = 253

#: Spectra that are kept for the groups; of more pixels, each second, fourth, ... is kept.
_KEPT = 8192

#: Bands whose centres are nearer than this are the same.
_SAME_NM = 35.0


@dataclass(frozen=True)
class Everything:
    """The classes that an absorption must not match: all of the map's library, and all of the plugin's.

    Attributes
    ----------
    matcher
        Scores spectra with them.
    guess
        (m,) the score of each exemplar above which its class is a guess.
    """

    matcher: Matcher
    guess: FloatArray

    @staticmethod
    def of(mapper: ScaleMapper, whole: ExemplarLibrary) -> Everything:
        """All classes of a library with the mapper's matcher and, where it looks for them, with its thresholds."""
        thresholds = make_thresholds(whole, best_guess=mapper.thresholds.best_guess)
        guess = np.maximum(thresholds.guess, thresholds.best_guess)
        own = {name: place for place, name in enumerate(mapper.matcher.library.class_names)}
        for place, name in enumerate(whole.class_names):
            if name in own:
                guess[place] = max(float(mapper.thresholds.guess[own[name]]), mapper.thresholds.best_guess)
        return Everything(replace(mapper.matcher, library=whole), guess[whole.class_index])

    def matches(self, spectra: FloatArray, noise: FloatArray) -> BoolArray:
        """(n,) whether a class is a guess or better."""
        return np.asarray((self.matcher(spectra, noise) > self.guess).any(1))


def with_shipped(library: ExemplarLibrary) -> ExemplarLibrary:
    """A library, and after it the plugin's classes that it lacks."""
    shipped = load_exemplars()
    known = {name.casefold() for name in library.class_names}
    taken = {name.casefold() for name in library.names}
    codes = {mineral.code for mineral in library.classes}
    new = [
        NewExemplar(name, mineral.name, shipped.spectra[row], bands=shipped.bands[row], mineral=mineral)
        for row, (name, place) in enumerate(zip(shipped.names, shipped.class_index))
        for mineral in [shipped.classes[place]]
        if mineral.name.casefold() not in known and name.casefold() not in taken and mineral.code not in codes
    ]
    return add_exemplars(library, new, shipped, "the plugin's library") if new else library


@dataclass(frozen=True)
class Kept:
    """Pixels that show an unlisted absorption: where, (n, 240) their own spectra, and (n, bands) how strong its bands are."""

    line: IntArray
    sample: IntArray
    ratio: FloatArray
    strength: FloatArray

    def some(self, chosen: Union[BoolArray, IntArray, slice]) -> Kept:
        return Kept(self.line[chosen], self.sample[chosen], self.ratio[chosen], self.strength[chosen])

    @staticmethod
    def joined(parts: Sequence[Kept]) -> Kept:
        return Kept(*(np.concatenate([getattr(each, name) for each in parts]) for name in ("line", "sample", "ratio", "strength")))


@dataclass(frozen=True)
class UnlistedGroup:
    """Pixels that show one unlisted absorption.

    Attributes
    ----------
    name
        What it is called: a number, and where its bands are.
    pixels
        How many.
    line, sample
        (n,) where they are; a part of them in an image that has very many.
    ratio
        (240,) their mean, continuum-removed.
    bands
        Of the mean, the strongest first.
    lookalike, score, needed
        The class that is most like it, how much, and above what it would be a guess.
    why
        Why it is not that class, in words.
    """

    name: str
    pixels: int
    line: IntArray
    sample: IntArray
    ratio: FloatArray
    bands: tuple[Band, ...]
    lookalike: str
    score: float
    needed: float
    why: str

    @property
    def centre(self) -> tuple[int, int]:
        """Line and sample of the pixel that lies in their midst."""
        away = np.hypot(self.line - np.median(self.line), self.sample - np.median(self.sample))
        place = int(away.argmin())
        return int(self.line[place]), int(self.sample[place])

    def exemplar(self, scene: str, on_ground: bool) -> NewExemplar:
        """The mean as a spectrum of a library."""
        order = np.lexsort((self.sample, self.line))
        runs = tuple((int(line), int(sample), int(sample)) for line, sample in zip(self.line[order], self.sample[order]))
        source = f"mean of {self.line.size} pixels of {scene} that match no class"
        return NewExemplar(self.name, self.name, self.ratio, source, on_ground, PixelOrigin(scene, self.line.size, runs))


@dataclass
class UnlistedSearch:
    """What an image has of unlisted absorptions and artefacts, counted as its blocks go by.

    Attributes
    ----------
    mapper
        The image's.
    everything
        What an unlisted absorption must not match.
    unlisted, artefacts
        Whether class 98, and class 97, are wanted.
    samples
        Columns of the image.
    by_columns
        Whether they are those of the detector.
    """

    mapper: ScaleMapper
    everything: Everything
    unlisted: bool
    artefacts: bool
    samples: int
    by_columns: bool
    _parts: list[Kept] = field(default_factory=list)
    _seen: int = 0
    _every: int = 1

    def __post_init__(self) -> None:
        self._metric = ground_metric(self.mapper.matcher.background or load_background())
        self._templates = absorption_templates(1 - band_shapes())
        self._standing, self._valid = np.zeros(self.samples, np.int64), np.zeros(self.samples, np.int64)

    def __call__(self, ratio: Ratio, inner: slice, found: Detection, first: int) -> IntArray:
        """What the map does not know of a block from line ``first`` on, (pixels,) uint8, 0 for nothing; see `settled`."""
        out = np.zeros(found.level.size, np.uint8)
        bare = (found.level == NOTHING) & ~np.isnan(found.score)
        named = found.level > NOTHING
        own = mean_spectra(ratio.spectra, 1, inner)
        if self.by_columns:
            out[self._add_columns(own, found.score) & bare] = _FAINT
        for size in self.mapper.sizes:
            rows: IntArray = np.flatnonzero((bare | (named & (found.size <= size))) & (out != UNLISTED) & (out != ARTEFACT))
            rows, spectra, standing, band = self._standing_out(ratio, size, inner, rows)
            if not rows.size:
                continue
            made = are_artefacts(spectra, band, least_strength(size), self._metric) & (self.artefacts | bare[rows])
            new = bare[rows] & ~made
            doubted = np.flatnonzero(~made & self.unlisted & (found.level[rows] == GUESS) & (found.size[rows] == size))
            unexplained = self._unexplained(spectra[doubted], found.mineral[rows[doubted]], size)
            new[new] = ~self.everything.matches(np.minimum(spectra[new], 1), noise_of(spectra[new]))
            new[doubted] = unexplained
            out[rows[made]], out[rows[new]] = ARTEFACT, UNLISTED
            self._keep(Kept(first + rows[new] // self.samples, rows[new] % self.samples, own[rows[new]], standing[new]))
        return out

    def _add_columns(self, own: FloatArray, score: FloatArray) -> BoolArray:
        """Count, in each column, the pixels that stand out by themselves, if only faintly; which they are."""
        valid = np.flatnonzero(~np.isnan(score))
        faint = np.zeros(len(own), bool)
        faint[valid] = strengths_of(own[valid], self._metric).most > least_strength(max(self.mapper.sizes))
        self._valid += np.bincount(valid % self.samples, minlength=self.samples)
        self._standing += np.bincount(np.flatnonzero(faint) % self.samples, minlength=self.samples)
        return faint

    def _standing_out(
        self, ratio: Ratio, size: int, inner: slice, rows: IntArray
    ) -> tuple[IntArray, FloatArray, FloatArray, IntArray]:
        """Those of the pixels ``rows`` in which an absorption stands out, with their spectra, strengths and strongest bands."""
        spectra = mean_spectra(ratio.spectra, size, inner)[rows]
        model = None if ratio.model is None else np.minimum(mean_spectra(ratio.model, size, inner)[rows], 1)
        deep = np.flatnonzero(~is_flat(np.minimum(spectra, 1), model))
        standing = strengths_of(spectra[deep], self._metric)
        there = np.flatnonzero(standing.most > least_strength(size)) if deep.size else np.zeros(0, int)
        rows, spectra = rows[deep[there]], spectra[deep[there]]
        strength, band = standing.strength[there], standing.best[there]
        if size > 1 and self.mapper.support == "pixel" and rows.size:
            agrees = ~self._contradicted(ratio.spectra, size, inner, rows, band)
            rows, spectra, strength, band = rows[agrees], spectra[agrees], strength[agrees], band[agrees]
        return rows, spectra, strength, band

    def _contradicted(self, image: FloatArray, size: int, inner: slice, rows: IntArray, band: IntArray) -> BoolArray:
        """Whether a pixel's own spectrum has clearly less of the band than the mean around it."""
        lines, within = box_lines(inner, size)
        used, place = np.unique(band, return_inverse=True)
        against = contradicts(strengths(image[lines], self._templates[:, used]), size, noise_of(image[lines]))[within]
        return np.asarray(against.reshape(-1, used.size)[rows, place])

    def _unexplained(self, spectra: FloatArray, mineral: IntArray, size: int) -> BoolArray:
        """(n,) whether an absorption that is no artefact stands out of spectra once their class, by its place, is taken away."""
        library, least, out = self.mapper.matcher.library, least_strength(size), np.zeros(len(spectra), bool)
        for place in np.unique(mineral):
            rows = np.flatnonzero(mineral == place)
            for exemplar in library.spectra[library.class_index == place]:
                left = left_by(spectra[rows], exemplar, self._metric)
                standing = strengths_of(left, self._metric)
                stays = np.flatnonzero(standing.most_either_way > least)
                stays = stays[~are_artefacts(left[stays], standing.best[stays], least, self._metric)]
                rows = rows[stays]
                if not rows.size:
                    break
            out[rows] = True
        return out

    def _keep(self, new: Kept) -> None:
        chosen = (self._seen + np.arange(new.line.size)) % self._every == 0
        self._seen += new.line.size
        self._parts.append(new.some(chosen))
        while sum(part.line.size for part in self._parts) > _KEPT:
            self._every *= 2
            self._parts = [Kept.joined(self._parts).some(slice(None, None, 2))]

    def odd_columns(self) -> tuple[BoolArray, BoolArray]:
        """(samples,) columns that stand alone, once all of the image was seen, and those with them whose windows see one."""
        if not self.by_columns:
            return np.zeros(self.samples, bool), np.zeros(self.samples, bool)
        alone = single_columns(self._standing, self._valid)
        reach = max(self.mapper.sizes) // 2
        near = np.convolve(alone, np.ones(2 * reach + 1), "full")[reach : reach + self.samples] > 0
        return alone, np.asarray(near)

    def settled(self, codes: IntArray, sample: Optional[FloatArray]) -> IntArray:
        """The codes of a map's lines once single columns are known: only what was asked for.

        Parameters
        ----------
        codes
            (1, lines, samples).
        sample
            Likewise: the column of the image that each shows, NaN for none. None: its own.
        """
        out = codes.copy()
        if self.by_columns:
            column = (
                np.broadcast_to(np.arange(codes.shape[-1]), codes.shape) if sample is None else np.nan_to_num(sample).astype(int)
            )
            alone, near = (each[column] for each in self.odd_columns())
            out[(codes == UNLISTED) & near] = ARTEFACT
            out[codes == _FAINT] = 0
            if self.artefacts:
                out[alone & (codes > 0) & (codes < NO_DATA)] = ARTEFACT  # what a map names there is the column's, too
        if not self.unlisted:
            out[out == UNLISTED] = 0
        if not self.artefacts:
            out[out == ARTEFACT] = 0
        return out

    def groups(self) -> list[UnlistedGroup]:
        """The groups of class 98, those of the most pixels first."""
        if not self._parts or not self.unlisted:
            return []
        kept = Kept.joined(self._parts)
        kept = kept.some(~self.odd_columns()[1][kept.sample])
        if not kept.line.size:
            return []
        found = groups_of(kept.strength, MOST_GROUPS, -(-LEAST_PIXELS // self._every))
        return [self._told(number, kept.some(group.members)) for number, group in enumerate(found, 1)]

    def _told(self, number: int, kept: Kept) -> UnlistedGroup:
        library = self.everything.matcher.library
        mean = kept.ratio.mean(0, dtype=np.float64)
        ratio, noise = np.minimum(mean, 1), float(noise_of(mean))
        bands = bands_of(mean, self._metric)
        scores = self.everything.matcher(ratio[np.newaxis].astype(np.float32), np.array([noise]))[0]
        best = int((scores - self.everything.guess).argmax())
        theirs = bands_of(library.spectra[best], self._metric)
        name = library.class_names[library.class_index[best]]
        score, needed = float(scores[best]), float(self.everything.guess[best])
        where = " and ".join(f"{band.centre_nm / 1000:.2f}" for band in bands[:2])
        return UnlistedGroup(
            f"unlisted {number} ({where} µm)",
            kept.line.size * self._every,
            kept.line,
            kept.sample,
            ratio,
            tuple(bands),
            name,
            score,
            needed,
            why_not(name, score, needed, bands, theirs),
        )


def why_not(name: str, score: float, needed: float, bands: Sequence[Band], theirs: Sequence[Band]) -> str:
    """Why an absorption is not that of a class, in words."""

    def lacking(some: Sequence[Band], others: Sequence[Band]) -> str:
        alone = [each for each in some if all(abs(each.centre_nm - other.centre_nm) > _SAME_NM for other in others)]
        return ", ".join(f"{each.centre_nm / 1000:.2f}" for each in sorted(alone, key=lambda band: band.centre_nm))

    is_guess = score > needed
    parts = ["more stands out once that is taken away" if is_guess else f"similarity {score:.2f}, and {needed:.3g} is needed"]
    if more := lacking(bands, theirs):
        parts.append(f"{name} has no band at {more} µm")
    if less := lacking(theirs, bands):
        parts.append(f"no band at {less} µm here")
    return "; ".join(parts)
