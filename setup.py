"""What pyproject.toml cannot say: the dashboard's scripts stand at the top of a checkout, for ``streamlit run app.py``,
and inside of the package in a wheel, for ``fairal app``."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SCRIPTS = ("app.py", ".streamlit/config.toml", "pages/*.py")


class BuildWithDashboard(build_py):
    """Builds the packages, and puts the dashboard's scripts into `fairal/dashboard` as they stand."""

    def run(self) -> None:
        super().run()
        for source, target in self._scripts().items():
            self.mkpath(str(Path(target).parent))
            self.copy_file(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *self._scripts().values()]

    def get_source_files(self) -> list[str]:
        return [*super().get_source_files(), *self._scripts()]

    def _scripts(self) -> dict[str, str]:
        if self.editable_mode:
            return {}
        found = [str(path) for pattern in SCRIPTS for path in sorted(Path().glob(pattern))]
        return {name: str(Path(self.build_lib, "fairal", "dashboard", name)) for name in found}


setup(cmdclass={"build_py": BuildWithDashboard})
