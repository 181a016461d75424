"""Least squares as R's `lm`: which columns are aliased, and the numbers of the others by closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm
from scipy import stats

from xpresso_core.errors import InputError
from xpresso_core.least_squares import (
    INTERCEPT,
    TOLERANCE,
    LeastSquares,
    independent_columns,
    least_squares,
)

Floats = npt.NDArray[np.float64]


def columns(number: int, rows: int = 60, seed: int = 0) -> Floats:
    """Return random columns around 3, so that the intercept matters."""
    return np.random.default_rng(seed).normal(3, 1, (rows, number))


def fitted(*parts: Floats | float, seed: int = 9) -> LeastSquares:
    """Fit noise by columns called a, b, c..."""
    rows = next(len(part) for part in parts if isinstance(part, np.ndarray))
    design = np.column_stack([np.broadcast_to(part, rows) for part in parts])
    response = np.random.default_rng(seed).normal(size=rows)
    return least_squares(design, response, "abcdefghij"[: len(parts)])


def gram_schmidt(design: Floats, tolerance: float = TOLERANCE) -> list[int]:
    """Return the independent columns one by one, without blocks; modified Gram-Schmidt, twice."""
    kept: list[int] = []
    basis: list[Floats] = []
    for number, column in enumerate(design.T):
        rest = column.copy()
        for own in [*basis, *basis]:
            rest = rest - own * float(own @ rest)
        length = float(np.linalg.norm(rest))
        if len(kept) < len(design) and 0 < length >= tolerance * float(np.linalg.norm(column)):
            kept.append(number)
            basis.append(rest / length)
    return kept


X, Y = columns(2).T


@pytest.mark.parametrize(
    ("parts", "names", "aliased"),
    [
        ((X, Y), "ab", ""),
        ((X, Y, X), "ab", "c"),
        ((X, X, Y), "ac", "b"),
        ((X, Y, X + Y), "ab", "c"),
        ((X + Y, X, Y), "ab", "c"),
        ((X, 2 * X - 5, Y), "ac", "b"),
        ((4.0, X, Y), "bc", "a"),
        ((X, 0.0, Y), "ac", "b"),
        ((0.0, X), "b", "a"),
        ((7.0, 0.0, X), "c", "ab"),
        ((X, 1e-9 * Y), "ab", ""),
        ((1e-9 * X, 1e9 * Y), "ab", ""),
        ((X, 1e-9 * X), "a", "b"),
    ],
)
def test_a_column_that_those_before_it_make_up_is_aliased(
    parts: tuple[Floats | float, ...], names: str, aliased: str
) -> None:
    model = fitted(*parts)
    assert model.names == (INTERCEPT, *names)
    assert model.aliased == tuple(aliased)
    assert model.columns.tolist() == ["abcdefghij".index(name) for name in names]
    assert len(model.coefficients) == 1 + len(names)


def test_no_columns_leave_the_mean() -> None:
    response = np.arange(5.0)
    model = least_squares(np.zeros((5, 0)), response, ())
    assert (model.names, model.aliased) == ((INTERCEPT,), ())
    np.testing.assert_allclose(model.predict(np.zeros((3, 0))), 2.0)
    assert model.table().empty


@pytest.mark.parametrize(
    ("share", "aliased"), [(1e-3, False), (1.1e-7, False), (0.9e-7, True), (1e-12, True)]
)
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
def test_the_tolerance_is_the_share_of_a_column_that_is_its_own(
    share: float, scale: float, aliased: bool
) -> None:
    basis = np.linalg.qr(np.column_stack([np.ones(60), columns(2)]))[0]
    first, second = basis[:, 1], basis[:, 2]
    near = scale * (np.sqrt(1 - share**2) * first + share * second)
    kept = independent_columns(np.column_stack([np.ones(60), first, near]))
    assert kept.tolist() == ([0, 1] if aliased else [0, 1, 2])
    assert independent_columns(np.column_stack([first, near]), tolerance=share / 2).tolist() == [0, 1]
    assert independent_columns(np.column_stack([first, near]), tolerance=share * 2).tolist() == [0]


@pytest.mark.parametrize("seed", range(6))
def test_blocks_change_nothing(seed: int) -> None:
    """Designs of several blocks, whose columns are noise, sums of earlier ones, copies, constants and zeros."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(100, 200))
    made = [np.ones(rows)]
    for _ in range(220):
        kind = rng.choice(
            ["noise", "sum", "copy", "constant", "zero", "counts"], p=[0.3, 0.3, 0.1, 0.1, 0.1, 0.1]
        )
        picked = rng.integers(0, len(made), 5)
        made.append(
            {
                "noise": rng.normal(size=rows),
                "sum": sum(float(rng.normal()) * made[one] for one in picked),
                "copy": made[picked[0]] * float(rng.choice([1, -3, 1e-6])),
                "constant": np.full(rows, rng.normal()),
                "zero": np.zeros(rows),
                "counts": rng.poisson(2, rows).astype(float),
            }[str(kind)]
        )
    design = np.column_stack(made)
    kept = independent_columns(design)
    assert kept.dtype == np.int64
    assert 64 < len(kept) < 200
    assert kept.tolist() == gram_schmidt(design)
    units = design / np.maximum(np.linalg.norm(design, axis=0), 1e-300)
    for stop in (1, 20, 63, 64, 65, 100, 128, 129, 221):
        assert np.linalg.matrix_rank(units[:, :stop]) == (kept < stop).sum()


