"""Kernels that numba compiles: the same numbers as their numpy twins, many times over or for many rows."""
