"""The vertical line that follows the mouse over spectra, with the wavelength beside it."""

from __future__ import annotations

from typing import Any, Optional


class WavelengthLine:
    """Drawn over what the canvas holds already, so that spectra are not drawn anew at each step of the mouse.

    Parameters
    ----------
    canvas
        A canvas of Matplotlib's.
    """

    def __init__(self, canvas: Any) -> None:
        self._canvas = canvas
        self._axes: list[Any] = []
        self._lines: list[Any] = []
        self._text: Optional[Any] = None
        self._background: Optional[Any] = None
        self.wavelength_um: Optional[float] = None
        canvas.mpl_connect("draw_event", self._keep)
        canvas.mpl_connect("motion_notify_event", self._follow)
        canvas.mpl_connect("axes_leave_event", self._leave)

    def follow(self, axes: list[Any]) -> None:
        """These plots from now on."""
        self._axes = axes
        self._lines = [each.axvline(1.0, color="#c0392b", lw=0.8, animated=True, visible=False) for each in axes]
        style = {"fontsize": "small", "color": "#c0392b", "animated": True, "visible": False, "va": "top"}
        self._text = axes[0].text(1.0, 0.98, "", transform=axes[0].get_xaxis_transform(), **style) if axes else None

    def _keep(self, event: Any) -> None:
        self._background = self._canvas.copy_from_bbox(self._canvas.figure.bbox)

    def _follow(self, event: Any) -> None:
        if event.inaxes in self._axes and event.xdata is not None:
            self._show(float(event.xdata))

    def _leave(self, event: Any) -> None:
        self._show(None)

    def _show(self, um: Optional[float]) -> None:
        self.wavelength_um = um
        if self._background is None or self._text is None:
            return
        self._canvas.restore_region(self._background)
        if um is not None:
            low, high = self._axes[0].get_xlim()
            self._text.set(x=um, text=f" {um:.3f} µm ", ha="left" if um < (low + high) / 2 else "right", visible=True)
            for line, axes in zip(self._lines, self._axes):
                line.set(xdata=[um, um], visible=True)
                axes.draw_artist(line)
            self._axes[0].draw_artist(self._text)
        self._canvas.blit(self._canvas.figure.bbox)
