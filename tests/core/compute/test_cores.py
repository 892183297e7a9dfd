"""Work on all cores: results in order, products that keep to their threads, and everything as before afterwards."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from crism_gan_plugin.core.compute import cores


class Library:
    """Stands in for OpenBLAS."""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def get(self) -> int:
        return self.threads

    def set(self, count: int) -> None:
        self.threads = count


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> list[Library]:
    """Two libraries, of four threads and of three."""
    found = [Library(4), Library(3)]
    monkeypatch.setattr(cores, "_loaded_libraries", lambda: [cores._OpenBlas(each.get, each.set) for each in found])
    return found


def test_products_keep_to_their_threads_until_the_last_block_of_code_is_left(libraries: list[Library]) -> None:
    with cores.one_thread_a_product() as threads:
        assert threads == 3
        with cores.one_thread_a_product() as within:
            assert within == 3
        assert [each.threads for each in libraries] == [1, 1]
    assert [each.threads for each in libraries] == [4, 3]


def test_an_error_leaves_the_libraries_as_they_were(libraries: list[Library]) -> None:
    with pytest.raises(ZeroDivisionError):
        cores.on_all_cores(lambda item: 1 // item, [1, 0, 2])
    assert [each.threads for each in libraries] == [4, 3]


def test_results_are_in_order_and_cores_work_at_the_same_time(libraries: list[Library]) -> None:
    """Each waits for the others: it ends only if all three run at once."""
    together = threading.Barrier(3)

    def task(item: int) -> int:
        together.wait(60)
        return -item

    assert cores.on_all_cores(task, [3, 1, 2]) == [-3, -1, -2]


def test_where_products_cannot_be_told_they_are_asked_for_one_by_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cores, "_LOADED", tmp_path / "there is none")
    ran = cores.on_all_cores(lambda _: threading.current_thread(), [1, 2])
    assert set(ran) == {threading.main_thread()}
    assert cores.on_all_cores(abs, []) == []


def test_libraries_are_found_by_what_is_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One calls its functions as builds with long integers do, one has none, one is not there any more."""
    (tmp_path / "maps").write_text(
        "7f00-7f01 r-xp 00000000 fe:00 1234       /usr/lib/libopenblasp.so\n"
        "7f00-7f02 r-xp 00000000 fe:00 1235       /opt/my env/libscipy_openblas64_-1.so\n"
        "7f00-7f03 r-xp 00000000 fe:00 1236       /usr/lib/openblas-pthread/liblapack.so.3\n"
        "7f00-7f04 rw-p 00000000 00:00 0 \n"
        "7f00-7f05 r-xp 00000000 fe:00 1237       /usr/lib/libopenblas.so (deleted)\n"
    )
    monkeypatch.setattr(cores, "_LOADED", tmp_path / "maps")
    plain, long = Library(2), Library(5)
    made = {
        "/usr/lib/libopenblasp.so": SimpleNamespace(openblas_get_num_threads=plain.get, openblas_set_num_threads=plain.set),
        "/opt/my env/libscipy_openblas64_-1.so": SimpleNamespace(
            scipy_openblas_get_num_threads64_=long.get, scipy_openblas_set_num_threads64_=long.set
        ),
        "/usr/lib/openblas-pthread/liblapack.so.3": SimpleNamespace(),
    }

    def load(place: str) -> SimpleNamespace:
        if place not in made:
            raise OSError(place)
        return made[place]

    monkeypatch.setattr(cores.ctypes, "CDLL", load)
    with cores.one_thread_a_product() as threads:
        assert (threads, plain.threads, long.threads) == (2, 1, 1)
    assert (plain.threads, long.threads) == (2, 5)
