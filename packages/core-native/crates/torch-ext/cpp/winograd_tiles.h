// Tiles of 2 x 2 output pixels: their three transforms (Lavin and Gray 2016, section 4.1), and where they lie in a batch.
#pragma once
#include "lanes.h"
#include "winograd_kernels.h"

namespace flc {
namespace FLC_ISA {
namespace {
/// B^T d for a column of four pixels.
FLC_INLINE void transform_column(const Lanes d[4], Lanes t[4]) {
  t[0] = d[0] - d[2];
  t[1] = d[1] + d[2];
  t[2] = d[2] - d[1];
  t[3] = d[1] - d[3];
}

/// The same for the four columns of a tile, each transformed: B^T d B. `t` holds columns.
FLC_INLINE void transform_input(const Lanes t[4][4], Lanes v[16]) {
  for (int r = 0; r < 4; ++r) {
    v[4 * r] = t[0][r] - t[2][r];
    v[4 * r + 1] = t[1][r] + t[2][r];
    v[4 * r + 2] = t[2][r] - t[1][r];
    v[4 * r + 3] = t[1][r] - t[3][r];
  }
}

/// A^T m A: a tile's 2 x 2 output pixels.
FLC_INLINE void transform_output(const Lanes m[16], Lanes y[4]) {
  Lanes t[8];
  for (int c = 0; c < 4; ++c) {
    t[c] = m[c] + m[4 + c] + m[8 + c];
    t[4 + c] = m[4 + c] - m[8 + c] - m[12 + c];
  }
  for (int r = 0; r < 2; ++r) {
    y[2 * r] = t[4 * r] + t[4 * r + 1] + t[4 * r + 2];
    y[2 * r + 1] = t[4 * r + 1] - t[4 * r + 2] - t[4 * r + 3];
  }
}

/// A dy A^T: the transpose of it.
FLC_INLINE void transform_gradient(const Lanes dy[4], Lanes v[16]) {
  Lanes t[8];
  for (int c = 0; c < 2; ++c) {
    t[c] = dy[c];
    t[2 + c] = dy[c] + dy[2 + c];
    t[4 + c] = dy[c] - dy[2 + c];
    t[6 + c] = zero() - dy[2 + c];
  }
  for (int r = 0; r < 4; ++r) {
    v[4 * r] = t[2 * r];
    v[4 * r + 1] = t[2 * r] + t[2 * r + 1];
    v[4 * r + 2] = t[2 * r] - t[2 * r + 1];
    v[4 * r + 3] = zero() - t[2 * r + 1];
  }
}

/// Neighbouring tiles of one row: `count` of them from tile `first` of a block on, the first of them at output pixel (y, x) of an image.
struct Run {
  int64_t first, count, image, y, x;
};

/// Calls body(run) for tiles [first, first + count) of the grid.
template <typename Body> FLC_INLINE void each_run(const TileGrid &grid, int64_t first, int64_t count, Body body) {
  for (int64_t t = 0; t < count;) {
    const int64_t row = (first + t) / grid.columns, column = (first + t) % grid.columns;
    const int64_t rest = grid.columns - column, run = rest < count - t ? rest : count - t;
    body(Run{t, run, row / grid.rows, row % grid.rows * 2, column * 2});
    t += run;
  }
}

/// `Count` rows of an image from row y on; those outside are zeros without extent.
template <int Count> struct ImageRows {
  const T *row[Count];
  int64_t stride[Count], width;

  FLC_INLINE ImageRows(const TileGrid &grid, const T *images, int64_t channels, int64_t image, int64_t y, const T *zeros)
      : width(grid.width) {
    for (int r = 0; r < Count; ++r) {
      const bool inside = y + r >= 0 && y + r < grid.height;
      row[r] = inside ? images + (image * grid.height + y + r) * grid.width * channels : zeros;
      stride[r] = inside ? channels : 0;
    }
  }
  FLC_INLINE void column(int64_t x, int64_t channel, Lanes *values) const {
    if (x < 0 || x >= width)
      for (int r = 0; r < Count; ++r) values[r] = zero();
    else
      for (int r = 0; r < Count; ++r) values[r] = load(row[r] + x * stride[r] + channel);
  }
};

/// Calls body(tile, transformed) for the input tiles of a run and one register of channels. Neighbours share two of their four columns.
template <typename Body>
FLC_INLINE void each_input_tile(const ImageRows<4> &rows, const Run &run, int64_t channel, Body body) {
  Lanes d[4], t[4][4], v[16];
  for (int c = 0; c < 2; ++c) {
    rows.column(run.x - 1 + c, channel, d);
    transform_column(d, t[c]);
  }
  for (int64_t tile = 0; tile < run.count; ++tile) {
    for (int c = 2; c < 4; ++c) {
      rows.column(run.x + 2 * tile - 1 + c, channel, d);
      transform_column(d, t[c]);
    }
    transform_input(t, v);
    body(run.first + tile, v);
    for (int r = 0; r < 4; ++r) t[0][r] = t[2][r], t[1][r] = t[3][r];
  }
}

/// The same for output gradients.
template <typename Body>
FLC_INLINE void each_gradient_tile(const ImageRows<2> &rows, const Run &run, int64_t channel, Body body) {
  for (int64_t tile = 0; tile < run.count; ++tile) {
    Lanes left[2], right[2], v[16];
    rows.column(run.x + 2 * tile, channel, left);
    rows.column(run.x + 2 * tile + 1, channel, right);
    const Lanes dy[4] = {left[0], right[0], left[1], right[1]};
    transform_gradient(dy, v);
    body(run.first + tile, v);
  }
}
} // namespace
} // namespace FLC_ISA
} // namespace flc
