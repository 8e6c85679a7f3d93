"""How alike two pictures are: the mean structural similarity of their luma."""

STANDARD_WINDOW = 8  # pixels; Wang et al. 2004 §3.1 begins with 8×8 windows
_C1 = (0.01 * 255) ** 2  # keeps dark windows from dividing by almost nothing; K1 and K2 are the paper's
_C2 = (0.03 * 255) ** 2


def why_not_here():
    """The reason why pictures cannot be compared here, or None."""
    try:
        import numpy  # noqa: F401
        import PIL.Image  # noqa: F401
    except ImportError as error:
        return f"comparing pictures needs Pillow and numpy: {error}"
    return None


def luma(path):
    """The luma of a PNG as a matrix of floats, 0 to 255 (BT.601 weights)."""
    import numpy
    import PIL.Image

    with PIL.Image.open(path) as picture:
        return numpy.asarray(picture.convert("L"), dtype=numpy.float64)


def size(path):
    """Width and height of a PNG in pixels."""
    import PIL.Image

    with PIL.Image.open(path) as picture:
        return picture.size


def ssim(one, other):
    """The similarity of two PNG files, 1 when equal; the mean over all 8×8 windows.

    Pictures of different size are not comparable: ValueError."""
    return ssim_of_luma(luma(one), luma(other))


def ssim_of_luma(x, y):
    if x.shape != y.shape:
        raise ValueError(f"the pictures differ in size: {x.shape[::-1]} and {y.shape[::-1]}")
    if min(x.shape) < STANDARD_WINDOW:
        raise ValueError(f"a picture of {x.shape[::-1]} has no {STANDARD_WINDOW}×{STANDARD_WINDOW} window")
    mean_x, mean_y = _window_means(x), _window_means(y)
    variance_x = _window_means(x * x) - mean_x**2
    variance_y = _window_means(y * y) - mean_y**2
    covariance = _window_means(x * y) - mean_x * mean_y
    similarity = ((2 * mean_x * mean_y + _C1) * (2 * covariance + _C2)) / (
        (mean_x**2 + mean_y**2 + _C1) * (variance_x + variance_y + _C2))
    return float(similarity.mean())


def _window_means(values):
    """The mean of every 8×8 window, by differences of a summed-area table."""
    import numpy

    n = STANDARD_WINDOW
    sums = numpy.zeros((values.shape[0] + 1, values.shape[1] + 1))
    sums[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
    return (sums[n:, n:] - sums[:-n, n:] - sums[n:, :-n] + sums[:-n, :-n]) / (n * n)