def test_dependence_across_a_border_of_blocks_is_seen() -> None:
    design = columns(200, rows=300)
    for number in (63, 64, 65, 127, 128, 129, 199):
        changed = design.copy()
        changed[:, number] = changed[:, :number].sum(axis=1)
        assert np.setdiff1d(np.arange(200), independent_columns(changed)).tolist() == [number]


def test_counts_of_all_words_are_aliased_once() -> None:
    """The counts of words that add up to the same in every row depend on the intercept; the last word goes."""
    rng = np.random.default_rng(3)
    counts = rng.multinomial(2000, np.full(100, 0.01), size=400).astype(float)
    names = [str(number) for number in range(100)]
    assert least_squares(counts, rng.normal(size=400), names).aliased == ("99",)
    counts[7, 3] -= 1
    assert least_squares(counts, rng.normal(size=400), names).aliased == ()


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_of_columns_decides_which_stay_but_not_what_is_predicted(order: tuple[int, ...]) -> None:
    first, second = columns(2, seed=4).T
    design = np.column_stack([first, second, first - second, 2 * second])[:, list(order)]
    response = np.random.default_rng(5).normal(size=60)
    model = least_squares(design, response, "abcd")
    assert len(model.names) == 3
    assert len(model.aliased) == 2
    plain = least_squares(np.column_stack([first, second]), response, "ab")
    np.testing.assert_allclose(
        model.predict(design), plain.predict(np.column_stack([first, second])), atol=1e-12
    )


def test_numbers_are_those_of_the_closed_forms() -> None:
    rng = np.random.default_rng(6)
    design = columns(4, rows=50, seed=6)
    response = design @ [0.5, -1.0, 0.0, 0.2] + rng.normal(size=50)
    table = least_squares(design, response, "abcd").table()
    whole = np.column_stack([np.ones(50), design])
    inverse = np.linalg.inv(whole.T @ whole)
    beta = inverse @ whole.T @ response
    residual = response - whole @ beta
    se = np.sqrt(np.diag(inverse) * (residual @ residual) / 45)
    reach = stats.t.ppf(0.975, 45)
    assert table["name"].tolist() == list("abcd")
    expected = {
        "coefficient": beta, "se": se, "ci_low": beta - reach * se, "ci_high": beta + reach * se,
        "t": beta / se, "p": 2 * stats.t.sf(np.abs(beta / se), 45),
    }  # fmt: skip
    for name, values in expected.items():
        np.testing.assert_allclose(table[name], values[1:], rtol=1e-9, atol=1e-14)
    assert list(table.columns) == ["name", *expected]


def test_one_column_is_a_regression_line() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=30)
    y = 2 + 0.4 * x + rng.normal(size=30)
    model, line = least_squares(x[:, None], y, ["x"]), stats.linregress(x, y)
    row = model.table(level=0.9).iloc[0]
    assert model.coefficients == pytest.approx([line.intercept, line.slope])
    assert (row["se"], row["p"]) == pytest.approx((line.stderr, line.pvalue))
    reach = stats.t.ppf(0.95, 28) * line.stderr
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((line.slope - reach, line.slope + reach))


