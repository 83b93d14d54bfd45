"""Makes the pilot's data set. Start it with `python3 ../generate.py`."""
