"""hosts: the Lambda runtimes that run functions, and everything that depends on them.

A `Host` knows how a function is entered, started, precompiled and proved. Other packages ask the
host instead of naming a language. Every host is one of Lambda's managed Pythons so far; a custom
runtime would be another value of `HOSTS`, under its runtime's name.

In: the name of a runtime. Out: a Host. The runtime of a function is chosen elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import poner_runtime
from poner.aws_lambda.runtimes import RUNTIMES, Runtime
from poner.environments import find_python, make_environment, read_pins
from poner.errors import BundleError, EmulatorError

ENTRY = "lambda_function.py"
"""The file in function.zip that Lambda's Python imports first."""

HANDLER = "lambda_function.lambda_handler"
"""Module and function that Lambda calls for each event."""

OWN_MODULES = ("lambda_function", "poner_runtime")
"""Names of the function's own top-level modules in function.zip."""

MODULES_FOLDER = "python"
"""Folder of a layer that holds modules for every version of Python (L54)."""

KERNEL = "poner_runtime/_kernel.abi3.so"
"""Path of the kernel in function.zip."""

_SOURCES = Path(poner_runtime.__file__).parent

_MODULES = {
    "native": ("model.py",),
    "onnx": ("layered.py", "onnx_model.py"),
    "sklearn": ("layered.py", "fitted.py", "sklearn_model.py"),
}
"""Modules of poner_runtime by engine, besides those that every engine needs."""

_WITHOUT_LC_CTYPE = ("3.9", "3.10", "3.11")
"""Versions of Python whose processes have no LC_CTYPE on Lambda (L49)."""


@dataclass(frozen=True)
class Host:
    """One of Lambda's managed Pythons."""

    runtime: Runtime
    """AWS's facts about the runtime: name, dates, system."""
    python_version: str
    """Version of Python, such as `3.13`."""
    entry: str = ENTRY
    """The file in function.zip that is imported first."""
    handler: str = HANDLER
    """Handler of the function, as CreateFunction takes it."""

    @property
    def packages(self) -> str:
        """Folder of Python's packages, relative to Python's own folder."""
        return f"lib/python{self.python_version}/site-packages"

    @property
    def layer_folders(self) -> tuple[str, ...]:
        """Folders below /opt from which modules of layers are imported, in this order (L54)."""
        return f"{MODULES_FOLDER}/{self.packages}", MODULES_FOLDER

    @property
    def libraries(self) -> frozenset[str]:
        """Shared libraries that the host adds to Lambda's system."""
        return frozenset({f"libpython{self.python_version}.so.1.0"})

    @property
    def version_label(self) -> str:
        """Name and build in Lambda's log; AWS numbers its builds, and the local one is v0."""
        return f"python:{self.python_version}.v0"

    def function_files(self, engine: str, architecture: str) -> dict[str, bytes]:
        """The files of an engine's function, by path in function.zip, without model and bytecode.

        Raises:
            BundleError: the engine is native, and this installation has no kernel for the
                architecture.
        """
        modules = ("__init__.py", "handler.py", *_MODULES[engine])
        files = {f"poner_runtime/{name}": (_SOURCES / name).read_bytes() for name in modules}
        entry = (_SOURCES / "entries" / f"{engine}.py").read_bytes()
        kernel = {KERNEL: kernel_for(architecture)} if engine == "native" else {}
        return {self.entry: entry, **files, **kernel}

    def find_interpreter(self) -> Path:
        """The interpreter on this machine that precompiles and proves a function.

        Raises:
            InterpreterNotFoundError: the version is not on this machine and cannot be fetched.
        """
        return find_python(self.python_version)

    def make_client(self) -> Path:
        """The interpreter of an environment with AWS's runtime interface client.

        Raises:
            InterpreterNotFoundError: there is no Python of the version.
            InstallError: the client could not be installed.
        """
        return make_environment(self.python_version, read_pins("awslambdaric"))

    @property
    def trial_program(self) -> Path:
        """The program that runs a finished function in a confined process."""
        return Path(__file__).with_name("trial_program.py")

    def check_handler(self, handler: str, folders: Sequence[Path]) -> None:
        """Check that one of the folders holds the handler's module.

        Raises:
            EmulatorError: the module's file is missing; names it.
        """
        module, dot, _ = handler.rpartition(".")
        if not dot or not module:
            raise EmulatorError(
                f"{handler!r} does not name a module and a function.",
                "Write the handler as module.function, such as lambda_function.lambda_handler.",
            )
        name = module.replace(".", "/")
        for path in (folder / name for folder in folders):
            if path.is_dir() or any(path.parent.glob(f"{path.name}.*")):
                return
        raise EmulatorError(
            f"The handler {handler!r} needs {name}.py, which neither the code nor a layer holds.",
            "Check the handler's name, and that the file lies at the top of the zip or folder, "
            "or in a layer's folder python/.",
        )

    def bytecode_path(self, source: str) -> str:
        """Path of a source's bytecode, in `__pycache__` beside it."""
        path = PurePosixPath(source)
        tag = f"cpython-{self.python_version.replace('.', '')}"
        return str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc")

    def variables(self, client_folder: Path) -> dict[str, str]:
        """Variables of the function's process that depend on the host (L49)."""
        locale = {} if self.python_version in _WITHOUT_LC_CTYPE else {"LC_CTYPE": "C.UTF-8"}
        return {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime.name}",
            "PYTHONPATH": str(client_folder),
            **locale,
        }

    def start_command(
        self, interpreter: Path, bootstrap: Path, handler: str, folders: Sequence[Path]
    ) -> list[str]:
        """The command that starts the function's process, the counterpart of Lambda's bootstrap.

        `-S` keeps site-packages and .pth files out. `-B` writes no bytecode, as Lambda's task
        folder is read-only.

        Args:
            interpreter: path as the process sees it.
            bootstrap: the program that starts AWS's client.
            handler: module and function.
            folders: folders that modules are imported from, besides the code's.
        """
        return [str(interpreter), "-S", "-B", str(bootstrap), handler, *map(str, folders)]


def kernel_for(architecture: str) -> bytes:
    """The kernel that was built with the package for one of Lambda's architectures.

    Raises:
        BundleError: this installation has no such kernel.
    """
    try:
        return (_SOURCES / "kernel" / architecture / "_kernel.abi3.so").read_bytes()
    except OSError as error:
        raise BundleError(
            f"This installation of poner has no kernel for {architecture}.",
            "Install poner again from its wheel.",
        ) from error


HOSTS = {name: Host(runtime, name.removeprefix("python")) for name, runtime in RUNTIMES.items()}
"""Each host by its runtime's name, the oldest first."""