def test_aliased_columns_change_no_number_of_the_kept() -> None:
    rng = np.random.default_rng(8)
    design = columns(6, rows=80, seed=8)
    design[:, 2], design[:, 4] = design[:, 0] + design[:, 1], 3.0
    response = rng.normal(size=80)
    model = least_squares(design, response, "abcdef")
    assert model.aliased == ("c", "e")
    reference = sm.OLS(response, sm.add_constant(design[:, [0, 1, 3, 5]])).fit()
    table = model.table()
    assert table["name"].tolist() == list("abdf")
    np.testing.assert_allclose(model.coefficients, reference.params, rtol=1e-9)
    for name, values in (("se", reference.bse), ("t", reference.tvalues), ("p", reference.pvalues)):
        np.testing.assert_allclose(table[name], values[1:], rtol=1e-9)
    np.testing.assert_allclose(table[["ci_low", "ci_high"]], reference.conf_int()[1:], rtol=1e-9)
    np.testing.assert_allclose(model.predict(design), reference.fittedvalues, rtol=1e-9)


def test_aliased_columns_of_new_rows_do_not_matter() -> None:
    design = np.column_stack([X, X, Y])
    model = least_squares(design, Y - X, "abc")
    moved = design + np.array([0.0, 1e6, 0.0])
    np.testing.assert_array_equal(model.predict(moved), model.predict(design))


def test_units_of_columns_do_not_matter() -> None:
    design, response = columns(5, seed=1), np.random.default_rng(2).normal(size=60)
    scale = 10.0 ** np.array([-6, 3, 0, 5, -2])
    plain, scaled = (least_squares(values, response, "abcde") for values in (design, design * scale))
    np.testing.assert_allclose(scaled.coefficients[1:] * scale, plain.coefficients[1:], rtol=1e-7)
    np.testing.assert_allclose(scaled.table()["t"], plain.table()["t"], rtol=1e-7)
    np.testing.assert_allclose(scaled.predict(design * scale), plain.predict(design), rtol=1e-7)


@pytest.mark.parametrize("rows", [2, 10, 70])
def test_more_columns_than_rows_keep_the_first_and_fit_exactly(rows: int) -> None:
    design = columns(100, rows=rows)
    response = np.random.default_rng(1).normal(size=rows)
    model = least_squares(design, response, [str(number) for number in range(100)])
    assert model.columns.tolist() == list(range(rows - 1))
    assert model.aliased == tuple(str(number) for number in range(rows - 1, 100))
    np.testing.assert_allclose(model.predict(design), response, atol=1e-8)
    with pytest.raises(InputError, match=f"{rows} genes cannot tell the errors of {rows} coefficients"):
        model.table()


def test_no_more_columns_than_rows_are_kept_whatever_the_tolerance() -> None:
    for rows in (1, 3, 65):
        assert independent_columns(columns(100, rows), tolerance=0.0).tolist() == list(range(rows))


def test_one_row_more_than_columns_has_errors() -> None:
    design = columns(3, rows=5)
    assert np.isfinite(least_squares(design, design[:, 0] ** 2, "abc").table()["se"]).all()


def test_counts_and_booleans_are_numbers() -> None:
    rng = np.random.default_rng(0)
    present = rng.random((40, 3)) < 0.5
    response = present @ np.array([1.0, 2.0, 4.0]) + 1
    for kind in (np.bool_, np.uint8, np.uint32, np.float32):
        model = least_squares(present.astype(kind), response, "abc")
        np.testing.assert_allclose(model.coefficients, [1, 1, 2, 4], atol=1e-10)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("part", ["design", "response"])
def test_what_is_no_number_is_refused(part: str, value: float) -> None:
    design, response = columns(2), np.arange(60.0)
    (design if part == "design" else response)[4] = value
    with pytest.raises(InputError, match="least squares: a value is missing or infinite"):
        least_squares(design, response, "ab")


def test_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match="there is no row to fit"):
        least_squares(np.zeros((0, 2)), np.zeros(0), "ab")
