"""What pyproject.toml cannot say: the wheel also holds the kernel, the files that every project of its users has."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


def kernel_files() -> list[str]:
    """Where the files of the kernel are in this repository."""
    patterns = (ROOT / "loaders" / "scaffold" / "kernel.txt").read_text(encoding="utf-8").split()
    return sorted(path.relative_to(ROOT).as_posix() for pattern in patterns for path in ROOT.glob(pattern))


class BuildWithKernel(build_py):
    """Copies the kernel into the package as it stands, where `synapse init` finds it."""

    def run(self) -> None:
        """Not into an editable install, whose users have the repository itself."""
        super().run()
        for file in kernel_files() if not self.editable_mode else []:
            target = Path(self.build_lib) / "synapse_analytics" / "kernel" / file
            target.parent.mkdir(parents=True, exist_ok=True)
            self.copy_file(str(ROOT / file), str(target))

    def get_source_files(self) -> list[str]:
        """For an archive of the sources, from which a wheel can be built too."""
        return [*super().get_source_files(), *kernel_files()]


setup(cmdclass={"build_py": BuildWithKernel})
