"""scikit-learn: the floors."""
