"""Matrix products: the same numbers whichever library computes them, and the faster library chosen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.compute import matrix


def products() -> list[matrix.Product]:
    scipy_product = matrix._scipy_product()
    return [matrix.numpy_product] if scipy_product is None else [matrix.numpy_product, scipy_product]


@pytest.fixture(autouse=True)
def _choose_again():
    matrix.fastest_product.cache_clear()
    yield
    matrix.fastest_product.cache_clear()


@pytest.mark.parametrize("product", products())
@given(n=st.integers(1, 7), k=st.integers(1, 7), m=st.integers(1, 7), seed=st.integers(0, 99), with_out=st.booleans())
def test_products_agree_with_double_precision(product, n, k, m, seed, with_out):
    rng = np.random.default_rng(seed)
    left, right = rng.standard_normal((n, k)).astype(np.float32), rng.standard_normal((k, m)).astype(np.float32)
    out = np.full((n, m), np.nan, np.float32) if with_out else None
    found = product(left, right, out)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, left.astype(float) @ right.astype(float), rtol=1e-4, atol=1e-5)
    assert out is None or found is out


@pytest.mark.parametrize("product", products())
@pytest.mark.parametrize("kinds", [("f8", "f8"), ("f8", "f4"), ("f4", "f8")])
@pytest.mark.parametrize("with_out", [True, False])
def test_double_precision_is_kept(product, kinds, with_out):
    """Which library is faster depends on what else the machine does; numbers must not."""
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((5, 200)).astype(kinds[0]), rng.standard_normal((200, 4)).astype(kinds[1])
    out = np.full((5, 4), np.nan) if with_out else None
    found = product(left, right, out)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, left.astype(float) @ right.astype(float), rtol=1e-12, atol=1e-12)
    assert out is None or found is out


@pytest.mark.parametrize("product", products())
def test_views_and_parts_are_fine(product):
    rng = np.random.default_rng(0)
    whole = rng.standard_normal((40, 60)).astype(np.float32)
    out = np.zeros((9, 30), np.float32)
    product(whole[::4, 5:25][:9], whole[20:].T[:20, :15], out[:, ::2])
    np.testing.assert_allclose(out[:, ::2], whole[::4, 5:25][:9] @ whole[20:].T[:20, :15], rtol=1e-4, atol=1e-4)
    assert not out[:, 1::2].any()


def test_scipy_is_taken_where_it_is_much_faster(monkeypatch):
    monkeypatch.setattr(matrix, "_scipy_product", lambda: sum)
    monkeypatch.setattr(matrix, "rate", lambda product: 100.0 if product is sum else 2.0)
    assert matrix.fastest_product() is sum


def test_numpy_is_kept_where_it_is_as_fast_or_scipy_is_missing(monkeypatch):
    monkeypatch.setattr(matrix, "rate", lambda product: 100.0)
    assert matrix.fastest_product() is matrix.numpy_product
    matrix.fastest_product.cache_clear()
    monkeypatch.setattr(matrix, "_scipy_product", lambda: None)
    assert matrix.fastest_product() is matrix.numpy_product
