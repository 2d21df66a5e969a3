"""Numeric kernels: group rates, bounds over schools, distances, net benefit, shrinkage, detectable effects, change over time.

Plain functions of numpy arrays. No thresholds, no policy, no data loading, no clock, no logging; randomness is an argument.
The cluster is the school everywhere: rows inside one are not independent, so schools are what is resampled.
Imports ``domain``, numpy and scipy.
"""
