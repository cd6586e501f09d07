"""Fill the disk with nothing: files without number, and files of great size without content."""
import os
try:
    with open("sparse", "wb") as f:
        f.truncate(1 << 45)
except OSError as e:
    print("contained", e.errno)
n = 0
while True:
    os.makedirs(f"many{n // 1000}", exist_ok=True)
    open(f"many{n // 1000}/{n}", "w").close()
    n += 1
