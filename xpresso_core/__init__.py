"""Predict mRNA levels from promoter sequence and mRNA half-life features.

The package behind the Xpresso workflow: one flat module per concept, free of any workflow engine.
Coordinates are 0-based and half-open everywhere; DNA is stored as ``uint8`` codes A, C, G, T, N = 0..4.
"""

__version__ = "0.1.0"
